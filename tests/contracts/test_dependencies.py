"""`constraints.txt` holds a version for all that `pyproject.toml` asks for, and none that it does not allow."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]


def asked() -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    return [one for one in map(Requirement, lines) if one.name != PROJECT["name"]]


def held() -> dict[str, str]:
    lines = [line for line in (CHECKOUT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = [Requirement(line) for line in lines]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


@pytest.mark.parametrize("requirement", asked(), ids=str)
def test_a_dependency_is_held_at_a_version_that_is_allowed(requirement):
    name = canonicalize_name(requirement.name)
    assert name in held(), f"{requirement} is not held; run: make constraints"
    assert requirement.specifier.contains(held()[name]), f"{requirement} against {held()[name]}; run: make constraints"


def test_a_constraint_is_one_exact_version():
    assert {name: version for name, version in held().items() if not version[0].isdigit()} == {}
