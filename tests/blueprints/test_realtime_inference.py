"""realtime-inference under Pulumi's mocks: what it shares, and the one layer by which it differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import STACK, write
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import Made, run_program


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root: Path = write(tmp_path_factory.mktemp("realtime"))
    stack_file = root / "stacks" / "Pulumi.screening-dev.yaml"
    stack_file.write_text(STACK.replace("tabular-batch", "realtime-inference"))
    return run_program(load(root, "screening-dev").run)


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/realtime-inference.tree.txt", "\n".join(made.tree()) + "\n")


def test_the_endpoint_is_awake_and_slowness_is_told_in_milliseconds(made: Made) -> None:
    variant = made.get("training-state-machine", "StateMachine")["definition"]
    assert '"InitialInstanceCount":2' in variant.replace(": ", ":")
    assert "ServerlessConfig" not in variant
    assert made.get("endpoint-latency-alarm", "MetricAlarm")["threshold"] == 200_000


def test_all_else_is_what_tabular_batch_makes(made: Made, tmp_path: Path) -> None:
    other = run_program(load(write(tmp_path), "screening-dev").run)
    assert [line for line in made.tree() if "endpoint" not in line] == [
        line for line in other.tree() if "endpoint" not in line
    ]
