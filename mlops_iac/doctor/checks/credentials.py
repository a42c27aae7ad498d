"""Who AWS says you are."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.errors import MlopsError
from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import Subject

FIX = "log in (`aws sso login`, or `aws configure`), or name a profile in AWS_PROFILE or `aws:profile`."


def check(subject: Subject) -> Iterator[Finding]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        who = subject.clients("sts").get_caller_identity()
    except MlopsError as error:
        yield failed(f"{error.summary} {error.detail}", error.hint or FIX)
        return
    except (BotoCoreError, ClientError) as error:
        yield failed(f"AWS does not accept who you are: {error}", FIX)
        return
    arn = who["Arn"]
    if arn.endswith(":root"):
        yield warned(f"you are the root of account {who['Account']}", "use a role: nothing limits the root.")
    else:
        yield passed(f"account {who['Account']}, as {arn}")
