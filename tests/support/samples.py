"""A pipeline for each kind of step that has such a step, for the laws over kinds and targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.pipelines.pipeline import Pipeline


def _training() -> Pipeline:
    return training(TabularBatchOptions())


SAMPLES: Mapping[str, Callable[[], Pipeline]] = {
    "deploy": _training,
    "gate": _training,
    "processing": _training,
    "register": _training,
    "training": _training,
}
"""Kind to its sample. Sorted."""
