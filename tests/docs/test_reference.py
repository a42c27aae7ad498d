"""The reference is what the code says today."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from mlops_iac.cli.commands import COMMANDS
from tests.docs.commands import all_commands
from tests.docs.pages import CHECKOUT

REGENERATE = "run: python docs/generate.py"


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", CHECKOUT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = load_generator()


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_the_page_is_what_the_generator_writes(name: str):
    page = (CHECKOUT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert page == GENERATOR.PAGES[name](), f"docs/reference/{name} is out of date; {REGENERATE}"


@pytest.mark.parametrize("name", GENERATOR.CATALOGUE)
def test_the_catalogue_is_what_the_generator_writes(name: str):
    assert (CHECKOUT / name).read_text(encoding="utf-8") == GENERATOR.CATALOGUE[name](), f"{name}: {REGENERATE}"


def test_every_command_has_a_section():
    page = GENERATOR.cli_page()
    for words in all_commands():
        assert f"## mlops-iac {' '.join(words)}\n" in page
    assert all(f"| [`mlops-iac {name}`](#mlops-iac-{name}) |" in page for name in COMMANDS)


def test_what_json_holds_is_said_of_every_command():
    shapes = sys.modules["from_code.json_shapes"].JSON_SHAPES
    assert set(shapes) == {" ".join(words) for words in all_commands()}


HELD_ELSEWHERE = {"COVERAGE.md", "differences-from-pulumi.md", "engine-promises.md"}
"""By the contract test of the embedded cloud's handlers, and by the parity test of the two engines."""


def test_every_page_of_the_reference_is_held_by_a_test():
    written = {path.name for path in (CHECKOUT / "docs" / "reference").iterdir()}
    assert written == {*GENERATOR.PAGES, *HELD_ELSEWHERE}


def test_the_generator_is_a_program_that_says_what_it_wrote(tmp_path):
    """In a process of its own, into another folder: the checkout is not touched by tests."""
    code = (
        f"import runpy, pathlib; g = runpy.run_path({str(CHECKOUT / 'docs' / 'generate.py')!r}); "
        f"g['main'](pathlib.Path({str(tmp_path)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(GENERATOR.PAGES)
    assert done.stdout.count("Wrote ") == len(GENERATOR.PAGES)
