"""Export and import: Pulumi's own shape, out and in, and what is not let in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import AuthenticationError, StateError
from mlops_iac.engine.state import edits
from mlops_iac.engine.state.state_desk import StateDesk
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values.value import Secret
from tests.engine.conftest import Stack
from tests.engine.programs import Thing
from tests.support.one_package import OnePackage

RECORDED = (Path(__file__).parent / "recorded/checkpoint.json").read_text()
GOLDEN = Path(__file__).parents[1] / "golden/pulumi"


def program() -> None:
    first = Thing("first", label="first")
    Thing("second", label="second", of=first.arn)
    pulumi.export("token", pulumi.Output.secret({"word": "hunter2"}))


@pytest.fixture
def desk(stack: Stack) -> StateDesk:
    stack.up(program)
    return StateDesk(stack.store)


def document(desk: StateDesk, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(desk.export("dev", **more))
    return body


def test_an_export_is_the_checkpoint_under_another_key(desk: StateDesk, stack: Stack) -> None:
    exported = document(desk)
    latest = json.loads(stack.file.read_text())["checkpoint"]["latest"]
    assert exported["version"] == 3
    assert exported["deployment"]["resources"] == latest["resources"]
    assert exported["deployment"]["secrets_providers"] == latest["secrets_providers"]


def test_what_is_exported_can_be_imported_and_is_the_same_byte_for_byte(desk: StateDesk, stack: Stack) -> None:
    text = desk.export("dev")
    done = desk.import_("dev", text, place="x.json")
    assert json.loads(desk.export("dev"))["deployment"]["resources"] == json.loads(text)["deployment"]["resources"]
    assert done.backup is not None
    assert not stack.preview(program).changed


def test_secrets_are_shown_only_when_asked_for(desk: StateDesk) -> None:
    assert "hunter2" not in desk.export("dev")
    token = document(desk, show_secrets=True)["deployment"]["resources"][0]["outputs"]["token"]
    assert json.loads(token["plaintext"]) == {"word": "hunter2"}
    assert "ciphertext" not in token


def test_secrets_that_were_shown_are_encrypted_again_on_the_way_in(desk: StateDesk, stack: Stack) -> None:
    desk.import_("dev", desk.export("dev", show_secrets=True), place="x.json")
    assert "hunter2" not in stack.file.read_text()
    assert stack.store.outputs("dev")["token"] == Secret({"word": "hunter2"})


def test_an_import_puts_a_good_state_in_the_place_of_a_damaged_one(desk: StateDesk, stack: Stack) -> None:
    text = desk.export("dev")
    stack.file.write_text("half a")
    done = desk.import_("dev", text, place="x.json")
    assert done.backup is not None
    assert done.backup.read_text() == "half a"
    assert not stack.preview(program).changed


def test_a_stack_that_was_never_there_can_be_imported(desk: StateDesk, tmp_path: Path) -> None:
    other = StateDesk(FileStore(tmp_path / "elsewhere", "lab", lambda: "pass"))
    done = other.import_("dev", desk.export("dev"), place="x.json")
    assert done.backup is None
    assert len(list(other.store.get("dev"))) == len(list(desk.store.get("dev")))


def with_resources(desk: StateDesk, change: Any) -> str:
    body = document(desk)
    change(body["deployment"]["resources"])
    return json.dumps(body)


URN = "urn:pulumi:dev::lab::fake:index:Thing::second"
REFUSED = {
    "noise": (lambda desk: "\0noise", "This is not an export of a stack."),
    "an empty object": (lambda desk: "{}", "This is not an export of a stack."),
    "a list": (lambda desk: "[]", "This is not an export of a stack."),
    "a newer version": (lambda desk: json.dumps({**document(desk), "version": 4}), "The state is newer"),
    "another stack": (lambda desk: desk.export("dev").replace("urn:pulumi:dev", "urn:pulumi:prod"), "stack `prod`"),
    "another project": (lambda desk: desk.export("dev").replace("::lab::", "::shop::"), "project `shop`"),
    "a cycle": (
        lambda desk: with_resources(
            desk, lambda all: all[-2].update(dependencies=[URN]) or all[-1].update(dependencies=[all[-2]["urn"]])
        ),
        "need each other",
    ),
    "a missing parent": (
        lambda desk: with_resources(desk, lambda all: all[-1].update(parent=URN + "x")),
        "which is not in it",
    ),
    "a doubled URN": (lambda desk: with_resources(desk, lambda all: all.append(dict(all[-1]))), "twice"),
    "a resource without a type": (lambda desk: with_resources(desk, lambda all: all[-1].pop("type")), "not complete"),
    "a resource without a URN": (lambda desk: with_resources(desk, lambda all: all[-1].pop("urn")), "not complete"),
    "another secrets provider": (
        lambda desk: desk.export("dev").replace('"type": "passphrase"', '"type": "awskms"'),
        "`awskms`",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_to_be_trusted_is_not_let_in(what: str, desk: StateDesk, stack: Stack) -> None:
    make, words = REFUSED[what]
    before = stack.file.read_bytes()
    with pytest.raises(StateError) as raised:
        desk.import_("dev", make(desk), place="x.json")
    assert words in str(raised.value)
    assert "x.json" in str(raised.value)
    assert stack.file.read_bytes() == before


def test_secrets_of_another_passphrase_are_not_let_in(desk: StateDesk, tmp_path: Path) -> None:
    other = StateDesk(FileStore(tmp_path / "elsewhere", "lab", lambda: "another"))
    with pytest.raises(AuthenticationError) as raised:
        other.import_("dev", desk.export("dev"), place="x.json")
    assert raised.value.summary == "Wrong passphrase."
    assert other.store.stacks() == []


def test_what_the_real_pulumi_wrote_is_exported_with_its_secret_in_clear(real_keys: None, tmp_path: Path) -> None:
    """The vector: passphrase ``pass``, value ``hunter2``."""
    desk = StateDesk(FileStore(tmp_path, "mlops-iac", lambda: "pass"))
    desk.import_("screening-dev", RECORDED, place="checkpoint.json")
    shown = json.loads(desk.export("screening-dev", show_secrets=True))["deployment"]["resources"][0]["outputs"]
    assert shown["token"]["plaintext"] == '"hunter2"'


def recorded_export(name: str) -> Any:
    """What the real CLI printed for `pulumi stack export --show-secrets`, without what changes from run to run."""
    document = json.loads((GOLDEN / name).read_text())
    del document["deployment"]["manifest"]
    return document


def our_export(desk: StateDesk, stack: str) -> Any:
    document = json.loads(desk.export(stack, show_secrets=True))
    del document["deployment"]["manifest"]
    return document


def test_an_export_is_what_the_real_pulumi_exports(real_keys: None, tmp_path: Path) -> None:
    desk = StateDesk(FileStore(tmp_path, "mlops-iac", lambda: "pass"))
    desk.import_("screening-dev", RECORDED, place="checkpoint.json")
    assert our_export(desk, "screening-dev") == recorded_export("export.json")


def test_a_renamed_stack_is_what_the_real_pulumi_makes_of_it(real_keys: None, tmp_path: Path) -> None:
    desk = StateDesk(FileStore(tmp_path, "mlops-iac", lambda: "pass"))
    desk.import_("screening-dev", RECORDED, place="checkpoint.json")
    desk.store.rename("screening-dev", "scoring-dev")
    assert our_export(desk, "scoring-dev") == recorded_export("export-renamed.json")


def test_a_deleted_resource_leaves_what_the_real_pulumi_leaves(real_keys: None, tmp_path: Path) -> None:
    """Recorded: `pulumi state delete <lake-bucket> --target-dependents`."""
    desk = StateDesk(FileStore(tmp_path, "mlops-iac", lambda: "pass"))
    desk.import_("screening-dev", RECORDED, place="checkpoint.json")
    desk.edit("screening-dev", lambda state: edits.delete(state, ["lake-bucket"], dependents=True))
    assert our_export(desk, "screening-dev") == recorded_export("export-deleted.json")


def test_a_moved_resource_arrives_as_the_real_pulumi_brings_it(real_keys: None, tmp_path: Path) -> None:
    """Recorded: `pulumi state move` of lake-queue to a stack that is the same under other names."""
    desk = StateDesk(FileStore(tmp_path, "mlops-iac", lambda: "pass"), OnePackage())
    desk.import_("screening-dev", RECORDED, place="checkpoint.json")
    other = RECORDED.replace("screening-dev", "scoring-dev").replace("::lake", "::store").replace('"lake', '"store')
    desk.import_("scoring-dev", other, place="another checkpoint")
    desk.move("screening-dev", ["lake-queue"], "scoring-dev")
    assert our_export(desk, "scoring-dev") == recorded_export("export-moved.json")
