"""No secret is an environment variable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.jobs import (
    HOLDERS,
    JOB_DEFINITION,
    STATE_MACHINE,
    jobs_of,
    machine,
)
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

FUNCTION = "aws:lambda/function:Function"
PARAMETER = "aws:ssm/parameter:Parameter"
NAMES = ("*PASSWORD*", "*PASSWD*", "*SECRET*", "*TOKEN*", "*API_KEY*", "*APIKEY*", "*PRIVATE_KEY*", "*ACCESS_KEY*")
HARMLESS = ("*_ARN", "*_NAME", "*_ID", "*_URL", "*_PATH", "*_PARAMETER", "*_TTL", "*_SECONDS", "*_PREFIX")
FORMS = re.compile(
    r"(AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_[A-Za-z0-9]{36}|xox[abpr]-[A-Za-z0-9-]{10,}"
)


class EnvironmentSecrets(Policy):
    name = "environment-secrets"
    wants = "No variable of a function or a job, and no plain parameter, holds a secret."
    why = "Whoever may look at a job or a function reads it, and so do its logs."
    severity = Severity.ERROR
    types = (FUNCTION, JOB_DEFINITION, PARAMETER, *HOLDERS)
    remedy = "keep it in Secrets Manager, and give the job its ARN and the right to read it."
    sources = ("Security Hub ECS.8", "https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html")
    parameters = {"names": NAMES, "harmless": HARMLESS}
    about_parameters = {
        "names": "Names of variables that hold secrets; `*` stands for anything.",
        "harmless": "Names among them that hold none.",
    }
    breaks = (
        example(FUNCTION, {"environment": {"variables": {"DB_PASSWORD": "hunter2"}}}),
        example(
            JOB_DEFINITION, {"containerProperties": {"environment": [{"name": "KEY", "value": "AKIA" + "A" * 16}]}}
        ),
        example(PARAMETER, {"type": "String", "insecureValue": "-----BEGIN RSA PRIVATE KEY-----"}),
        example(STATE_MACHINE, machine({"Environment": {"API_TOKEN": "abc"}})),
    )
    keeps = (
        example(FUNCTION, {"environment": {"variables": {"DB_SECRET_ARN": "arn:aws-cn:a", "STAGE": "dev"}}}),
        example(JOB_DEFINITION, {"containerProperties": {"environment": [{"name": "STAGE", "value": "dev"}]}}),
        example(STATE_MACHINE, machine({"Environment": {"API_TOKEN.$": "$.token"}})),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        for name, value, path in _variables(resource):
            upper = name.upper()
            named = any(fnmatchcase(upper, one) for one in parameters["names"])
            harmless = any(fnmatchcase(upper, one) for one in parameters["harmless"])
            if isinstance(value, str) and value and (FORMS.search(value) or (named and not harmless)):
                yield Violation(detail=f"`{name}` looks like a secret.", path=path)


def _variables(resource: Resource) -> Iterator[tuple[str, Any, str]]:
    """Name, value and the input that holds it; what only the run knows (``NAME.$``) is no value."""
    if resource.type == PARAMETER:
        for path in ("insecureValue",):
            yield resource.name, resource.get(path), path
        return
    variables = resource.get("environment.variables", {})
    if isinstance(variables, Mapping):
        yield from ((str(name), value, "environment.variables") for name, value in variables.items())
    container = resource.document("containerProperties") if resource.type == JOB_DEFINITION else None
    rows = container.get("environment") if isinstance(container, Mapping) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            yield str(row.get("name")), row.get("value"), "containerProperties"
    for job in jobs_of(resource):
        found = job.get("Environment")
        for name, value in found.items() if isinstance(found, Mapping) else ():
            if not str(name).endswith(".$"):
                yield str(name), value, job.path
