"""A project without stacks, and a blueprint with a small Options model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from mlops_iac.config import Section
from mlops_iac.scaffold import Answers


class Gate(Section):
    metric: str = "auc"
    at_least: float = 0.9
    at_most: float | None = None


class Serverless(Section):
    flavour: Literal["serverless"]
    memory_mb: int = 2048


class Realtime(Section):
    flavour: Literal["realtime"]


class Options(Section):
    version: str = Field(default="1.10", description="A version that must stay text.")
    gate: Gate = Field(default=Gate(), description="What a model must reach.")
    serving: Annotated[Serverless | Realtime, Field(discriminator="flavour")] = Serverless(flavour="serverless")
    scripts: dict[str, str] = Field(
        default={f"step-{n}": f"a-rather-long-name-for-a-script-{n}.py" for n in range(4)}, alias="files"
    )
    days: int | None = Field(default=None, description="Line one.\nmlops-iac:team: injected\n# Line two.")


BLUEPRINTS: dict[str, type[Section]] = {"tabular-batch": Options}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: mlops-iac\n")
    return tmp_path


@pytest.fixture
def answers() -> Answers:
    return Answers(team="screening", environment="dev", blueprint="tabular-batch", code="examples/screening")
