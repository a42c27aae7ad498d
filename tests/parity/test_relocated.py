"""What `mlops-iac` did to a state outside of an operation, moved, renamed, put under another key: the real CLI goes on
with it, and we with what the CLI leaves there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.cloud.plugin.server import PluginServer
from mlops_iac.cloud.server import Server
from mlops_iac.relocating.folder import FolderPlace
from mlops_iac.relocating.move import Relocation, latest
from mlops_iac.relocating.places import StatePlace, open_place
from mlops_iac.relocating.secrets import PHRASE, Providers, under
from tests.parity.operations import CASES, CONFIG, PROJECT, REGION, STACK, Case, Do, read_case
from tests.parity.our_engine import PASSPHRASE, OurEngine
from tests.parity.real_cli import REASON, RealCli, find_cli

pytestmark = [pytest.mark.skipif(find_cli() is None, reason=REASON), pytest.mark.slow]

BUCKET = "parity-states"
KEY = f".pulumi/stacks/{PROJECT}/{STACK}.json"
NAME = "another"


@pytest.fixture
def case() -> Case:
    return read_case(CASES / "secrets.py")


@pytest.fixture
def ours(case: Case, cloud: Server, tmp_path: Path) -> OurEngine:
    """Its stack is up."""
    engine = OurEngine(tmp_path / "here", cloud.gateway.clients)
    assert engine.carry_out(case, Do("up", "first"))[1] == 0
    return engine


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def providers(cloud: Server) -> Providers:
    return Providers(passphrase=lambda: PASSPHRASE, clients=lambda: cloud.gateway.clients(REGION))


def move(ours: OurEngine, source: StatePlace, target: StatePlace, providers: Providers, key: str | None = None) -> None:
    Relocation(
        source=source, target=target, project=PROJECT, settle=ours.store.settle,
        rewrite=lambda text: under(text, key, providers),
    ).move(STACK)  # fmt: skip


def go_on(cli: RealCli, case: Case) -> None:
    """The CLI finds nothing to do, reads the secrets, changes something, and looks what is there."""
    assert cli.carry_out(case, Do("preview", "first"))[0].changes == {"same": 5}
    assert cli.pulumi("stack", "output", "word", "--show-secrets", "--stack", STACK).stdout.strip() == "hunter2"
    assert cli.carry_out(case, Do("up", "second"))[1] == 0
    assert cli.carry_out(case, Do("refresh"))[0].changes == {"same": 5}
    kinds = [one["kind"] for one in json.loads(cli.pulumi("stack", "history", "--json", "--stack", STACK).stdout)]
    assert kinds == ["refresh", "update", "update"]


def test_the_cli_goes_on_in_another_folder_and_we_when_it_has_come_back(
    case: Case, ours: OurEngine, project: Path, plugin: PluginServer, providers: Providers, tmp_path: Path
) -> None:
    here, there = FolderPlace(tmp_path / "here"), FolderPlace(tmp_path / "there")
    (tmp_path / "there").mkdir()
    move(ours, here, there, providers)
    go_on(RealCli(project, plugin.environment, state=there.folder), case)
    listed = RealCli(project, plugin.environment, state=there.folder).pulumi("stack", "ls", "--all", "--json").stdout
    assert [(one["name"], one["resourceCount"]) for one in json.loads(listed)] == [(STACK, 6)]
    move(ours, there, here, providers)
    assert ours.carry_out(case, Do("preview", "second"))[0].changes == {"same": 5}
    assert ours.carry_out(case, Do("destroy"))[1] == 0


def test_where_it_was_the_cli_finds_no_stack(
    case: Case, ours: OurEngine, project: Path, plugin: PluginServer, providers: Providers, tmp_path: Path
) -> None:
    """It knows nothing of our note; that it begins no second environment is that it has no stack there."""
    cli = RealCli(project, plugin.environment, state=tmp_path / "here")
    (tmp_path / "there").mkdir()
    move(ours, FolderPlace(tmp_path / "here"), FolderPlace(tmp_path / "there"), providers)
    _, code = cli.carry_out(case, Do("up", "first"))
    assert code != 0
    assert json.loads(cli.pulumi("stack", "ls", "--all", "--json").stdout) == []


def test_the_cli_goes_on_in_a_bucket_with_secrets_under_a_key_of_kms(
    case: Case,
    ours: OurEngine,
    project: Path,
    plugin: PluginServer,
    providers: Providers,
    cloud: Server,
    tmp_path: Path,
) -> None:
    clients = cloud.gateway.clients(REGION)
    clients("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    key = f"awskms:///{clients('kms').create_key()['KeyMetadata']['Arn']}?region={REGION}"
    url = f"s3://{BUCKET}?region={REGION}&awssdk=v2"
    here, there = FolderPlace(tmp_path / "here"), open_place(url, PROJECT, lambda _: clients, root=tmp_path)
    move(ours, here, there, providers, key)
    assert latest(str(there.read(KEY)))["secrets_providers"]["type"] == "cloud"
    reached = {**plugin.environment, **clients.variables()}
    cli = RealCli(project, reached, backend=f"{url}&use_path_style=true")
    (project / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"secretsprovider": key, "config": CONFIG}))
    go_on(cli, case)
    move(ours, there, here, providers, PHRASE)
    assert ours.carry_out(case, Do("preview", "second"))[0].changes == {"same": 5}


def test_the_cli_goes_on_under_another_name_and_we_with_it(
    case: Case, ours: OurEngine, project: Path, plugin: PluginServer, tmp_path: Path
) -> None:
    cli = RealCli(project, plugin.environment, state=tmp_path / "here")
    ours.store.rename(STACK, NAME)
    (project / f"Pulumi.{STACK}.yaml").rename(project / f"Pulumi.{NAME}.yaml")
    program = {"PARITY_CASE": str(case.path), "PARITY_PROGRAM": "first"}
    words = ["--stack", NAME, "--non-interactive"]
    done = cli.pulumi("preview", *words, "--expect-no-changes", environment=program)
    assert done.returncode == 0, done.stdout + done.stderr
    done = cli.pulumi("up", *words, "--yes", "--skip-preview", environment={**program, "PARITY_PROGRAM": "second"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert cli.pulumi("stack", "output", "word", "--show-secrets", "--stack", NAME).stdout.strip() == "hunter3"
    kinds = [one["kind"] for one in json.loads(cli.pulumi("stack", "history", "--json", "--stack", NAME).stdout)]
    assert kinds == ["update", "update"]
    ours.store.rename(NAME, STACK)
    assert ours.carry_out(case, Do("preview", "second"))[0].changes == {"same": 5}
