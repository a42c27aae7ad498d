"""COPY and UNLOAD: what they say. Pure.

https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html and https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from mlops_iac.cloud.warehouse.failure import StatementFailed, not_emulated

_UNLOAD: Final = re.compile(
    r"^\s*UNLOAD\s*\(\s*(?:'(?P<text>(?:[^'\\]|''|\\.)*)'|\$\$(?P<dollars>.*?)\$\$)\s*\)\s*TO\s*'(?P<place>[^']+)'(?P<rest>.*)$",
    re.I | re.S,
)
_COPY: Final = re.compile(
    r"^\s*COPY\s+(?P<table>[\w$.\"]+)\s*(?:\((?P<columns>[^)]*)\))?\s*FROM\s*'(?P<place>[^']+)'(?P<rest>.*)$",
    re.I | re.S,
)
_TOKEN: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^\s']+))", re.S)
_FORMATS: Final = ("CSV", "JSON", "PARQUET")
_FLAGS: Final = {
    "copy": frozenset({"CSV", "GZIP", "EMPTYASNULL", "BLANKSASNULL", "TRUNCATECOLUMNS", "PARQUET"}),
    "unload": frozenset({"ALLOWOVERWRITE", "CLEANPATH", "CSV", "ENCRYPTED", "GZIP", "HEADER", "PARQUET", "JSON"}),
}
_VALUES: Final = {
    "copy": frozenset({"COMPUPDATE", "DATEFORMAT", "DELIMITER", "IGNOREHEADER", "JSON", "REGION", "STATUPDATE",
                       "TIMEFORMAT"}),
    "unload": frozenset({"DELIMITER", "EXTENSION", "KMS_KEY_ID", "PARALLEL", "REGION"}),
}  # fmt: skip
_JOINED: Final = frozenset({"AS"})


@dataclass(frozen=True, kw_only=True)
class Options:
    """Words to values; a word alone is its own value."""

    role: str
    """An ARN, or ``default``."""
    format: str
    """CSV, JSON, PARQUET, or nothing: text between delimiters, a bar where nobody says."""
    given: dict[str, str] = field(default_factory=dict)

    def __contains__(self, word: str) -> bool:
        return word in self.given

    def get(self, word: str, usual: str = "") -> str:
        return self.given.get(word, usual)


@dataclass(frozen=True, kw_only=True)
class Copy:
    table: Any
    """As sqlglot parses a name."""
    columns: tuple[str, ...]
    place: str
    options: Options


@dataclass(frozen=True, kw_only=True)
class Unload:
    select: str
    place: str
    options: Options


def find_copy(text: str) -> Copy | None:
    """What a COPY says; None for any other statement. Raises `StatementFailed` for one that is not run here."""
    found = _COPY.match(text)
    if found is None:
        return None
    columns = tuple(one.strip().strip('"').lower() for one in (found["columns"] or "").split(",") if one.strip())
    return Copy(
        table=_name(found["table"]), columns=columns, place=found["place"], options=_options("copy", found["rest"])
    )


def find_unload(text: str) -> Unload | None:
    """What an UNLOAD says; None for any other statement. Raises `StatementFailed` for one that is not run here."""
    found = _UNLOAD.match(text)
    if found is None:
        return None
    select = found["dollars"] if found["text"] is None else _unescaped(found["text"])
    return Unload(select=select, place=found["place"], options=_options("unload", found["rest"]))


def _unescaped(text: str) -> str:
    return re.sub(r"''|\\(.)", lambda found: found[1] or "'", text, flags=re.S)


def _name(text: str) -> Any:
    import sqlglot

    return sqlglot.exp.to_table(text.lower(), dialect="redshift")


def _options(verb: str, text: str) -> Options:
    words = _words(text)
    role, format = "", ""
    given: dict[str, str] = {}
    for token, quoted in words:
        word = token.upper()
        if quoted:
            raise StatementFailed(f"syntax error at or near \"'{token}'\"")
        if word == "IAM_ROLE":
            role = _value(words, word)
        elif word in ("ACCESS_KEY_ID", "CREDENTIALS", "SECRET_ACCESS_KEY"):
            raise not_emulated(f"{word}: give it an IAM_ROLE")
        elif word in ("FORMAT", "WITH"):
            format = _value(words, word).upper() if word == "FORMAT" else format
        elif word in _FORMATS:
            format = word
        elif word in _FLAGS[verb]:
            given[word] = word
            continue
        elif word in _VALUES[verb]:
            given[word] = _value(words, word)
        else:
            raise not_emulated(f"{verb.upper()} with {word}")
        if verb == "copy" and format == "JSON" and word in ("FORMAT", "JSON"):
            given["JSON"] = _value(words, "JSON")
    if format and format not in _FORMATS:
        raise not_emulated(f"{verb.upper()} in format {format}; it may be {', '.join(_FORMATS)}")
    if not role:
        raise StatementFailed(f"{verb.upper()} needs credentials: an IAM_ROLE")
    return Options(role=role, format=format, given=given)


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Words and texts, without the ``AS`` between a word and its value."""
    for found in _TOKEN.finditer(text.rstrip()):
        if found[1] is not None:
            yield found[1].replace("''", "'"), True
        elif found[2].upper() not in _JOINED:
            yield found[2], False


def _value(words: Iterator[tuple[str, bool]], word: str) -> str:
    found = next(words, None)
    if found is None:
        raise StatementFailed(f"{word} needs a value")
    return found[0]
