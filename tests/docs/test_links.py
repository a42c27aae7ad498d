"""Every relative link of every page leads somewhere, its anchor included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import BLOCK, CHECKOUT, pages

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def relative_links(page: Path) -> Iterator[str]:
    for found in LINK.finditer(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", found[1]):
            yield found[1]


def anchors(page: Path) -> set[str]:
    """As GitHub makes them: small letters, no punctuation, a hyphen for each space."""
    headings = HEADING.findall(BLOCK.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def problem_of(page: Path, link: str) -> str | None:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(CHECKOUT):
        return f"{link} leaves the project"
    if not target.exists():
        return f"{link} leads nowhere"
    if anchor and anchor not in anchors(target):
        return f"{link}: {target.name} has no such heading"
    return None


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_relative_link_leads_somewhere(page: Path):
    assert [problem for link in relative_links(page) if (problem := problem_of(page, link))] == []


def test_the_check_sees_links_files_and_anchors(tmp_path: Path):
    page = CHECKOUT / "README.md"
    assert "docs/guides/testing.md" in set(relative_links(page))
    assert problem_of(page, "docs/reference/cli.md#mlops-iac-up") is None
    assert problem_of(page, "docs/nothing.md") == "docs/nothing.md leads nowhere"
    assert problem_of(page, "LICENSE#no-such-part") == "LICENSE#no-such-part: LICENSE has no such heading"
    assert problem_of(page, "../elsewhere.md") == "../elsewhere.md leaves the project"


def test_every_page_of_docs_is_linked_from_another():
    linked = {
        (page.parent / link.partition("#")[0]).resolve() for page in pages() for link in relative_links(page)
    }  # fmt: skip
    assert [str(page.relative_to(CHECKOUT)) for page in (CHECKOUT / "docs").rglob("*.md") if page not in linked] == []
