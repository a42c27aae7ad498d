"""What the codes of a cloud's refusals mean, for all who call one: it had too much to do, or the thing is not there.

Sources: botocore's ``data/_retry.json`` and ``retries/standard.py``; the error shapes of its service models.
"""

from __future__ import annotations

import re
from typing import Final

THROTTLED: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    }
)
"""The call was not carried out: the cloud had too much to do."""

GONE: Final = re.compile(
    r"NotFound|NoSuch|DoesNotExist|EntityNotFound|UnknownResource|NonExistent|^404$|InvalidGroupId|^NotFoundException$"
    r"|^InvalidPlacementGroup\.Unknown$",
    re.IGNORECASE,
)
"""Codes by which AWS's services say that something is not there. Each has its own; these are the words they share."""

GONE_MESSAGE: Final = re.compile(
    r"does not exist|not found|\bno \w+ (\w+ )?found|could not be found|(?:could not|cannot) find|no such|unknown \w+",
    re.IGNORECASE,
)
"""Batch, SageMaker and Athena answer a validation error whose message alone says so."""

VAGUE_CODES: Final = frozenset(
    {
        "ClientException",
        "ValidationException",
        "ValidationError",
        "InvalidRequestException",
        "InvalidParameterValue",
        "InvalidParameterException",
    }
)


def is_gone(code: str, message: str) -> bool:
    """Whether a refusal says that what is asked for does not exist."""
    return bool(GONE.search(code)) or (code in VAGUE_CODES and bool(GONE_MESSAGE.search(message)))
