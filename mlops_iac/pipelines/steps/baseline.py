"""A step that writes down what a dataset is like, for monitoring to compare with later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.shipped import ShippedStep
from mlops_iac.pipelines.steps.step import Script


class BaselineStep(ShippedStep):
    """Its one output, ``baseline``, holds ``statistics.json`` and ``constraints.json`` in the form of SageMaker Model
    Monitor. The data is CSV with a header, JSON lines or Parquet."""

    kind: ClassVar[str] = "baseline"
    shipped: ClassVar[str] = "mlops_iac_baseline.py"
    makes_one: ClassVar[str] = "baseline"

    script: Script = "mlops_iac_baseline.py"
    """Left out: the one that is shipped. Yours finds ``input/data`` and leaves ``output/baseline``."""
    data: Source
    """The folder to describe."""
    ignore: tuple[str, ...] = ()
    """Columns to leave out, such as ids."""

    def inputs(self) -> Mapping[str, Source]:
        return {"data": self.data}

    def arguments(self) -> Mapping[str, str]:
        return {"ignore": ",".join(self.ignore)}
