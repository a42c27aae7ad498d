"""Pulumi's own form of configuration values.

In a stack file a value is a scalar, a structure, or `{secure: <ciphertext>}` at any depth; a program sees a flat
mapping of text, where a structure is JSON. https://www.pulumi.com/docs/iac/concepts/config/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mlops_iac.core.strict_json import read_json

SECURE = "secure"


def is_secure(value: Any) -> bool:
    """True for `{secure: …}` itself."""
    return isinstance(value, dict) and set(value) == {SECURE} and isinstance(value[SECURE], str)


def holds_secret(value: Any) -> bool:
    """True when the value is a secret, or has one inside."""
    if is_secure(value):
        return True
    if isinstance(value, dict):
        return any(holds_secret(item) for item in value.values())
    return isinstance(value, list) and any(holds_secret(item) for item in value)


def secret_keys(config: Mapping[str, Any]) -> frozenset[str]:
    """Keys whose value is, or holds, a secret."""
    return frozenset(key for key, value in config.items() if holds_secret(value))


def flatten(value: Any) -> str:
    """A value as Pulumi's flat text. A secret stays encrypted: its ciphertext, or `{"secure": …}` inside JSON."""
    if is_secure(value):
        return value[SECURE]
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def reveal(flat: str, decrypt: Callable[[str], str]) -> str:
    """Flat text of a key that is or holds a secret, in clear."""
    if not flat.startswith(("{", "[")):
        return decrypt(flat)

    def walk(value: Any) -> Any:
        if is_secure(value):
            return decrypt(value[SECURE])
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    return flatten(walk(read_json(flat)))
