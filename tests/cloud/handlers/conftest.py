"""A provider over the in-process cloud, the cases, and what cases lean on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.cloud.server import Install
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.content import hashed
from mlops_iac.engine.values.value import Archive, Asset
from tests.support.installs import INSTALLS

HERE = Path(__file__).parent
REGION = "eu-west-1"
SCOPE = Scope(stack="screening-dev", project="mlops-iac", region=REGION, account_id="123456789012")
REFERENCE = re.compile(r"\$\{(\w+)\.(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One file of ``cases/``. ``update`` is laid over ``full``; ``second`` says what AWS does to a second create."""

    name: str
    why: str
    type: str
    minimal: dict[str, Any]
    full: dict[str, Any]
    update: dict[str, Any]
    needs: tuple[str, ...] = ()
    second: str = "refused"
    fills: tuple[str, ...] = ()
    """Dotted paths inside inputs that the service fills in: outputs have them, and inputs do not."""
    outlives: bool = False
    """The cloud keeps what a delete leaves behind: a read afterwards still answers."""


def all_cases() -> dict[str, Case]:
    found = [Case(name=path.stem, **yaml.safe_load(path.read_text())) for path in sorted(HERE.glob("cases/*.yaml"))]
    return {case.type: case for case in found}


CASES = all_cases()


class Lab:
    """The provider, the things cases lean on (made when first asked for), and a count of the requests sent."""

    def __init__(self, clients: Any) -> None:
        self.provider = EmbeddedProvider(clients)
        self.clients = clients
        self.requests: list[str] = []
        self._needs = yaml.safe_load((HERE / "needs.yaml").read_text())
        self._made: dict[str, Created] = {}

    def made(self, name: str) -> Created:
        if name not in self._made:
            need = self._needs[name]
            handler = self.provider.handler(need["type"])
            inputs = handler.check(SCOPE, f"need-{name}", None, self.filled(need["inputs"]))
            self._made[name] = handler.create(SCOPE, inputs)
        return self._made[name]

    def filled(self, value: Any) -> Any:
        """Replace ``${need.output}`` everywhere; ``{$archive: {file: text}}`` is packed code."""
        if isinstance(value, dict) and "$archive" in value:
            return hashed(Archive(assets={k: hashed(Asset(text=v)) for k, v in value["$archive"].items()}))
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        if isinstance(value, str):
            return REFERENCE.sub(lambda match: str(self.made(match[1]).outputs[match[2]]), value)
        return value


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    return INSTALLS


@pytest.fixture(scope="module")
def lab(cloud: Any) -> Lab:
    made: dict[str, Any] = {}
    lab: Lab

    def clients(region: str) -> Any:
        if region not in made:
            made[region] = Counting(cloud.clients(region), lab)
        return made[region]

    lab = Lab(clients)
    return lab


class Counting:
    """Clients that note each request on the lab."""

    def __init__(self, clients: Any, lab: Lab) -> None:
        self._clients, self._lab, self._seen = clients, lab, set()

    def __call__(self, service: str) -> Any:
        client = self._clients(service)
        if service not in self._seen:
            self._seen.add(service)
            client.meta.events.register(
                "before-call", lambda model, **_: self._lab.requests.append(f"{service}:{model.name}")
            )
        return client
