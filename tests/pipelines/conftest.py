"""A pipeline and its document, as most tests of this folder need them."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.step_functions import compile
from mlops_iac.pipelines.pipeline import Pipeline


@pytest.fixture
def pipeline() -> Pipeline:
    return training(TabularBatchOptions())


@pytest.fixture
def bindings() -> Bindings:
    return Bindings.placeholder("screening-dev", "eu-central-1")


@pytest.fixture
def document(pipeline: Pipeline, bindings: Bindings) -> dict[str, Any]:
    return compile(pipeline, bindings)
