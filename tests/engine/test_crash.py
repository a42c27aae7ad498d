"""A process that dies at the worst moment: SIGKILL, after the cloud has done what it was asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.core.errors import StateError
from mlops_iac.engine.event import Diagnostic
from mlops_iac.engine.state.state_desk import StateDesk
from tests.engine.conftest import Stack
from tests.engine.fake_provider import FakeCloud
from tests.engine.programs import Thing

CHECKOUT = Path(__file__).parents[2]

VICTIM = """
import os, signal, sys
from pathlib import Path
from mlops_iac.engine.values import secrets
secrets.ROUNDS = 10
from tests.engine.conftest import Stack
from tests.engine.fake_provider import FakeCloud
from tests.engine.test_crash import program

root, last = Path(sys.argv[1]), int(sys.argv[2])
stack = Stack(root / "state")
stack.parallel = 1
stack.cloud = FakeCloud(root / "cloud.json")
made = []

def created(label):
    made.append(label)
    if len(made) == last:
        os.kill(os.getpid(), signal.SIGKILL)

stack.cloud.created = created
stack.up(program)
"""


def program() -> None:
    a = Thing("a", size=1)
    b = Thing("b", source=a.arn)
    Thing("c", source=b.arn)


def killed(root: Path, call: int) -> Stack:
    """A stack whose `up` was killed while the call had been carried out and its end was not recorded."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.run([sys.executable, "-c", VICTIM, str(root), str(call)], env=environment, check=False)
    assert process.returncode == -signal.SIGKILL
    stack = Stack(root / "state")
    stack.cloud = FakeCloud(root / "cloud.json")
    return stack


@pytest.mark.parametrize("call", [1, 2, 3])
def test_the_next_up_adopts_what_was_made_and_makes_no_second_one(tmp_path: Path, call: int) -> None:
    stack = killed(tmp_path, call)
    assert len(stack.cloud.things) == call
    assert len(stack.store.get("dev").pending) == 1
    before = set(stack.cloud.things)
    result = stack.up(program)
    assert result.outcome == "succeeded"
    assert before <= set(stack.cloud.things)
    assert len(stack.cloud.things) == 3
    assert {stack.records()[name].id for name in "abc"} == set(stack.cloud.things)
    assert stack.store.get("dev").pending == {}
    assert stack.up(program).changes == {"same": 4}


def test_a_preview_names_what_was_cut_off_and_asks_no_cloud(tmp_path: Path) -> None:
    stack = killed(tmp_path, 1)
    stack.preview(program)
    told = [event.message for event in stack.events if isinstance(event, Diagnostic)]
    assert "while a was being created" in told[0]
    assert stack.cloud.calls == []
    assert len(stack.store.get("dev").pending) == 1


def test_a_destroy_after_a_crash_leaves_nothing(tmp_path: Path) -> None:
    stack = killed(tmp_path, 2)
    assert stack.deployment.destroy().outcome == "succeeded"
    assert stack.cloud.things == {}


def test_a_refresh_after_a_crash_forgets_nothing(tmp_path: Path) -> None:
    stack = killed(tmp_path, 2)
    stack.deployment.refresh()
    assert {"a", "b"} <= set(stack.records())


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    stack = killed(tmp_path, 2)
    with stack.journal.open("ab") as file:
        file.write(b'{"end": 3, "put": {"3": {"urn": "urn:pul')
    assert stack.up(program).outcome == "succeeded"


