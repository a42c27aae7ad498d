"""Parameters of a run: what the person says over what the stack file says, checked before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlops_iac.core.environment import Pipeline
from mlops_iac.core.errors import Problem, RunError, UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.parameters import ParameterType, find_mismatch

RESERVED = ("sagemaker_", "mlops_iac_")
"""Hyperparameters that start so say how the job is run; SageMaker and the pipeline write them."""

LONGEST_FILE = 256 * 1024
"""Bytes of a parameters file. Step Functions takes an input of 256 KiB altogether."""


def merge_parameters(pipeline: Pipeline, given: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with what was given on top, one level deep into maps. Raises RunError with every problem at once."""
    problems: list[Problem] = []
    merged = dict(pipeline.parameters)
    for name, value in given.items():
        if name not in pipeline.parameters:
            detail = f"`{pipeline.name}` has no parameter `{name}`."
            hint = did_you_mean(name, pipeline.parameters)
            problems.append(Problem(path=name, summary="Unknown parameter.", detail=detail, hint=hint))
            continue
        default = pipeline.parameters[name]
        if isinstance(default, Mapping) and isinstance(value, Mapping):
            problems += check_map(name, value)
            value = {**default, **{str(key): as_text(item) for key, item in value.items()}}
        mismatch = find_mismatch(type_of(default), value)
        if mismatch:
            detail = f"`{name}` {mismatch}; the value given is {value!r}, the default is {default!r}."
            problems.append(Problem(path=name, summary="Wrong parameter.", detail=detail))
        merged[name] = value
    if problems:
        raise RunError.of(problems)
    return merged


def type_of(default: Any) -> ParameterType:
    """A parameter's type, as its default shows it: outputs of a stack hold values only."""
    if isinstance(default, Mapping):
        return "strings"
    if isinstance(default, int | float):
        return "number"
    return "prefix" if str(default).endswith("/") else "string"


def check_map(name: str, values: Mapping[Any, Any]) -> Iterable[Problem]:
    for key, value in values.items():
        path = f"{name}.{key}"
        if isinstance(value, Mapping | list) or value is None:
            detail = f"`{path}` must be text or a number; the value given is {value!r}."
            yield Problem(path=path, summary="Wrong parameter.", detail=detail)
        if str(key).startswith(RESERVED):
            detail = f"`{path}`: names that start with {' or '.join(RESERVED)} are taken."
            yield Problem(path=path, summary="Wrong parameter.", detail=detail, hint="choose another name.")


def as_text(value: Any) -> str:
    """A value of a map as SageMaker takes it; a truth value as JSON writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_parameters(file: Path) -> dict[str, Any]:
    """A YAML (or JSON) file of parameters. Raises UsageError when it is not one map of them."""
    import yaml

    try:
        if file.stat().st_size > LONGEST_FILE:
            raise UsageError("Parameters file is too large.", f"`{file}` has more than {LONGEST_FILE // 1024} KiB.")
        values = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError("Parameters file cannot be read.", f"`{file}`: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError("Parameters file is not YAML.", f"`{file}`: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise UsageError(
            "Parameters file is not a map.", f"`{file}` must hold `name: value` lines.", hint="see `outputs STACK`."
        )
    return values


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


def parse_value(text: str, default: Any) -> Any:
    if isinstance(default, int | float) and not isinstance(default, bool):
        try:
            return float(text) if any(mark in text for mark in ".eE") else int(text)
        except ValueError:
            return text  # refused by type, with the default shown
    return text
