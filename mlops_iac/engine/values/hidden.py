"""Secrets of which only the ciphertext is at hand: they are passed over in a comparison, and never decrypted."""

from __future__ import annotations

from typing import Any

from mlops_iac.engine.state.state_file import decode_clear
from mlops_iac.engine.values import signatures as sig
from mlops_iac.engine.values.value import Secret
from mlops_iac.engine.values.wire import unmarked


class Hidden(str):
    """Stands for a value that cannot be seen. It equals everything: what cannot be compared is not called changed."""

    __slots__ = ()

    def __new__(cls) -> Hidden:
        return super().__new__(cls, "[secret]")

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def decode_hidden(value: Any) -> Any:
    """JSON of a checkpoint to values, secrets hidden; those that an export shows in clear are read."""
    if isinstance(value, list):
        return [decode_hidden(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(sig.KEY) == sig.SECRET:
        clear = value.get("plaintext")
        return Secret(decode_clear(clear, decode_hidden)) if clear else Secret(Hidden())
    values = {key: decode_hidden(item) for key, item in value.items()}
    return unmarked(values) if sig.KEY in values else values


def count_hidden(value: Any) -> int:
    """Secrets inside that cannot be seen."""
    if isinstance(value, dict):
        return sum(map(count_hidden, value.values()))
    if isinstance(value, list):
        return sum(map(count_hidden, value))
    if isinstance(value, Secret):
        return count_hidden(value.value)
    return int(isinstance(value, Hidden))
