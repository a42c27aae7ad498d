"""Types of machines that the region lacks, refused where the stack file names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.core.errors import ConfigError
from mlops_iac.program import load
from tests.program.test_blueprinted import root, write  # noqa: F401 - a fixture


@pytest.mark.parametrize(
    ("batch", "path", "said"),
    [
        ("gpu: {instance_types: [g5, p5]}", "options.batch.gpu.instance_types.1", "`p5` (H100)"),
        (
            "more: {big: {instance_types: [p5e.48xlarge]}}",
            "options.batch.more.big.instance_types.0",
            "`p5e.48xlarge` (8 × H200",
        ),
        ("gpu: {instance_types: [m5, g5]}", "options.batch.gpu.instance_types", "m5 (x86), g5 (GPU)"),
        ("more: {gpu: {instance_types: [g5]}}", "options.batch.more", "`gpu` is taken"),
        ("gpu: {instance_types: [g5], buying: [spot, spot]}", "options.batch.gpu.buying", "`spot` stands there twice"),
        (
            "gpu: {instance_types: [g5], buying: [on_demand], reservation: {id: cr-0a1b2c3d}, subnet: 1}",
            "options.batch.gpu",
            "of one type in one size, not of g5",
        ),
        (
            "gpu: {instance_types: [g5.xlarge], reservation: {id: cr-0a1b2c3d}, subnet: 1}",
            "options.batch.gpu",
            "on demand, not spot, on_demand",
        ),
        (
            "gpu: {instance_types: [g5.xlarge], buying: [on_demand], reservation: {id: cr-0a1b2c3d}}",
            "options.batch.gpu",
            "say in which `subnet`",
        ),
        (
            "gpu: {instance_types: [g5], placement: cluster}",
            "options.batch.gpu",
            "`placement` is in one zone: say in which",
        ),
        ("gpu: {instance_types: [g5], nodes: 4}", "options.batch.gpu", "no job of several nodes on spot machines"),
    ],
)
def test_a_queue_whose_machines_cannot_be_is_refused_at_its_line(root: Path, batch: str, path: str, said: str) -> None:  # noqa: F811
    write(root, f"  mlops-iac:options: {{batch: {{enabled: true, {batch}}}}}\n")
    with pytest.raises(ConfigError) as refused:
        load(root, "screening-dev").describe()
    told = str(refused.value)
    assert path in told
    assert said in told


def test_a_queue_that_is_not_built_asks_for_no_machines(root: Path) -> None:  # noqa: F811
    write(root, "  mlops-iac:options: {batch: {gpu: {instance_types: [p5]}}}\n")
    load(root, "screening-dev").describe()
