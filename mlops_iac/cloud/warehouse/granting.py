"""GRANT and REVOKE on tables and schemas: who is let in, or no longer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.cloud.warehouse import rights
from mlops_iac.cloud.warehouse.failure import StatementFailed, not_emulated

_FORM: Final = re.compile(
    r"^\s*(?P<verb>GRANT|REVOKE)\s+(?P<what>.+?)\s+ON\s+(?P<on>.+?)\s+(TO|FROM)\s+(?P<who>.+?)\s*$", re.I | re.S
)
_ALL: Final = re.compile(r"^ALL\s+TABLES\s+IN\s+SCHEMA\s+(?P<schema>\S+)$", re.I)
_SCHEMA: Final = re.compile(r"^SCHEMA\s+(?P<schema>\S+)$", re.I)
_NAME: Final = re.compile(r'^("[^"]+"|[\w$]+)(\.("[^"]+"|[\w$]+))?$')
_WHO: Final = re.compile(r'^("[^"]+"|[\w$:@.+=,-]+)$')


@dataclass(frozen=True, kw_only=True)
class Granting:
    adds: bool
    privileges: tuple[str, ...]
    names: tuple[str, ...]
    """Tables with their schemas, or a schema."""
    schema: str
    """All tables of it, where no table is named."""
    grantees: tuple[str, ...]

    def carry_out(self, cursor: Any, user: rights.User) -> None:
        """Only an owner lets in; only tables that are there."""
        names = self.names or tuple(rights.names_in(cursor, self.schema))
        for name in names:
            if rights.owner_of(cursor, name) is None:
                raise StatementFailed(f'relation "{name.rpartition(".")[2]}" does not exist')
            user.demand_owner(cursor, name)
        rights.change(cursor, names, self.privileges, self.grantees, add=self.adds)


def find_granting(text: str) -> Granting | None:
    """What a GRANT or REVOKE says; None for any other statement. Raises `StatementFailed` for one on something
    else than tables and schemas."""
    found = _FORM.match(text)
    if found is None:
        return None
    on = re.sub(r"^TABLE\s+", "", found["on"].strip(), flags=re.I)
    whole, schema = _ALL.match(on), _SCHEMA.match(on)
    if schema:
        names: tuple[str, ...] = (_plain(schema["schema"]),)
    else:
        names = () if whole else tuple(_table(one.strip()) for one in on.split(","))
    return Granting(
        adds=found["verb"].upper() == "GRANT",
        privileges=_privileges(found["what"], rights.ON_SCHEMAS if schema else rights.PRIVILEGES),
        names=names,
        schema=_plain(whole["schema"]) if whole else "",
        grantees=tuple(_grantee(one.strip()) for one in found["who"].split(",")),
    )


def _privileges(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    given = [re.sub(r"\s+", " ", one.strip().upper()) for one in text.split(",")]
    if given in (["ALL"], ["ALL PRIVILEGES"]):
        return known
    strangers = [one for one in given if one not in known]
    if strangers:
        raise not_emulated(f"the privilege {strangers[0]}; there are {', '.join(known)}")
    return tuple(given)


def _table(text: str) -> str:
    if not _NAME.match(text):
        raise not_emulated(f"GRANT on {text}: only on tables and schemas")
    parts = [_plain(part) for part in text.split(".")]
    return ".".join(parts if len(parts) > 1 else ["public", *parts])


def _grantee(text: str) -> str:
    if not _WHO.match(text):
        raise not_emulated(f"GRANT to {text}: only to users and PUBLIC")
    return rights.PUBLIC if text.lower() == "public" else text.strip('"')


def _plain(name: str) -> str:
    return name.strip('"').lower()
