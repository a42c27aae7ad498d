"""The bill of materials of forecasting: tabular-batch's, with a step that trains many small models."""

from __future__ import annotations

from typing import ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.forecasting.options import ForecastingOptions
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.training_pipeline import job
from mlops_iac.blueprints.tabular_batch import TabularBatch
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import MapStep, Output, TrainingStep


class Forecasting(TabularBatch):
    """Data lake, thousands of small trainings, a pipeline, a model registry, an endpoint and alarms."""

    name: ClassVar[str] = "forecasting"
    summary: ClassVar[str] = "Train a model for each of many series, keep the best of many settings, serve them as one."
    about: ClassVar[About] = About(
        use_for="hundreds of shops, meters or machines that each want a forecast of their own",
        not_for="one model of all the data: it has no use for the many trainings (tabular-batch)",
        orchestrator=TabularBatch.about.orchestrator,
        compute="SageMaker jobs, or Batch queues",
        example="forecasting",
    )
    Options: ClassVar[type[ForecastingOptions]] = ForecastingOptions

    def training(self, options: TrainingOptions) -> Pipeline:
        """``prepare`` lists the series in ``items.csv`` of its output ``train``; ``train`` gets the results as well."""
        assert isinstance(options, ForecastingOptions)
        whole, asked = super().training(options), options.fits
        prepare, train = whole.get_step("prepare"), whole.get_step("train")
        assert isinstance(train, TrainingStep)
        fit = MapStep(
            name="fit",
            script=options.scripts.fit,
            items=prepare.output("train"),
            compute=asked.compute,
            containers=asked.containers,
            inner=asked.settings,
            max_concurrency=asked.at_once,
            tolerate=asked.tolerate,
            cache=asked.cache,
            inputs={"series": prepare.output("train")},
            results=Output(zone="models", folder="fits"),
            job=job("fit", asked.machine, "fits.machine"),
        )
        fed = train.model_copy(update={"channels": {"fits": fit.output("results"), **train.channels}})
        steps = [fed if step is train else step for step in whole.steps]
        return whole.model_copy(update={"steps": (*steps[:2], fit, *steps[2:])})
