"""A service acts for this account only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.documents import ATTACHED, TRUST, Statement
from mlops_iac.policy.kinds import StatementPolicy
from mlops_iac.policy.policy import example
from mlops_iac.policy.resource import Resource

ROLE = "aws:iam/role:Role"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
KEYS = {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"}
CONTEXT = "kms:encryptioncontext:"
"""A use of a key says for what it is; that is a resource of an account."""

SILENT = (
    *("apigateway", "batch", "ec2", "ecs-tasks", "eks", "events", "lambda", "redshift", "redshift-serverless", "spot"),
    "spotfleet",
)
TRUSTED = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}


class IamConfusedDeputy(StatementPolicy):
    name = "iam-confused-deputy"
    wants = "A service is let in on behalf of this account only."
    why = "Anybody's job at the same service could reach our resources by it."
    severity = Severity.ERROR
    types = (*TRUST, *ATTACHED)
    remedy = "add a condition on aws:SourceAccount or aws:SourceArn."
    sources = ("https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",)
    parameters = {"silent": SILENT}
    about_parameters = {"silent": "Services that do not say for whom they act, without `.amazonaws.com`."}
    breaks = (example(ROLE, {"assumeRolePolicy": {"Statement": TRUSTED}}),)
    keeps = (
        example(
            ROLE,
            {"assumeRolePolicy": {"Statement": {**TRUSTED, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}}},
        ),
        example(ROLE, {"assumeRolePolicy": {"Statement": {**TRUSTED, "Principal": {"Service": "ec2.amazonaws.com"}}}}),
    )

    def check_statement(self, statement: Statement, resource: Resource, parameters: Mapping[str, Any]) -> Iterator[str]:
        services = [name for kind, name in statement.principals if kind == "Service"]
        spoken = [name for name in services if name.partition(".")[0] not in parameters["silent"]]
        keys = statement.condition_keys()
        if statement.allows and spoken and not KEYS & keys and not any(key.startswith(CONTEXT) for key in keys):
            yield f"lets in {', '.join(spoken)} for any account."
