"""A flow is read from its text, and nothing in it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.core.errors import ConfigError
from mlops_iac.pipelines.compile.metaflow import Flow, read_flow
from mlops_iac.pipelines.compile.metaflow.flow import LARGEST, REFUSED
from tests.conftest import CHECKOUT
from tests.support.flows import flow_text


def read(tmp_path: Path, text: str) -> Flow:
    file = tmp_path / "flow.py"
    file.write_text(text, encoding="utf-8")
    return read_flow(file, "code/flow.py")


def refusal(tmp_path: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert all(problem.file == "code/flow.py" and problem.line for problem in refused.value.problems)
    return refused.value


def test_the_example_is_told_by_its_steps_and_parameters() -> None:
    flow = read_flow(CHECKOUT / "examples/digits/flow.py", "flow.py")
    assert flow.name == "DigitsFlow"
    assert flow.steps == ("start", "look", "choose", "fit", "best", "together", "end")
    told = {name: (one.type, one.default) for name, one in flow.parameters.items()}
    assert told == {"depth": ("number", 12), "trees": ("string", "10,30,90"), "least": ("number", 0.9)}


def test_nothing_is_run(tmp_path: Path) -> None:
    trap = tmp_path / "was-run"
    read(tmp_path, f"open({str(trap)!r}, 'w')\n" + flow_text())
    assert not trap.exists()


@pytest.mark.parametrize(
    ("written", "type", "default", "allowed"),
    [
        ("default=3", "number", 3, ()),
        ("type=int", "number", None, ()),
        ("type=str, default='a'", "string", "a", ()),
        ("default=True", "string", "true", ("true", "false")),
        ("type=JSONType, default='[1]'", "string", "[1]", ()),
        ("default=today", "string", None, ()),
        ("default=[1, 2]", "string", None, ()),
    ],
)
def test_a_parameter_says_what_its_text_says(tmp_path: Path, written, type, default, allowed) -> None:
    flow = read(tmp_path, flow_text().replace('default=0.5, help="How much."', written))
    found = flow.parameters["alpha"]
    assert (found.type, found.default, found.allowed) == (type, default, allowed)


def test_steps_and_parameters_of_a_base_class_in_the_file_count(tmp_path: Path) -> None:
    base = "class Base(FlowSpec):\n    beta = Parameter('beta', default=1)\n\n\n"
    text = flow_text().replace("class SmallFlow(FlowSpec)", base + "class SmallFlow(Base)")
    assert set(read(tmp_path, text).parameters) == {"alpha", "beta"}


def test_what_a_base_class_from_elsewhere_brings_is_not_known(tmp_path: Path) -> None:
    text = "from ours import Base\n\nclass F(Base, FlowSpec):\n    pass\n\nif __name__ == '__main__':\n    F()\n"
    assert read(tmp_path, text).steps == ()


def test_python_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, flow_text().replace("def end(self):", "def end(self:"))
    assert error.summary == "The flow is no Python."
    assert error.problems[0].line == 12


@pytest.mark.parametrize("content", [b"\0", b"\xff\xfe", b"x = " + b"(" * 10_000, b"#" * (LARGEST + 1)])
def test_what_cannot_be_parsed_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "flow.py"
    file.write_bytes(content)
    with pytest.raises(ConfigError):
        read_flow(file, "code/flow.py")


def test_a_file_that_starts_two_flows_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, flow_text("One") + flow_text("Two"))
    assert error.summary == "The file starts two flows."
    assert "`One`, `Two`" in error.detail


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("x = 1\n", "The file holds no flow."),
        (flow_text().replace("    SmallFlow()", "    pass"), "The file starts no flow."),
        (flow_text().replace("def end", "def ende").replace("self.end", "self.ende"), "The flow lacks a step."),
        (flow_text().replace("self.next(self.end)", "self.next(self.ende)"), "The flow lacks a step."),
    ],
)
def test_a_flow_that_is_none_is_refused(tmp_path: Path, text: str, summary: str) -> None:
    assert refusal(tmp_path, text).summary == summary


@pytest.mark.parametrize("word", REFUSED)
def test_a_decorator_that_step_functions_cannot_do_is_refused_with_its_reason(tmp_path: Path, word: str) -> None:
    for text in (
        flow_text().replace("class Small", f"@{word}(name='x')\nclass Small"),
        flow_text().replace("    @step\n    def end", f"    @metaflow.{word}\n    @step\n    def end"),
    ):
        error = refusal(tmp_path, text)
        assert error.summary == "A decorator cannot be here."
        assert f"`@{word}`" in error.detail
        assert REFUSED[word] in error.detail
