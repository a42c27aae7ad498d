"""Where EMR Serverless keeps what in the gateway's store, and the errors that all of its operations share."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime
from typing import Any, Final

from mlops_iac.cloud.paging import Spelling
from mlops_iac.cloud.wire import AwsError, Call

SERVICE: Final = "emr-serverless"
PRINCIPAL: Final = "emr-serverless.amazonaws.com"
"""Who assumes the roles of jobs."""
FOLDER: Final = "spark"
"""Of the cloud's home, and of the records of jobs."""
APPLICATIONS: Final = "emr-serverless.applications"
"""(account, region, id) to the application, as GetApplication answers it."""
TOKENS: Final = "emr-serverless.tokens"
"""(account, region, client token) to what was made by it: a request that is sent again makes nothing anew."""
SPELLING: Final = Spelling("maxResults", "nextToken", "ValidationException")

Thing = dict[str, Any]
Key = tuple[str, str, str]


def key(call: Call, name: str) -> Key:
    return call.account_id, call.region, name


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def new_id() -> str:
    """AWS's ids are 16 small letters and digits, ``00`` first."""
    return "00" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(14))


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def missing(what: str, id: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"{what} {id} does not exist", 404)


def not_done(message: str) -> AwsError:
    return AwsError("NotImplemented", message, 501)
