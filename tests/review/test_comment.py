"""The comment on a pull request: nothing foreign steers it, and it keeps to what its host takes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mlops_iac.config.usage import Usage
from mlops_iac.core.errors import ConfigError
from mlops_iac.engine.event import Op, PropertyDiff, Result, Step
from mlops_iac.review.comment import mark, render_comment
from mlops_iac.review.review import Review, review
from mlops_iac.review.size import LONGEST

HOSTILE = (
    "`code` ``",
    "@everyone",
    "<img src=x onerror=alert(1)>",
    "<!-- --><script>",
    "](https://evil.example) [x",
    "line\n\n# Heading\n> [!NOTE]",
    "| a | b |",
    "</details></summary>",
    "\x1b[2J\u202e",
    "````\n</details>",
    "{0} {name}",
)


def step(op: Op, name: str, type: str = "aws:iam/role:Role", **diff: PropertyDiff) -> Step:
    return Step(op=op, urn=f"urn:pulumi:a-dev::mlops-iac::{type}::{name}", type=type, name=name, diff=diff)


def of(*steps: Step, stack: str = "a-dev", **changes: int) -> Review:
    result = Result(steps=steps, changes=changes or {"update": 1}, outputs={}, seconds=0.1)
    return review(stack, result, Usage())


def render(*reviews: Review, longest: int = LONGEST["github"], link: str = "") -> str:
    return render_comment(reviews, of="project", longest=longest, link=link).text


def outside_code(text: str) -> str:
    """What a renderer of Markdown takes for anything but code."""
    text = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_foreign_is_more_than_text(text: str) -> None:
    diff = {"note": PropertyDiff(kind="update", old=text, new=f"{text}!"), text: PropertyDiff(kind="add", new=text)}
    changed = of(step(Op.UPDATE, text, **diff), step(Op.DELETE, f"b{text}", "aws:s3/bucket:Bucket"))
    noted = Review(stack="b-dev", changes={"update": 1}, notes=(text,))
    wrong = Review(stack="c-dev", error=ConfigError(text, text, hint=text))
    seen = outside_code(render(changed, noted, wrong))
    assert "@everyone" not in seen
    assert "<img" not in seen
    assert "<script" not in seen
    assert seen.count("</details>") == seen.count("<details>")
    assert "](http" not in seen.replace("\\]", "")
    assert not re.search(r"^# ", seen, re.MULTILINE)
    assert seen.count("[!CAUTION]") == 1
    assert "[!NOTE]" not in seen
    assert "\x1b" not in seen
    assert "\u202e" not in seen


def test_the_mark_is_the_same_for_the_same_preview_and_ends_where_it_should() -> None:
    assert render(of()).startswith(mark("project"))
    assert mark("a-dev") != mark("a-prod")
    assert mark("a --><b>") == "<!-- mlops-iac preview of a-b -->"


def test_one_line_for_each_that_changes_and_the_rest_in_one() -> None:
    same = [Review(stack=f"team{number}-dev", changes={"same": 70}) for number in range(38)]
    text = render(of(step(Op.UPDATE, "role"), stack="x-dev"), *same, Review(stack="y-dev", error=ConfigError("Wrong.")))
    assert "### Preview: 1 of 40 environments changes, 1 cannot be previewed" in text
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == ["y-dev", "x-dev"]
    assert "<summary>38 without changes</summary>" in text


def test_what_loses_data_comes_first_everywhere() -> None:
    losing = of(step(Op.DELETE, "lake-bucket", "aws:s3/bucket:Bucket"), stack="z-dev", delete=1)
    text = render(of(step(Op.UPDATE, "role"), stack="a-dev"), losing)
    order = [text.index(part) for part in ("[!CAUTION]", "| `z-dev`", "| `a-dev`", "#### `z-dev`", "#### `a-dev`")]
    assert order == sorted(order)
    assert "**loses data**" in text


def test_no_changes_are_one_line() -> None:
    text = render(of(same=5))
    assert text == f"{mark('project')}\n\n### `a-dev`: 5 unchanged\n"


@pytest.mark.parametrize("host", LONGEST)
@pytest.mark.parametrize("count", [1, 40, 400])
def test_no_comment_is_longer_than_its_host_takes(host: str, count: int) -> None:
    wide = {f"property{number}": PropertyDiff(kind="update", old="x" * 70, new="y" * 70) for number in range(120)}
    losing = step(Op.REPLACE, "lake-bucket", "aws:s3/bucket:Bucket", **wide)
    one = of(losing)
    reviews = [replace(one, stack=f"team{number}-dev") for number in range(count)]
    comment = render_comment(reviews, of="project", longest=LONGEST[host], link="https://ci.example/run/1")
    assert len(comment.text) <= LONGEST[host]
    assert comment.text.startswith(mark("project"))
    assert "[!CAUTION]" in comment.text
    if comment.is_cut:
        assert "https://ci.example/run/1" in comment.text
        assert len(comment.whole) > LONGEST[host]
    assert comment.text.count("<details>") == comment.text.count("</details>")


def test_what_changes_alike_in_many_is_told_once() -> None:
    tag = {'tags["a"]': PropertyDiff(kind="update", old="x", new="y")}
    own = {"description": PropertyDiff(kind="update", old="one", new="two")}
    steps = [step(Op.UPDATE, f"role-{number}", **tag) for number in range(9)]
    text = render(of(*steps, step(Op.UPDATE, "other", **tag, **own)))
    assert text.count('tags["a"]') == 1
    assert "in 10 resources alike" in text
    assert "role-3" not in text
    assert "update `other`" in text


def test_a_cut_comment_keeps_the_words_and_drops_the_properties() -> None:
    wide = {f"property{number}": PropertyDiff(kind="update", old="x" * 70, new="y" * 70) for number in range(400)}
    text = render(of(step(Op.UPDATE, "role", **wide)), of(step(Op.UPDATE, "other"), stack="b-dev"), longest=6_000)
    assert "update `role`" in text
    assert "update `other`" in text
    assert "Every changed property" not in text
    assert "The whole is with the job's artifacts." in text
