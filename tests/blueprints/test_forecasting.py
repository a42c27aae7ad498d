"""forecasting: what it adds to tabular-batch, a step that trains many small models, and what a team says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.blueprints import get_blueprint
from mlops_iac.blueprints.forecasting import ForecastingOptions
from mlops_iac.blueprints.parts.promotion_options import Promotion
from mlops_iac.blueprints.parts.promotion_pipeline import promotion
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import MapStep
from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import STACK, write
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import Made, run_program

BLUEPRINT = get_blueprint("forecasting")


def training(script: str = "fit.py", **fits: object) -> Pipeline:
    return BLUEPRINT.pipelines(ForecastingOptions.model_validate({"scripts": {"fit": script}, "fits": fits}))[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root: Path = write(tmp_path_factory.mktemp("forecasting"))
    (root / "code/fit.py").touch()
    stack_file = root / "stacks" / "Pulumi.screening-dev.yaml"
    stack_file.write_text(STACK.replace("tabular-batch", "forecasting"))
    return run_program(load(root, "screening-dev").run)


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/forecasting.tree.txt", "\n".join(made.tree()) + "\n")


def test_each_series_is_fitted_before_the_bundle_is_trained() -> None:
    pipeline = training()
    assert [step.name for step in pipeline.ordered] == [
        "validate", "prepare", "fit", "train", "evaluate", "gate", "register", "deploy",
    ]  # fmt: skip
    assert pipeline.needs(pipeline.get_step("train")) == ("fit", "prepare")


def test_what_a_team_says_of_its_fits_reaches_the_step() -> None:
    fit = training(
        script="one.py", settings=7, at_once=3, tolerate="5%", cache=False, machine={"instance_type": "ml.c5.large"},
    ).get_step("fit")  # fmt: skip
    assert isinstance(fit, MapStep)
    assert (fit.script, fit.inner, fit.max_concurrency, fit.tolerate) == ("one.py", 7, 3, "5%")
    assert (fit.cache, fit.job.instance_type) == (False, "ml.c5.large")


def test_a_promotion_does_not_fit_what_it_does_not_train() -> None:
    steps = {step.name for step in promotion(training(), Promotion()).steps}
    assert steps == {"validate", "prepare", "fetch", "evaluate", "gate", "approve", "register", "deploy"}
