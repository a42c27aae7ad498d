"""Every stack file that a page shows can be loaded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlops_iac.program import load
from tests.docs.pages import CHECKOUT, pages, read_blocks

HEAD = re.compile(r"# stacks/Pulumi\.([\w-]+)\.yaml\n")


def shown_stack_files() -> list[tuple[str, str, str]]:
    """Page, stack, text: the blocks that begin with the file's name."""
    return [
        (str(page.relative_to(CHECKOUT)), found[1], block.text)
        for page in pages()
        for block in read_blocks(page)
        if block.kind == "yaml" and (found := HEAD.match(block.text))
    ]


def test_there_are_some():
    assert "blueprints/tabular_batch/README.md" in {page for page, _, _ in shown_stack_files()}


@pytest.mark.parametrize(("page", "stack", "text"), shown_stack_files())
def test_the_stack_file_on_the_page_is_loaded(page: str, stack: str, text: str, project: Path):
    (project / f"stacks/Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
    assert load(project, stack).describe().stack == stack


def test_the_readme_shows_what_new_writes_without_its_comments(project: Path):
    file = project / "stacks/Pulumi.screening-dev.yaml"
    written = load(project, "screening-dev").describe()
    (shown,) = [text for page, _, text in shown_stack_files() if page == "README.md"]
    file.write_text(shown, encoding="utf-8")
    assert load(project, "screening-dev").describe() == written
