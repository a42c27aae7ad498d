"""How long a step's name may be: what a run creates is called ``<stack>-<run>-<step>``."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from mlops_iac.pipelines.hyperparameters import RESERVED, LiteralValue, find_fault, text_of

TEAM_LENGTH = 16
ENVIRONMENT_LENGTH = 10
RUN_LENGTH = len("YYMMDD-HHMMSS-xxxx")

JOB_NAME_LENGTH = 63
"""Longest name of a SageMaker job, model or endpoint configuration (``TrainingJobName`` in the API's model)."""

TUNING_NAME_LENGTH = 32
"""Longest name of a tuning job (``HyperParameterTuningJobName``): its trials' names begin with it."""

STEP_NAME_LENGTH = JOB_NAME_LENGTH - (TEAM_LENGTH + 1 + ENVIRONMENT_LENGTH + 1 + RUN_LENGTH + 1)
"""What the longest stack name leaves to a step: 16 characters."""

STEP_NAME = re.compile(rf"(?=.{{1,{STEP_NAME_LENGTH}}}$)[a-z]([a-z0-9]|-[a-z0-9])*")

StepName = Annotated[
    str,
    StringConstraints(pattern=rf"^[a-z]([a-z0-9]|-[a-z0-9]){{0,{STEP_NAME_LENGTH - 1}}}$", max_length=STEP_NAME_LENGTH),
]
"""Small letters, digits and single hyphens; a letter first."""

METRIC_PATTERN = r"^[A-Za-z_][A-Za-z0-9_:@-]*(\.[A-Za-z_][A-Za-z0-9_:@-]*)*$"

MetricPath = Annotated[str, StringConstraints(pattern=METRIC_PATTERN, max_length=120)]
"""A metric's name (``auc``, ``validation:auc``), or its path in the file (``regression_metrics.mse.value``)."""

Word = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=64)]
"""Name of a parameter, an input or an output. It becomes part of a JSON path: no dots, no hyphens."""


def _check_name(name: str) -> str:
    if name.startswith(RESERVED):
        raise ValueError(f"`{name}`: names that start with {', '.join(RESERVED)} are taken")
    return name


def _check_value(value: LiteralValue) -> LiteralValue:
    if fault := find_fault(text_of(value)):
        raise ValueError(fault)
    return value


HyperparameterName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=256), AfterValidator(_check_name)
]
"""The script gets it as ``--name``."""

HyperparameterValue = Annotated[LiteralValue, AfterValidator(_check_value)]
"""A hyperparameter as it is written."""
