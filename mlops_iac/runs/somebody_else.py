"""Somebody else on the embedded cloud, which has one person: a user of its IAM, so that two people can be rehearsed."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Final

from mlops_iac.clients import Clients, Credentials
from mlops_iac.core.errors import UsageError
from mlops_iac.runs.calls import calling

NAME: Final = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names"""

POLICY: Final = "administrator"
MAY: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "AsTheOwner", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
"""The owner of this cloud may do everything in it, and lends that out."""


@contextlib.contextmanager
def acting_as(clients: Clients, name: str | None) -> Iterator[Clients]:
    """Clients that act as user ``name``, who is made when not there, with an access key for this long. None: as one is.

    Raises UsageError on AWS, where people have credentials of their own, and for what is no name of a user.
    """
    if name is None:
        yield clients
        return
    if not clients.embedded or clients.endpoint is None:
        detail = f"`--as {name}`: on AWS you are whom your credentials stand for."
        raise UsageError("Only the embedded cloud lends names.", detail, hint="choose others: AWS_PROFILE=NAME.")
    if not NAME.fullmatch(name):
        detail = f"`--as {name}` is no name of a user of IAM: 1 to 64 letters, digits and +=,.@_-."
        raise UsageError("Wrong name.", detail, hint="say it as `--as anna`.")
    iam = clients("iam")
    with calling("iam:CreateUser", name):
        if name not in {user["UserName"] for user in iam.list_users()["Users"]}:
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName=POLICY, PolicyDocument=json.dumps(MAY))
        key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        yield Clients.embedded(clients.endpoint, clients.region, clients.account_id, credentials=credentials)
    finally:
        with calling("iam:DeleteAccessKey", name):
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
