"""What must be known before a stack file can be written, and the checks of each answer by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from mlops_iac.config.envelope import Envelope, Security
from mlops_iac.config.project import shorten
from mlops_iac.config.regions import list_regions
from mlops_iac.core.errors import Problem, UsageError
from mlops_iac.core.suggestions import did_you_mean

DEFAULT_REGION = "eu-west-1"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers to `mlops-iac new`'s questions."""

    team: str
    environment: str
    blueprint: str
    code: str
    """Empty where the blueprint runs no code."""
    region: str = DEFAULT_REGION
    security: str = "standard"
    owner: str | None = None

    @property
    def stack(self) -> str:
        return f"{self.team}-{self.environment}"


def check_answer(key: str, value: str, blueprints: tuple[str, ...]) -> tuple[str, str] | None:
    """What is wrong with an answer, and a hint; None when it is good. `key` is a field of Answers."""
    choices = {"region": list_regions(), "blueprint": blueprints, "security": tuple(Security)}.get(key)
    if choices is not None:
        return None if value in choices else ("This is not one of the choices.", did_you_mean(value, choices))
    field = Envelope.model_fields[key]
    try:
        TypeAdapter(_annotation(field)).validate_python(value)
    except ValidationError as error:
        complaint = error.errors(include_url=False)[0]
        return str(complaint.get("ctx", {}).get("error", f"{complaint['msg']}.")), ""
    return None


def _annotation(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def check_answers(answers: Mapping[str, str | None], blueprints: tuple[str, ...]) -> None:
    """UsageError with every bad answer, each by the name of its option. What is not answered yet is not checked."""
    problems = []
    for key, option in OPTIONS.items():
        value = answers.get(key)
        fault = None if value is None else check_answer(key, value, blueprints)
        if fault:
            detail = f"Value given: {shorten(value or '') or 'empty text'}. {fault[0]}"
            problems.append(Problem(path=option, summary="This value is not allowed.", detail=detail, hint=fault[1]))
    if problems:
        raise UsageError.of(problems)


OPTIONS = {
    "team": "--team",
    "environment": "--env",
    "blueprint": "--blueprint",
    "region": "--region",
    "code": "--code",
    "security": "--security",
    "owner": "--owner",
}
"""Each answer's option on the command line, in the order of the questions."""
