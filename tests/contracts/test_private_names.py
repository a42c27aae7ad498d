"""A canary for each private name of Pulumi's SDK that the embedded engine uses or replaces.

The SDK may change them in any release; pyproject.toml allows releases up to a tight bound, which is raised when this
file passes with the next one.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pulumi.runtime import _callbacks, resource, settings, stack

ROOT = Path(__file__).parents[2]


def private_imports() -> list[tuple[str, str]]:
    """Module and private name, of everything imported from the SDK by the engine."""
    return sorted(
        {
            (node.module, alias.name)
            for path in (ROOT / "mlops_iac/engine").rglob("*.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pulumi")
            for alias in node.names
            if alias.name.startswith("_") or "._" in node.module or node.module.startswith("pulumi.runtime.")
        }
    )


@pytest.mark.parametrize(("module", "name"), private_imports(), ids=lambda value: value)
def test_a_name_that_is_imported_is_there(module: str, name: str) -> None:
    found = importlib.import_module(module)
    assert hasattr(found, name) or importlib.import_module(f"{module}.{name}")


def test_what_is_replaced_is_what_the_sdk_calls() -> None:
    registering = inspect.getsource(resource)
    assert re.search(r"\b_get_stack_trace\(", registering)
    assert re.search(r"\bcreate_urn\(", registering)
    names = [*inspect.signature(getattr(resource.create_urn, "original", resource.create_urn)).parameters]
    assert names[:3] == ["name", "type_", "parent"]


def test_a_registration_that_waits_has_its_names_where_they_are_read() -> None:
    """`program._waiting_registration` reads them off a frame, to say which resources wait for one another."""
    code = inspect.getsource(resource.register_resource)
    assert "async def do_register" in code
    assert {"name", "ty"} <= set(inspect.signature(resource.register_resource).parameters)


def test_the_callbacks_of_the_sdk_are_kept_as_ours_keep_them() -> None:
    made = inspect.getsource(_callbacks._CallbackServicer.__init__)
    for attribute in ("_callbacks", "_transforms", "_monitor", "_loop", "_target"):
        assert f"self.{attribute}" in made


def test_settings_and_the_stack_are_driven_as_ours_drives_them() -> None:
    taken = inspect.signature(settings.Settings.__init__).parameters
    assert {"project", "stack", "organization", "monitor", "engine", "parallel", "dry_run", "root_directory"} <= {
        *taken
    }
    assert [*inspect.signature(stack.run_in_stack).parameters] == ["func"]
    assert hasattr(settings.SETTINGS, "outputs")


def test_the_event_loop_tells_whether_it_stands_still() -> None:
    loop = asyncio.new_event_loop()
    try:
        assert {"_ready", "_scheduled", "_selector"} <= vars(loop).keys()
    finally:
        loop.close()


def test_the_bound_is_tight() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (pulumi,) = (one for one in map(Requirement, asked) if one.name == "pulumi")
    assert not pulumi.specifier.contains("3.400.0")
