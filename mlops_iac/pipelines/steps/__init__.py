"""The kinds of steps, in one visible table."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.plugins import Family
from mlops_iac.pipelines.steps.approval import ApprovalStep
from mlops_iac.pipelines.steps.baseline import BaselineStep
from mlops_iac.pipelines.steps.batch_transform import BatchTransformStep
from mlops_iac.pipelines.steps.bias import BiasStep
from mlops_iac.pipelines.steps.choice import ChoiceStep
from mlops_iac.pipelines.steps.container import ContainerStep
from mlops_iac.pipelines.steps.deploy import DeployStep
from mlops_iac.pipelines.steps.evaluate import EvaluateStep
from mlops_iac.pipelines.steps.explain import ExplainStep
from mlops_iac.pipelines.steps.feature_skew import FeatureSkewStep
from mlops_iac.pipelines.steps.fetch import FetchStep
from mlops_iac.pipelines.steps.gate import GateStep
from mlops_iac.pipelines.steps.index import IndexStep
from mlops_iac.pipelines.steps.ingest import IngestStep
from mlops_iac.pipelines.steps.map import MapStep
from mlops_iac.pipelines.steps.monitor import MonitorStep
from mlops_iac.pipelines.steps.notebook import NotebookStep
from mlops_iac.pipelines.steps.notify import NotifyStep
from mlops_iac.pipelines.steps.point_in_time import PointInTimeStep
from mlops_iac.pipelines.steps.processing import ProcessingStep
from mlops_iac.pipelines.steps.quality import QualityStep
from mlops_iac.pipelines.steps.query import QueryStep
from mlops_iac.pipelines.steps.register import RegisterStep
from mlops_iac.pipelines.steps.skew import SkewStep
from mlops_iac.pipelines.steps.spark import SparkStep
from mlops_iac.pipelines.steps.step import Job, JobStep, Output, ScriptStep, Step
from mlops_iac.pipelines.steps.training import TrainingStep
from mlops_iac.pipelines.steps.tune import TuneStep

STEP_KINDS: tuple[type[Step], ...] = (
    ApprovalStep,
    BaselineStep,
    BatchTransformStep,
    BiasStep,
    ChoiceStep,
    ContainerStep,
    DeployStep,
    EvaluateStep,
    ExplainStep,
    FeatureSkewStep,
    FetchStep,
    GateStep,
    IndexStep,
    IngestStep,
    MapStep,
    MonitorStep,
    NotebookStep,
    NotifyStep,
    PointInTimeStep,
    ProcessingStep,
    QualityStep,
    QueryStep,
    RegisterStep,
    SkewStep,
    SparkStep,
    TrainingStep,
    TuneStep,
)


def _accept(name: str, kind: Any) -> Any:
    if not (isinstance(kind, type) and issubclass(kind, Step)):
        raise ValueError("is no subclass of `Step`")
    if getattr(kind, "kind", None) != name:
        raise ValueError(f"is of kind `{getattr(kind, 'kind', '')}`")
    return kind


FAMILY = Family(
    noun="step kind",
    group="mlops_iac.steps",
    ours={kind.kind: f"{kind.__module__}:{kind.__name__}" for kind in STEP_KINDS},
    accept=_accept,
    contract="`Step` in mlops_iac.pipelines.steps",
)
"""Ours, and those of installed packages."""

__all__ = [
    "FAMILY",
    "STEP_KINDS",
    "ApprovalStep",
    "BaselineStep",
    "BatchTransformStep",
    "BiasStep",
    "ChoiceStep",
    "ContainerStep",
    "DeployStep",
    "EvaluateStep",
    "ExplainStep",
    "FeatureSkewStep",
    "FetchStep",
    "GateStep",
    "IndexStep",
    "IngestStep",
    "Job",
    "JobStep",
    "MapStep",
    "MonitorStep",
    "NotebookStep",
    "NotifyStep",
    "Output",
    "PointInTimeStep",
    "ProcessingStep",
    "QualityStep",
    "QueryStep",
    "RegisterStep",
    "ScriptStep",
    "SkewStep",
    "SparkStep",
    "Step",
    "TrainingStep",
    "TuneStep",
]
