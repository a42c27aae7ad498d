from __future__ import annotations

import json
import stat
from pathlib import Path

import pulumi
import pytest

from mlops_iac.core.errors import AuthenticationError, StateError
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values import secrets
from mlops_iac.engine.values.secrets import PassphraseManager, SealedSecret, passphrase_for
from mlops_iac.engine.values.value import Secret
from tests.engine.conftest import Stack
from tests.engine.programs import Thing

RECORDED = json.loads((Path(__file__).parent / "recorded/checkpoint.json").read_text())["checkpoint"]["latest"]


def test_what_the_real_pulumi_encrypted_is_decrypted(real_keys: None) -> None:
    manager = PassphraseManager(lambda: "pass", RECORDED["secrets_providers"]["state"]["salt"])
    token = RECORDED["resources"][0]["outputs"]["token"]["ciphertext"]
    assert json.loads(manager.decrypt(token)) == "hunter2"


def test_a_wrong_passphrase_is_named_as_such(real_keys: None) -> None:
    manager = PassphraseManager(lambda: "other", RECORDED["secrets_providers"]["state"]["salt"])
    with pytest.raises(AuthenticationError, match="Wrong passphrase"):
        manager.decrypt(RECORDED["resources"][0]["outputs"]["token"]["ciphertext"])


def test_a_text_comes_back_and_is_encrypted_anew_each_time() -> None:
    manager = PassphraseManager(lambda: "pass")
    one, two = manager.encrypt("text"), manager.encrypt("text")
    assert one != two
    assert PassphraseManager(lambda: "pass", manager.state).decrypt(one) == "text"


def test_a_changed_ciphertext_is_found_out() -> None:
    manager = PassphraseManager(lambda: "pass")
    text = manager.encrypt("text")
    with pytest.raises(StateError, match="cannot be decrypted"):
        manager.decrypt(text[:-6] + "AAAA==")


@pytest.mark.parametrize("state", ["v2:abc", "noise", "v1:*:x"])
def test_a_foreign_state_is_refused(state: str) -> None:
    with pytest.raises(StateError, match="cannot be read"):
        PassphraseManager(lambda: "pass", state).decrypt("v1:a:b")


def test_no_key_is_made_before_a_secret_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = PassphraseManager(lambda: "pass")
    ciphertext, state = manager.encrypt('"x"'), manager.state
    monkeypatch.setattr(secrets, "_key", lambda *_: pytest.fail("a key was made"))
    sealed = SealedSecret(ciphertext, PassphraseManager(lambda: "pass", state))
    assert repr(sealed) == "[secret]"


def test_a_sealed_secret_equals_the_value_it_holds() -> None:
    manager = PassphraseManager(lambda: "pass")
    assert SealedSecret(manager.encrypt('{"a":[1]}'), manager) == Secret({"a": [1]})


def test_a_stack_without_secrets_needs_no_passphrase(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.engine.fake_provider.FakeHandler.secrets", lambda self: frozenset())
    monkeypatch.setattr(secrets, "_key", lambda *_: pytest.fail("a key was made"))
    stack.secret_config = frozenset()
    assert stack.up(lambda: Thing("a", label="a")).outcome == "succeeded"
    assert "secrets_providers" not in json.loads(stack.file.read_text())["checkpoint"]["latest"]


def test_secrets_stay_secret_in_state_backup_history_and_journal(stack: Stack) -> None:
    def program(size: int) -> object:
        def run() -> None:
            token = pulumi.Config().require_secret("token")
            a = Thing("a", label="a", token=token, size=size, text=pulumi.Output.concat("user:", token))
            pulumi.export("word", a.password)
            pulumi.export("text", pulumi.Output.all(a.password, "x").apply(lambda parts: "-".join(parts)))

        return run

    written: list[bytes] = []
    stack.cloud.created = lambda label: written.append(stack.journal.read_bytes())
    stack.up(program(1))  # type: ignore[arg-type]
    stack.up(program(2))  # type: ignore[arg-type]
    files = [path.read_bytes() for path in stack.root.rglob("*") if path.is_file()]
    for word in (b"hunter2", b"word-of-a"):
        assert not [data for data in (*files, *written) if word in data]
    assert written
    assert stack.cloud.things["a"]["token"] == "hunter2"
    assert stack.store.outputs("dev") == {"word": Secret("word-of-a"), "text": Secret("word-of-a-x")}


def test_a_secret_that_did_not_change_keeps_its_ciphertext(stack: Stack) -> None:
    def program(size: int) -> object:
        return lambda: Thing("a", label="a", token=pulumi.Config().require_secret("token"), size=size)

    stack.up(program(1))  # type: ignore[arg-type]
    first = stack.file.read_text()
    stack.up(program(1))  # type: ignore[arg-type]
    assert stack.file.read_text() == first


def test_the_passphrase_comes_from_the_environment_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("from file\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(tmp_path / "file"))
    assert passphrase_for(tmp_path) == "from file"
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "from variable")
    assert passphrase_for(tmp_path) == "from variable"


def test_a_passphrase_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = passphrase_for(home)
    assert len(first) > 30
    assert passphrase_for(home) == first
    assert stat.S_IMODE((home / "passphrase").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["passphrase"]


def test_a_passphrase_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(tmp_path / "nope"))
    with pytest.raises(StateError, match="cannot be read"):
        passphrase_for(tmp_path)


def salt_of(stack: Stack, name: str) -> str:
    """What a stack called ``name``, deployed beside the others with the passphrase at hand, has for a salt."""
    deployment = stack.deployment
    deployment.stack = name
    deployment.up(lambda: Thing(name, label=name, key=pulumi.Output.secret("hunter2")))
    text = (stack.root / f".pulumi/stacks/lab/{name}.json").read_text()
    return str(json.loads(text)["checkpoint"]["latest"]["secrets_providers"]["state"]["salt"])


def test_a_new_stack_of_the_same_passphrase_shares_the_key_of_those_beside_it(stack: Stack) -> None:
    """So that a preview of every stack makes one key, which costs 0.3 s each."""
    assert salt_of(stack, "one") == salt_of(stack, "two")


def test_a_new_stack_of_another_passphrase_has_a_key_of_its_own(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    first = salt_of(stack, "one")
    monkeypatch.setattr(type(stack), "store", property(lambda self: FileStore(self.root, "lab", lambda: "another")))
    assert salt_of(stack, "two") != first


def test_a_neighbour_that_cannot_be_read_is_no_hindrance(stack: Stack) -> None:
    stack.file.parent.mkdir(parents=True)
    stack.file.with_name("broken.json").write_bytes(b'\xff"salt": "v1:nonsense"')
    stack.file.with_name("noise.json").write_text('"salt": "v1:nonsense:v1:non:sense"')
    assert salt_of(stack, "one").startswith("v1:")
