"""A stack that lives on an embedded cloud of this process, and is led from one stack file to the next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.blueprints import get_options_model
from mlops_iac.cloud import autoscaling, services
from mlops_iac.cloud.server import Server
from mlops_iac.config.load import runs_code
from mlops_iac.engine.event import Result
from tests.conftest import make_project
from tests.support.installs import INSTALLS
from tests.support.leftovers import find_leftovers
from tests.support.tiny_team import write_tiny_team

REGION = "eu-west-1"
STACK = "tiny-dev"


class Cloud:
    """An embedded cloud in this process, as a backend sees one."""

    is_unclean = is_empty = False

    def __init__(self, home: Path) -> None:
        services.reset()
        self.server = Server(home, installs=(*INSTALLS, autoscaling.install))
        self.server.start()

    def start(self) -> None: ...

    def told(self) -> None: ...

    def save(self) -> None:
        """What is kept on disk is the business of other tests; here it would only cost."""

    def find(self) -> None: ...

    def clients(self, region: str) -> Any:
        return self.server.gateway.clients(region)

    clients_sending_once = clients


class Living:
    """One stack. ``become`` is `up` with another stack file."""

    def __init__(self, folder: Path, blueprint: str = "") -> None:
        self.blueprint = blueprint
        self.root = make_project(folder / "project")
        for stack_file in (self.root / "stacks").iterdir():
            stack_file.unlink()
        write_tiny_team(self.root)
        self.cloud = cloud = Cloud(folder / "cloud")

        class Here(EmbeddedBackend):
            @property
            def cloud(self) -> Any:
                return cloud

        self.backend = Here(self.root, STACK)
        self._text = ""

    def become(self, options: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """Bring the stack up with these options; ``settings`` by their names in the stack file. Fails the test when
        that fails, or when a preview finds more to do."""
        config = {
            "aws:region": REGION,
            "mlops-iac:team": "tiny",
            "mlops-iac:environment": "dev",
            "mlops-iac:blueprint": self.blueprint,
            **({"mlops-iac:code": "examples/tiny"} if runs_code(get_options_model(self.blueprint)) else {}),
            **{
                name if ":" in name else f"mlops-iac:{name}": value
                for name, value in settings.items()
                if value is not None
            },
            "mlops-iac:options": dict(options),
        }
        text = yaml.safe_dump({"config": config})
        if text != self._text:
            (self.root / f"stacks/Pulumi.{STACK}.yaml").write_text(text)
            self._text = text
            self.settle()

    def settle(self) -> Result:
        """`up`, and a preview that finds nothing to do."""
        result = self.up()
        again = self.backend.preview()
        rest = [f"{step.op} {step.name}: {sorted(step.diff)}" for step in again.steps if step.op != "same"]
        assert not again.changed, rest
        return result

    def up(self) -> Result:
        result = self.backend.up()
        assert result.outcome == "succeeded", _told(result)
        return result

    def urns(self) -> set[str]:
        return {record.urn for record in self.backend.store.get(STACK)}

    def destroy(self, *, regions: tuple[str, ...] = (REGION,)) -> None:
        """Destroy it, after which nothing is left in any region that it was in."""
        result = self.backend.destroy()
        assert result.outcome == "succeeded", _told(result)
        for region in regions:
            assert find_leftovers(self.cloud.clients(region), STACK) == []

    def stop(self) -> None:
        self.cloud.server.stop()


def _told(result: Result) -> str:
    told = [f"{failure.step.op} {failure.step.name}: {failure.error}" for failure in result.failures]
    return "\n".join(told) or str(result.error)