def half(lines: list[bytes]) -> list[bytes]:
    return [b"".join(lines)[: sum(map(len, lines)) // 2] + b"\n"]


FOREIGN = (b'{"put": {"x": 1}}\n', b"[]\n", b"{}\n", b'{"begin": "1"}\n', b'{"drop": [null]}\n')

DAMAGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "half": lambda lines: [line if number != 4 else line[:90] + b"\n" for number, line in enumerate(lines)],
    "noise": lambda lines: [bytes(range(256)).replace(b"\n", b"") + b"\n" for _ in lines],
    "one bad line": lambda lines: [*lines[:2], b"{]\n", *lines[2:]],
    "no base": lambda lines: [b"?\n", *lines[1:]],
    "not a line of ours": lambda lines: [*lines, *FOREIGN],
    "nested": lambda lines: [*lines, b"[" * 100_000 + b"\n"],
    "cut": half,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_journal_is_refused_with_a_way_on_and_repaired_by_all_of_its_whole_lines(
    tmp_path: Path, damage: str
) -> None:
    stack = killed(tmp_path, 2)
    whole = stack.journal.read_bytes().splitlines(keepends=True)
    stack.journal.write_bytes(b"".join(DAMAGES[damage](whole)))
    with pytest.raises(StateError, match="journal is damaged") as refused:
        stack.up(program)
    assert refused.value.hint is not None
    assert "`mlops-iac state repair dev`" in refused.value.hint
    before = stack.journal.read_bytes()
    done = StateDesk(stack.store).repair("dev")
    assert [repair for repair in done.answer if "of the journal cannot be read" in repair.problem]
    assert before in [copy.read_bytes() for copy in stack.root.glob(".pulumi/backups/lab/dev/*.journal")]
    assert not stack.journal.exists()
    if damage in ("one bad line", "no base", "not a line of ours", "nested"):  # nothing of what happened was lost
        assert stack.up(program).outcome == "succeeded"
        known = [record.id for record in stack.store.get("dev") if record.id and not record.is_provider]
        assert sorted(known) == sorted(stack.cloud.things)


def test_a_lost_line_is_named_with_the_resources_that_are_left_of_it(tmp_path: Path) -> None:
    stack = killed(tmp_path, 2)
    lines = stack.journal.read_text().splitlines(keepends=True)
    number, line = next((n, line) for n, line in enumerate(lines) if "begin" in line)
    lines[number] = line.replace('"begin"', '"begin')
    stack.journal.write_text("".join(lines))
    with pytest.raises(StateError, match=rf"line {number + 1}, about urn:pulumi:dev::lab::"):
        stack.up(program)


def test_a_journal_that_is_folded_already_is_not_replayed(stack: Stack) -> None:
    """A crash between writing the checkpoint and removing the journal."""
    journals: list[bytes] = []
    stack.cloud.created = lambda label: journals.append(stack.journal.read_bytes())
    stack.up(lambda: Thing("a", label="a"))
    from mlops_iac.engine.state.journal import digest

    line = json.dumps({"folded": digest(stack.file.read_text())}).encode() + b"\n"
    stack.journal.write_bytes(journals[0] + line)
    assert stack.store.get("dev").pending == {}
    assert stack.up(lambda: Thing("a", label="a")).changes == {"same": 2}
    assert not stack.journal.exists()


def test_a_checkpoint_that_was_swapped_under_a_journal_is_refused(tmp_path: Path) -> None:
    stack = killed(tmp_path, 1)
    stack.file.write_text((Path(__file__).parent / "recorded/checkpoint.json").read_text())
    with pytest.raises(StateError, match="changed from outside"):
        stack.up(program)


def pending(stack: Stack, kind: str, name: str) -> None:
    """Put a pending operation on a resource in state, as a crash leaves it."""
    document = json.loads(stack.file.read_text())
    latest = document["checkpoint"]["latest"]
    resource = next(fields for fields in latest["resources"] if fields["urn"].endswith(f"::{name}"))
    latest["pending_operations"] = [{"resource": resource, "type": kind}]
    stack.file.write_text(json.dumps(document))


def test_an_update_that_was_cut_off_is_read_and_made_again(stack: Stack) -> None:
    stack.up(lambda: Thing("a", label="a", size=1))
    pending(stack, "updating", "a")
    stack.cloud.things["a"]["size"] = 2
    result = stack.up(lambda: Thing("a", label="a", size=1))
    assert result.changes == {"update": 1, "same": 1}
    assert stack.cloud.things["a"]["size"] == 1


def test_a_deletion_that_was_cut_off_after_it_was_done_is_known(stack: Stack) -> None:
    stack.up(lambda: Thing("a", label="a"))
    pending(stack, "deleting", "a")
    del stack.cloud.things["a"]
    assert stack.up(lambda: Thing("a", label="a")).changes == {"create": 1, "same": 1}
