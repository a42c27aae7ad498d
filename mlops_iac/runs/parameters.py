"""Parameters of a run: what the person says over what the stack file says, checked before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mlops_iac.config.project import shorten
from mlops_iac.core.environment import Parameter, Pipeline
from mlops_iac.core.errors import ConfigError, Problem, UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.parameters import find_fault

RESERVED = ("sagemaker_", "mlops_iac_")
"""Hyperparameters that start so say how the job is run; SageMaker and the pipeline write them."""

LONGEST_FILE = 256 * 1024
"""Bytes of a parameters file. No orchestrator takes a longer input."""


def merge_parameters(pipeline: Pipeline, given: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with what was given on top, one level deep into maps.

    Raises UsageError with every problem at once; what a file says wrongly is told with its line.
    """
    problems: list[Problem] = []
    merged = {name: parameter.default for name, parameter in pipeline.parameters.items()}
    for name, value in given.items():
        found, merged[name] = check_parameter(pipeline, name, value)
        problems += [replace(problem, **place_of(given, name)) for problem in found]
    if problems:
        raise UsageError.of(problems)
    return merged


def check_parameter(pipeline: Pipeline, name: str, value: Any) -> tuple[list[Problem], Any]:
    """What is wrong with one parameter, and its value over the default."""
    if name not in pipeline.parameters:
        detail = f"`{pipeline.name}` has no parameter `{name}`."
        hint = did_you_mean(name, pipeline.parameters)
        return [Problem(path=name, summary="Unknown parameter.", detail=detail, hint=hint)], value
    problems: list[Problem] = []
    parameter = pipeline.parameters[name]
    default = parameter.default
    if isinstance(default, Mapping) and isinstance(value, Mapping):
        problems += check_map(name, value)
        value = {**default, **{str(key): as_text(item) for key, item in value.items()}}
    mismatch = find_fault(parameter, value)
    if mismatch:
        detail = f"`{name}` {mismatch}; the value given is {_show(value)}, the default is {_show(default)}."
        problems.append(Problem(path=name, summary="Wrong parameter.", detail=detail, hint="correct the value."))
    return problems, value


def _show(value: Any) -> str:
    """A value as Python writes it, so that text is told from a number; a long one is cut."""
    return shorten(repr(value), 100)


def check_map(name: str, values: Mapping[Any, Any]) -> Iterable[Problem]:
    for key, value in values.items():
        path = f"{name}.{key}"
        if isinstance(value, Mapping | list) or value is None:
            detail = f"`{path}` must be text or a number; the value given is {_show(value)}."
            yield Problem(path=path, summary="Wrong parameter.", detail=detail, hint="write one value.")
        elif fault := hyperparameters.find_fault(as_text(value)):
            detail = f"`{path}` {fault}."
            yield Problem(path=path, summary="Wrong parameter.", detail=detail, hint="put it into a file of the lake.")
        if str(key).startswith(RESERVED):
            detail = f"`{path}`: names that start with {' or '.join(RESERVED)} are taken."
            yield Problem(path=path, summary="Wrong parameter.", detail=detail, hint="choose another name.")


def as_text(value: Any) -> str:
    """A value of a map as SageMaker takes it; a truth value as JSON writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class FileParameters(dict[str, Any]):
    """Parameters that remember the file they come from, and their lines in it."""

    file: str = ""
    lines: Mapping[str, int] = MappingProxyType({})


def place_of(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """``file`` and ``line`` of a parameter; nothing when it comes from no file."""
    lines = given.lines if isinstance(given, FileParameters) else {}
    return {"file": given.file, "line": lines[name]} if isinstance(given, FileParameters) and name in lines else {}


def read_parameters(file: Path) -> FileParameters:
    """A YAML (or JSON) file of parameters. Raises UsageError when it is not one map of them."""
    from mlops_iac.config.document import parse_document

    text = read_text(file)
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return FileParameters()
    try:
        document = parse_document(text, str(file), what="parameters file")
    except ConfigError as error:
        raise UsageError.of(error.problems) from error
    if document.problems:
        raise UsageError.of(document.problems)
    if not isinstance(document.values, dict):
        detail = "It must hold `name: value` lines."
        raise UsageError("Parameters file is not a map.", detail, hint=_MAP_HINT, file=str(file))
    found = FileParameters(document.values)
    found.file = str(file)
    found.lines = {name: document.line((name,)) for name in document.values}
    return found


_MAP_HINT = "`mlops-iac outputs STACK pipelines` shows the parameters and their defaults."


def read_text(file: Path) -> str:
    try:
        if not file.is_file():
            what = "It is no file." if file.exists() else "There is no such file."
            raise UsageError("Parameters file cannot be read.", what, hint="paths start where you are.", file=str(file))
        if file.stat().st_size > LONGEST_FILE:
            detail = f"It has more than {LONGEST_FILE // 1024} KiB."
            raise UsageError("Parameters file is too large.", detail, hint=_MAP_HINT, file=str(file))
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        detail = f"Byte {error.start} is 0x{error.object[error.start]:02x}, which is not UTF-8."
        raise UsageError("Parameters file is not text.", detail, hint="save it as UTF-8.", file=str(file)) from error
    except OSError as error:
        detail = f"{error.strerror}."
        raise UsageError("Parameters file cannot be read.", detail, hint="check its rights.", file=str(file)) from error


def parse_settings(settings: Iterable[str], pipeline: Pipeline) -> dict[str, Any]:
    """``hyperparameters.C=0.1`` and the like to parameters; text becomes a number where the default is one."""
    result: dict[str, Any] = {}
    for setting in settings:
        path, equals, text = setting.partition("=")
        name, _, key = path.strip().partition(".")
        if not equals or not name:
            raise UsageError(
                "Setting is not understood.",
                f"`{setting}` must look like `gate_at_least=0.95`.",
                hint="--set KEY=VALUE",
            )
        if key:
            inner = result.setdefault(name, {})
            if not isinstance(inner, dict):
                raise UsageError("Settings exclude each other.", f"`{name}` is set both as a whole and inside.")
            inner[key] = text
        else:
            result[name] = parse_value(text, pipeline.parameters.get(name))
    return result


def parse_value(text: str, parameter: Parameter | None) -> Any:
    if parameter is not None and parameter.type == "number":
        try:
            return float(text) if any(mark in text for mark in ".eE") else int(text)
        except ValueError:
            return text  # refused by its type, with the default shown
    return text
