"""A state moves from one backend to another: whole, once, and with one true state at every moment."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mlops_iac.core.errors import StackNotFound, StateError, UsageError
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values.value import Secret
from mlops_iac.relocating.folder import FolderPlace
from mlops_iac.relocating.move import STEPS, Relocation, digest
from mlops_iac.relocating.places import StatePlace, open_place
from tests.engine.conftest import Stack
from tests.relocating.conftest import Places, program

KEY = ".pulumi/stacks/lab/dev.json"
KINDS = ("s3", "file")


def relocation(here: StatePlace, there: StatePlace, stack: Stack) -> Relocation:
    return Relocation(source=here, target=there, project="lab", settle=stack.store.settle)


def locks(place: StatePlace) -> list[str]:
    return place.keys(".pulumi/locks/organization/lab/dev/")


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_arrives_as_it_was_with_its_history_and_its_secrets(
    kind: str, here: FolderPlace, stack: Stack, place: Places
) -> None:
    there, before = place(kind), here.read(KEY)
    history = here.keys(".pulumi/history/lab/dev/")
    moved = relocation(here, there, stack).move("dev")
    assert there.read(KEY) == before
    assert moved.digest == digest(str(before))
    assert moved.history == len(history) == 2
    assert there.keys(".pulumi/history/lab/dev/") == history
    assert there.read(".pulumi/meta.yaml") == "version: 1\n"
    assert here.read(moved.backup) == before
    assert here.keys(".pulumi/stacks/lab/") == []
    assert there.keys(".pulumi/moved/") == locks(here) == locks(there) == []
    assert "word-of-a" not in str(before)


def test_the_layout_is_pulumis(here: FolderPlace, stack: Stack, place: Places) -> None:
    """What the real CLI reads: `stacks/<project>/<stack>.json` with its organization, and `meta.yaml`."""
    there = place("s3")
    relocation(here, there, stack).move("dev")
    kinds = {re.sub(r"\d{19}", "<ns>", key) for key in there.keys(".pulumi/")}
    assert kinds == {
        ".pulumi/meta.yaml",
        ".pulumi/stacks/lab/dev.json",
        ".pulumi/history/lab/dev/dev-<ns>.history.json",
        ".pulumi/history/lab/dev/dev-<ns>.checkpoint.json",
    }
    checkpoint = json.loads(str(there.read(KEY)))
    assert checkpoint["version"] == 3
    assert checkpoint["checkpoint"]["stack"] == "organization/lab/dev"


def test_nobody_goes_on_where_it_was(here: FolderPlace, stack: Stack, place: Places) -> None:
    there = place("s3")
    relocation(here, there, stack).move("dev")
    tries = [
        lambda: stack.up(program), lambda: stack.preview(program), stack.destroy, lambda: stack.store.get("dev"),
        lambda: stack.store.remove("dev", force=True),
    ]  # fmt: skip
    for one in tries:
        with pytest.raises(StateError, match="The state was moved") as caught:
            one()
        assert there.url in caught.value.detail
        assert f"--from {there.url} --to {here.url}" in caught.value.hint


def test_it_comes_back_and_goes_on(here: FolderPlace, stack: Stack, place: Places) -> None:
    there, before = place("s3"), here.read(KEY)
    relocation(here, there, stack).move("dev")
    Relocation(source=there, target=here, project="lab").move("dev")
    assert here.read(KEY) == before
    assert stack.up(program).changes == {"same": 2}
    assert stack.store.outputs("dev")["word"] == Secret("word-of-a")
    with pytest.raises(StateError, match="The state was moved"):
        relocation(there, place("file"), stack).move("dev")


def test_a_folder_that_it_moved_to_is_one_to_go_on_with(here: FolderPlace, stack: Stack, place: Places) -> None:
    there = place("file")
    relocation(here, there, stack).move("dev")
    stack.root = there.folder  # type: ignore[attr-defined]
    assert stack.up(program).changes == {"same": 2}


def test_what_an_operation_that_died_left_goes_with_it(here: FolderPlace, stack: Stack, place: Places) -> None:
    text = str(here.read(KEY))
    with stack.store.session("dev") as session:
        key = next(iter(session.snapshot.records))
        session.journal.end(None, put={key: replace(session.snapshot.records[key], protect=True)})
        cut = stack.journal.read_text()
        file = stack.file.read_text()
    stack.file.write_text(text)
    stack.journal.write_text(cut)
    assert file == text
    there = place("s3")
    relocation(here, there, stack).move("dev")
    resources = json.loads(str(there.read(KEY)))["checkpoint"]["latest"]["resources"]
    assert any(one.get("protect") for one in resources)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_that_is_there_already_is_not_overwritten(
    kind: str, here: FolderPlace, stack: Stack, place: Places
) -> None:
    there, before = place(kind), here.read(KEY)
    there.write(KEY, "{}")
    with pytest.raises(StateError, match="such a stack already"):
        relocation(here, there, stack).move("dev")
    assert (here.read(KEY), there.read(KEY)) == (before, "{}")
    assert stack.up(program).changes == {"same": 2}


@pytest.mark.parametrize("held", ["here", "there"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_that_somebody_holds_is_not_moved(
    kind: str, held: str, here: FolderPlace, stack: Stack, place: Places
) -> None:
    there, before = place(kind), here.read(KEY)
    holder = {"pid": 1, "username": "ann", "hostname": "elsewhere", "timestamp": "2026-11-30T10:00:00Z"}
    lock = ".pulumi/locks/organization/lab/dev/6a1c5f5e-0000-4000-8000-000000000000.json"
    (here if held == "here" else there).write(lock, json.dumps(holder))
    with pytest.raises(StateError, match="The stack is locked") as caught:
        relocation(here, there, stack).move("dev")
    assert "ann on elsewhere" in caught.value.detail
    assert here.read(KEY) == before
    assert there.read(KEY) is None
    assert len(locks(here)) + len(locks(there)) == 1


def test_what_does_not_arrive_as_it_was_is_found_and_the_old_place_counts(
    here: FolderPlace, stack: Stack, place: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = place("s3")
    written = type(there).write
    monkeypatch.setattr(type(there), "write", lambda self, key, text: written(self, key, text.replace("arn", "nra", 1)))
    with pytest.raises(StateError, match="did not arrive"):
        relocation(here, there, stack).move("dev")
    monkeypatch.undo()
    assert stack.up(program).changes == {"same": 2}
    relocation(here, there, stack).move("dev")  # and once more, over what came wrong


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_between_two_steps_leaves_one_true_state_and_the_same_command_ends_it(
    kind: str, step: str, here: FolderPlace, stack: Stack, place: Places
) -> None:
    there, before = place(kind), str(here.read(KEY))
    killed_after(step, relocation(here, there, stack))

    moved = STEPS.index(step) >= STEPS.index("noted here")
    counts = [place for place in (here, there) if goes_on(place)]
    assert counts in ([], [here], [there])  # never both
    if not moved:
        assert counts == [here]
        assert here.read(KEY) == before
    else:
        assert here not in counts
        assert there.read(KEY) == before

    relocation(here, there, stack).move("dev")
    assert there.read(KEY) == before
    assert [place for place in (here, there) if goes_on(place)] == [there]
    assert here.keys(".pulumi/stacks/lab/") == []
    assert locks(here) == locks(there) == []
    backups = [here.read(key) for key in here.keys(".pulumi/backups/lab/dev/")]
    assert before in backups


def killed_after(step: str, relocation: Relocation) -> None:
    """Do it in a process that ends after a step as `kill -9` would end it: nothing is tidied up."""
    child = os.fork()
    if child == 0:
        try:
            replace(relocation, told=lambda done: os._exit(9) if done == step else None).move("dev")
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def goes_on(place: StatePlace) -> bool:
    """Whether an engine of ours would go on with the state at a place; of a bucket, by the same files."""
    if isinstance(place, FolderPlace):
        store = FileStore(place.folder, "lab", lambda: "pass")
        try:
            return store.find("dev") is not None
        except StateError:
            return False
    return place.read(KEY) is not None and place.read(".pulumi/moved/lab/dev.json") is None


def test_moved_states_cannot_be_moved_elsewhere_from_where_they_were(
    here: FolderPlace, stack: Stack, place: Places, tmp_path: Path
) -> None:
    relocation(here, place("s3"), stack).move("dev")
    with pytest.raises(StateError, match="The state was moved"):
        relocation(here, FolderPlace(tmp_path / "third"), stack).move("dev")


def test_a_stack_that_is_not_there_is_told_with_the_nearest_name(
    here: FolderPlace, stack: Stack, place: Places
) -> None:
    with pytest.raises(StackNotFound) as caught:
        relocation(here, place("file"), stack).move("dve")
    assert "did you mean `dev`" in caught.value.hint
    with pytest.raises(UsageError, match="Nothing to move"):
        relocation(here, FolderPlace(here.folder), stack)


@pytest.mark.parametrize(
    "url",
    ["gs://states", "s3://", "/some/folder", "https://app.pulumi.com/acme", "s3://states?acl=public", "file://x?y=z"],
)
def test_what_is_no_place_is_refused_with_what_is(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no place for states") as caught:
        open_place(url, "lab", lambda region: None, root=tmp_path)  # type: ignore[arg-type, return-value]
    assert "file://FOLDER, or s3://BUCKET/PREFIX?region=REGION" in caught.value.detail


def test_places_are_named_as_pulumi_login_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")

    def opened(url: str) -> StatePlace:
        return open_place(url, "lab", lambda region: region, root=tmp_path)  # type: ignore[arg-type, return-value]

    assert opened("file:///srv/states").url == "file:///srv/states"
    assert opened("file://states").url == f"file://{tmp_path}/states"
    assert opened("file://~/states").url == "file:///home/ann/states"
    bucket = opened("s3://acme/ml/dev?region=eu-west-1&awssdk=v2")
    assert (bucket.bucket, bucket._prefix, bucket._clients) == ("acme", "ml/dev/", "eu-west-1")  # type: ignore[attr-defined]
