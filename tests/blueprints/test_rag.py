"""rag: what it adds to a training, a vector store with what fills and asks it, and what a team says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops_iac.blueprints import get_blueprint
from mlops_iac.blueprints.rag import RagOptions
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import GateStep, IndexStep, ProcessingStep
from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import STACK, write
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import Made, run_program

BLUEPRINT = get_blueprint("rag")
SCRIPTS = ("embed.py",)


def training(**options: Any) -> Pipeline:
    return BLUEPRINT.pipelines(RagOptions.model_validate(options))[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root: Path = write(tmp_path_factory.mktemp("rag"))
    for script in SCRIPTS:
        (root / "code" / script).touch()
    stack_file = root / "stacks" / "Pulumi.screening-dev.yaml"
    stack_file.write_text(STACK.replace("tabular-batch", "rag"))
    return run_program(load(root, "screening-dev").run)


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/rag.tree.txt", "\n".join(made.tree()) + "\n")


def test_documents_are_indexed_and_the_index_is_asked_before_the_gate() -> None:
    pipeline = training()
    assert [step.name for step in pipeline.ordered] == [
        "validate", "prepare", "train", "embed", "index", "evaluate", "gate", "register", "deploy",
    ]  # fmt: skip
    assert pipeline.needs(pipeline.get_step("index")) == ("embed",)
    assert "index" in pipeline.needs(pipeline.get_step("evaluate"))


def test_what_a_team_says_reaches_the_steps() -> None:
    pipeline = training(
        vectors={"dimension": 64, "top": 20, "keep": 5},
        scripts={"embed": "vectors.py"},
        instances={"embed": {"instance_type": "ml.c5.large"}},
        gate={"metric": "mrr", "at_least": 0.5},
    )
    embed, index, gate = (pipeline.get_step(name) for name in ("embed", "index", "gate"))
    assert isinstance(embed, ProcessingStep)
    assert (embed.script, embed.job.instance_type) == ("vectors.py", "ml.c5.large")
    assert isinstance(index, IndexStep)
    assert (index.top, index.keep) == (20, 5)
    assert isinstance(gate, GateStep)
    assert gate.conditions[0].metric == "mrr"
    sized = next(one for one in pipeline.parameters if one.name == "hyperparameters")
    assert sized.default == {"dimension": "64"}


@pytest.mark.parametrize("wrong", [{"dimension": 0}, {"dimension": 5000}, {"top": 101}, {"metric": "dot"}], ids=str)
def test_an_index_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RagOptions.model_validate({"vectors": wrong})
