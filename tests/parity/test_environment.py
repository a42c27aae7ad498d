"""The example team's whole environment, deployed into the embedded cloud by the real CLI: `pulumi up`, as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_iac.cloud.plugin.server import PluginServer
from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.cloud.server import Server
from mlops_iac.config.project import PROJECT
from mlops_iac.engine.doing.deployment import Deployment
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.program import load
from tests.conftest import make_project
from tests.parity.operations import REGION
from tests.parity.real_cli import REASON, find_cli
from tests.support.leftovers import find_leftovers

pytestmark = [pytest.mark.skipif(find_cli() is None, reason=REASON), pytest.mark.slow]

CHECKOUT = Path(__file__).parents[2]
STACK = "screening-dev"
PASSPHRASE = "parity"


class Team:
    """A project folder in which both engines work."""

    def __init__(self, folder: Path, server: Server, plugin: PluginServer) -> None:
        self.root, self._server = make_project(folder), server
        shutil.copy(CHECKOUT / "__main__.py", self.root)
        (self.root / ".venv").symlink_to(sys.prefix)
        self.state = self.root / ".mlops-iac/state"
        self.state.mkdir(parents=True)
        self._environment = {
            **os.environ,
            **plugin.environment,
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_HOME": str(folder.parent / "home"),
            "PYTHONPATH": str(CHECKOUT),
        }

    def pulumi(self, *arguments: str) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--stack", STACK, "--non-interactive"],
            cwd=self.root, env=self._environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def stack_file(self) -> Path:
        return self.root / f"stacks/Pulumi.{STACK}.yaml"

    def ours(self, verb: str) -> dict[str, int]:
        """What our engine changes, or would."""
        program = load(self.root, STACK)
        deployment = Deployment(
            project=PROJECT,
            stack=STACK,
            provider=EmbeddedProvider(self._server.gateway.clients),
            store=FileStore(self.state, PROJECT, lambda: PASSPHRASE),
            config=program.config.reveal(lambda text: text),
        )
        result = deployment.up(program.run) if verb == "up" else deployment.preview(program.run)
        assert result.outcome == "succeeded", result
        return {op: count for op, count in result.changes.items() if count}


@pytest.fixture
def team(tmp_path: Path, cloud: Server, plugin: PluginServer) -> Team:
    return Team(tmp_path / "project", cloud, plugin)


def test_pulumi_up_deploys_the_environment_and_we_go_on_with_it(team: Team, cloud: Server) -> None:
    team.pulumi("stack", "init")
    team.pulumi("up", "--yes", "--skip-preview")
    created = team.ours("preview")
    assert created.keys() == {"same"}
    assert created["same"] > 60
    text = team.stack_file.read_text()
    team.stack_file.write_text(text.replace("# monthly_budget_usd: 100", "monthly_budget_usd: 70"))
    assert team.ours("up") == {"same": created["same"] - 1, "update": 1}
    team.pulumi("preview", "--expect-no-changes")
    team.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    team.pulumi("destroy", "--yes", "--skip-preview")
    assert find_leftovers(cloud.gateway.clients(REGION), STACK) == []
