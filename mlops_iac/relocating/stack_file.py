"""A stack file whose secrets go under another provider; comments, order and all else stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mlops_iac.config.document import Path as KeyPath
from mlops_iac.config.document import parse_document
from mlops_iac.config.editing import remove, replace_value
from mlops_iac.relocating.secrets import PHRASE, Provider, Providers

PULUMIS: Final = ("encryptionsalt", "encryptedkey", "secretsprovider")
"""Keys at the top of a stack file that say who encrypts its secrets."""


def with_provider(text: str, file: str, provider: Provider, providers: Providers) -> str:
    """The stack file as the state's own provider has it. Raises StateError for secrets that cannot be opened."""
    document, wanted = parse_document(text, file), provider.stack_file_keys()
    said = {key: document.values[key] for key in PULUMIS if key in document.values}
    if said == wanted or (not said and "encryptionsalt" in wanted):
        return text  # a file without secrets needs no salt of its own
    sealed = list(_secure(document.values, ()))
    if sealed:
        old = providers.open(_fields(said))
        for path, ciphertext in sealed:
            anew = provider.keeper.encrypt(old.keeper.decrypt(ciphertext))
            text = replace_value(parse_document(text, file), path, anew)
    for key in said:
        text, _ = remove(parse_document(text, file), (key,))
    lines = "".join(f"{key}: {value}\n" for key, value in wanted.items())
    return text.removesuffix("\n") + "\n" + lines


def _secure(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Every ``secure: v1:…``, and where it stands."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "secure" and isinstance(item, str):
                yield (*path, key), item
            else:
                yield from _secure(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _secure(item, (*path, place))


def _fields(said: dict[str, Any]) -> dict[str, Any]:
    """As a checkpoint names the provider of the file."""
    if "encryptedkey" in said:
        return {"type": "cloud", "state": {"url": said.get("secretsprovider"), "encryptedkey": said["encryptedkey"]}}
    return {"type": PHRASE, "state": {"salt": str(said.get("encryptionsalt", ""))}}
