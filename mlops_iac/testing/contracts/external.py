"""What every external system promises: explained fields, its own client's variables, and no secret anywhere."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from mlops_iac.external import WHOLE, System, kind_of

COMMON = frozenset(System.model_fields)
TAKEN = re.compile(r"AWS_|MLOPS_IAC_|LD_|PYTHON|SM_|SAGEMAKER_|PATH$|HOME$")
"""Variables that are not a system's to set."""
PASTED = "0123456789abcdef0123456789abcdef01234567"
"""As many keys look."""


@dataclass(frozen=True, kw_only=True)
class SystemCase:
    """A kind of system to be held to the laws."""

    kind: type[System]
    written: Mapping[str, Any] = field(default_factory=dict)
    """What a team must write besides `kind`, `address` and `secret`."""

    @property
    def fields(self) -> dict[str, Any]:
        address = {} if self.kind.usual_address else {"address": "https://theirs.example.com"}
        return {"kind": kind_of(self.kind), **address, **self.written}

    @property
    def system(self) -> System:
        return self.kind.model_validate({**self.fields, "secret": "acme/theirs"})


Law = Callable[[SystemCase], None]


def it_says_what_it_is(case: SystemCase) -> None:
    kind = case.kind
    assert inspect.getdoc(kind)
    assert kind.__doc__ != System.__doc__
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", kind_of(kind))
    assert kind.__name__ == kind_of(kind).title().replace("-", "")
    assert all((kind.title, kind.offers, kind.client))


def its_variables_have_a_source(case: SystemCase) -> None:
    """A page, or a file of a version that is named, which says that the client reads them, or that it reads none."""
    assert re.search(r"https://\S+|\S+\.py of \S+ \d", case.kind.source), case.kind.source


def its_variables_are_its_own(case: SystemCase) -> None:
    names = case.kind.all_variables()
    assert names
    assert [name for name in names if TAKEN.match(name) or not re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", name)] == []
    assert len(set(names)) == len(names)


def every_field_is_explained(case: SystemCase) -> None:
    for name, one in case.kind.model_fields.items():
        if name in COMMON:
            continue
        told = one.description or ""
        assert told.endswith("."), name
        assert one.is_required() or "Left out:" in told, name


def what_is_written_becomes_variables(case: SystemCase) -> None:
    system = case.system
    assert set(system.variables) <= set(case.kind.all_variables()) - set(case.kind.secrets)
    assert [name for name, value in system.variables.items() if not value or "\n" in value] == []
    for name, variable in case.kind.named():
        value = getattr(system, name)
        assert value is None or system.variables[variable] == str(value)
    place = urlsplit(system.endpoint)
    assert (place.scheme, bool(place.hostname)) == ("https", True)
    assert "{" not in system.endpoint


def its_secret_is_a_name(case: SystemCase) -> None:
    """What looks like a key is refused, and no complaint repeats it."""
    for value in (PASTED, "two words", {"api_key": PASTED}):
        with pytest.raises(ValidationError) as refused:
            case.kind.model_validate({**case.fields, "secret": value})
        (complaint,) = refused.value.errors(include_input=False)
        assert complaint["loc"] == ("secret",)
        assert PASTED not in json.dumps(complaint, default=str)


def its_secret_is_read_by_key(case: SystemCase) -> None:
    kind = case.kind
    assert kind.secrets or not kind.needs_secret
    keys = list(kind.secrets.values())
    assert len(set(keys)) == len(keys)
    assert [key for key in keys if key != WHOLE and not re.fullmatch(r"[a-z][a-z0-9_]*", key)] == []


def what_is_no_address_is_refused(case: SystemCase) -> None:
    for address in ("theirs.example.com", "ftp://theirs", "https://", "https://me:pass@theirs", "https://theirs:99999"):
        with pytest.raises(ValidationError):
            case.kind.model_validate({**case.fields, "address": address})


SYSTEM_LAWS: tuple[Law, ...] = (
    every_field_is_explained,
    it_says_what_it_is,
    its_secret_is_a_name,
    its_secret_is_read_by_key,
    its_variables_are_its_own,
    its_variables_have_a_source,
    what_is_no_address_is_refused,
    what_is_written_becomes_variables,
)
