"""A project on disk with one stack file, and options with every shape a blueprint may have."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, StringConstraints, model_validator

from mlops_iac.config import Section, StackConfig, load_stack
from mlops_iac.core.errors import ConfigError, Problem

HEAD = """\
config:
  aws:region: eu-west-1
  mlops-iac:team: screening
  mlops-iac:environment: dev
  mlops-iac:blueprint: tabular-batch
  mlops-iac:code: examples/screening
"""


class Framework(Section):
    name: Literal["sklearn", "xgboost"]
    version: str = Field(description="Version of the framework.")


class Gate(Section):
    metric: str = "auc"
    at_least: float | None = Field(default=None, ge=0, le=1)
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Gate:
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("say `at_least` or `at_most`, not both")
        return self


class Gpu(Section):
    kind: Literal["gpu"]
    instance_type: str
    max_nodes: int = Field(default=2, ge=1, le=64)


class Cpu(Section):
    kind: Literal["cpu"]
    cores: int = Field(default=2, gt=0)


Pool = Annotated[Gpu | Cpu, Field(discriminator="kind")]


class Options(Section):
    framework: Framework = Framework(name="sklearn", version="1.4-2")
    gate: Gate = Gate()
    compute: Pool = Cpu(kind="cpu")
    pools: tuple[Pool, ...] = Field(default=(), max_length=3)
    hyperparameters: dict[Annotated[str, StringConstraints(pattern="^[A-Z]+$")], str | int | float | bool] = {}
    teams: dict[str, Gate] = {}
    limit: int | Literal["none"] = 3
    public: bool = False
    scripts: dict[str, str] | None = Field(default=None, alias="files")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: mlops-iac\n")
    (tmp_path / "stacks").mkdir()
    return tmp_path


@pytest.fixture
def write(root: Path) -> Callable[..., Path]:
    """Write a stack file as it is given: text is dedented, bytes are not."""

    def write(content: str | bytes, stack: str = "screening-dev") -> Path:
        path = root / "stacks" / f"Pulumi.{stack}.yaml"
        path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
        return path

    return write


@pytest.fixture
def load(root: Path, write: Callable[..., Path]) -> Callable[..., StackConfig]:
    """Load a stack file: the head above, then `more`, indented below `config:`."""

    def load(more: str = "", *, head: str = HEAD, model: type[BaseModel] = Options) -> StackConfig:
        write(head + textwrap.indent(textwrap.dedent(more), "  "))
        return load_stack(root, "screening-dev", options_model=lambda name: model)

    return load


@pytest.fixture
def problems(load: Callable[..., StackConfig]) -> Callable[..., list[Problem]]:
    """The problems of a stack file that must not load."""

    def problems(more: str = "", **changes: object) -> list[Problem]:
        with pytest.raises(ConfigError) as caught:
            load(more, **changes)
        return list(caught.value.problems)

    return problems


@pytest.fixture
def problem(problems: Callable[..., list[Problem]]) -> Callable[..., Problem]:
    """The one problem of a stack file."""

    def problem(more: str = "", **changes: object) -> Problem:
        found = problems(more, **changes)
        assert len(found) == 1, "\n".join(map(str, found))
        return found[0]

    return problem
