"""Property values as the engine and the handlers see them: plain Python, plus what has no plain form.

str, int, float, bool, None, list, dict   as they are, with Pulumi's camelCase keys
UNKNOWN                                    a value that only exists after `up` (previews only)
Secret(value)                              a value that is never shown or stored in clear; handlers get it unwrapped
Asset / Archive                            a file or folder given by content
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

Props = Mapping[str, Any]


class Unknown:
    """The one value that is not known yet."""

    _instance: Unknown | None = None

    def __new__(cls) -> Unknown:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    value: Any

    stored: ClassVar[bool] = False
    """True for a secret that was read from state and is decrypted only when it is looked at."""

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True)
class Asset:
    """One file: by path, by text or by URI. Two assets are the same when their hashes are."""

    path: str | None = None
    text: str | None = None
    uri: str | None = None
    hash: str = ""
    """SHA-256 of the content in hex; empty for a URI, and for a path that could not be read."""


@dataclass(frozen=True)
class Archive:
    """Several files: a folder or packed file by path, a URI, or named assets."""

    path: str | None = None
    uri: str | None = None
    assets: Mapping[str, Asset | Archive] | None = None
    hash: str = ""


@dataclass(frozen=True)
class Reference:
    """Another resource, given as a value."""

    urn: str
    id: Any = None
    """A string, `UNKNOWN` in a preview, or None for a component."""


def reveal(value: Any) -> Any:
    """The value with every secret unwrapped; the same object when there is none."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        shown = {key: reveal(item) for key, item in value.items()}
        return shown if any(shown[key] is not value[key] for key in value) else value
    if isinstance(value, list):
        items = [reveal(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def conceal(value: Any, like: Any) -> Any:
    """Mark as secret, in ``value``, what is secret in ``like``, place by place."""
    if isinstance(like, Secret):
        return value if isinstance(value, Secret) else Secret(value)
    if isinstance(like, dict) and isinstance(value, dict):
        if not has_secret(like):
            return value
        return {key: conceal(item, like[key]) if key in like else item for key, item in value.items()}
    if isinstance(like, list) and isinstance(value, list) and len(like) == len(value):
        return [conceal(item, model) for item, model in zip(value, like, strict=True)]
    return value


def conceal_copies(value: Any, inputs: Any) -> Any:
    """Mark as secret every text in ``value`` that is the very text of a secret somewhere in ``inputs``: a cloud answers
    what it was given under more names than one (``tags`` comes back as ``tagsAll``)."""
    words = set(_secret_texts(inputs))
    return _marked(value, words) if words else value


def without_secrets(text: str, inputs: Any) -> str:
    """The text without what is secret in the inputs: a cloud may say in a message what it was given."""
    for word in sorted(set(_secret_texts(inputs)), key=len, reverse=True):
        text = text.replace(word, "[secret]")
    return text


def _secret_texts(value: Any, *, inside: bool = False) -> Iterator[str]:
    if isinstance(value, Secret):
        yield from _secret_texts(value.value, inside=True)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secret_texts(item, inside=inside)
    elif isinstance(value, list):
        for item in value:
            yield from _secret_texts(item, inside=inside)
    elif inside and isinstance(value, str) and value:
        yield value


def _marked(value: Any, words: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _marked(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, words) for item in value]
    return Secret(value) if isinstance(value, str) and value in words else value


def has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)


def has_unknown(value: Any) -> bool:
    """Whether anything inside is not known yet. A secret that was read from state is not opened: it is known."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    if isinstance(value, Secret):
        return not value.stored and has_unknown(value.value)
    return value is UNKNOWN
