"""Secrets go under another provider only where that is another, and then in the stack file too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from mlops_iac.clients import Clients
from mlops_iac.config.document import parse_document
from mlops_iac.core.errors import StateError, UsageError
from mlops_iac.engine.values.secrets import PassphraseManager
from mlops_iac.engine.values.value import Secret
from mlops_iac.relocating.folder import FolderPlace
from mlops_iac.relocating.move import Relocation, latest
from mlops_iac.relocating.secrets import Providers, under
from mlops_iac.relocating.stack_file import with_provider
from tests.engine.conftest import Stack
from tests.relocating.conftest import Places, program

KEY = ".pulumi/stacks/lab/dev.json"


@pytest.fixture
def providers(clients: Clients) -> Providers:
    return Providers(passphrase=lambda: "pass", clients=clients)


@pytest.fixture
def kms(clients: Clients) -> str:
    return f"awskms:///{clients('kms').create_key()['KeyMetadata']['Arn']}"


def test_the_right_provider_is_left_as_it_is(here: FolderPlace, providers: Providers) -> None:
    text = str(here.read(KEY))
    assert under(text, None, providers) is text
    assert under(text, "passphrase", providers) is text


def test_secrets_go_under_a_key_and_back(
    here: FolderPlace, stack: Stack, place: Places, providers: Providers, kms: str
) -> None:
    there, before = place("s3"), str(here.read(KEY))
    there_moved = Relocation(
        source=here, target=there, project="lab", settle=stack.store.settle,
        rewrite=lambda text: under(text, kms, providers),
    )  # fmt: skip
    there_moved.move("dev")
    text = str(there.read(KEY))
    fields = latest(text)["secrets_providers"]
    assert (fields["type"], fields["state"]["url"]) == ("cloud", kms)
    assert set(fields["state"]) == {"url", "encryptedkey"}
    old, new = ciphertexts(before), ciphertexts(text)
    assert len(old) == len(new) >= 2
    assert not set(old) & set(new)
    assert "word-of-a" not in text
    keeper = providers.open(fields).keeper
    assert '"word-of-a"' in {keeper.decrypt(one) for one in new}
    assert under(text, kms, providers) is text

    Relocation(
        source=there, target=here, project="lab", rewrite=lambda text: under(text, "passphrase", providers)
    ).move("dev")
    assert stack.store.outputs("dev")["word"] == Secret("word-of-a")
    assert stack.up(program).changes == {"same": 2}


def ciphertexts(text: str) -> list[str]:
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            found.extend([value["ciphertext"]] if "ciphertext" in value else [])
            for item in value.values():
                walk(item)
        if isinstance(value, list):
            for item in value:
                walk(item)

    walk(json.loads(text))
    return found


def test_a_stack_file_follows_and_keeps_its_comments(providers: Providers, kms: str) -> None:
    old = PassphraseManager(lambda: "pass")
    lines = (
        "# ours", "", f"encryptionsalt: {old.state}", "config:", "  lab:word: # secret",
        f"    secure: {old.encrypt('hunter2')}", "  lab:list:", f"    - secure: {old.encrypt('second')}",
        "  aws:region: eu-west-1  # near", "",
    )  # fmt: skip
    text = "\n".join(lines)
    new = providers.make(kms)
    after = with_provider(text, "Pulumi.dev.yaml", new, providers)
    values = yaml.safe_load(after)
    assert new.keeper.decrypt(values["config"]["lab:word"]["secure"]) == "hunter2"
    assert new.keeper.decrypt(values["config"]["lab:list"][0]["secure"]) == "second"
    assert values["secretsprovider"] == kms
    assert "encryptionsalt" not in values
    assert [line for line in text.splitlines() if "#" in line] == [line for line in after.splitlines() if "#" in line]
    assert with_provider(after, "Pulumi.dev.yaml", new, providers) == after
    back = providers.make("passphrase")
    again = yaml.safe_load(with_provider(after, "Pulumi.dev.yaml", back, providers))
    assert set(again) == {"config", "encryptionsalt"}
    assert back.keeper.decrypt(again["config"]["lab:word"]["secure"]) == "hunter2"
    parse_document(after, "Pulumi.dev.yaml")


@pytest.mark.parametrize("wanted", ["gcpkms://projects/p", "secret", "awskms", ""])
def test_a_provider_that_is_not_known_is_refused(wanted: str, here: FolderPlace, providers: Providers) -> None:
    with pytest.raises(UsageError, match="not known here"):
        under(str(here.read(KEY)), wanted, providers)


def test_a_state_whose_provider_is_not_known_is_not_opened(providers: Providers) -> None:
    with pytest.raises(StateError, match="cannot be read"):
        providers.open({"type": "service", "state": {}})
    with pytest.raises(StateError, match="cannot be read"):
        providers.open({"type": "cloud", "state": {"url": "awskms:///a", "encryptedkey": "no base64"}})


def test_a_wrong_passphrase_moves_nothing(
    here: FolderPlace, stack: Stack, place: Places, clients: Clients, kms: str, tmp_path: Path
) -> None:
    there, before = place("s3"), here.read(KEY)
    wrong = Providers(passphrase=lambda: "wrong", clients=clients)
    with pytest.raises(Exception, match="Wrong passphrase"):
        Relocation(source=here, target=there, project="lab", rewrite=lambda text: under(text, kms, wrong)).move("dev")
    assert here.read(KEY) == before
    assert there.keys(".pulumi/") == []
