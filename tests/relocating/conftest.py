"""A state of the embedded engine, a bucket on a server of this process, and places for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pulumi
import pytest

from mlops_iac.clients import Clients
from mlops_iac.cloud import services
from mlops_iac.cloud.server import Server
from mlops_iac.relocating.bucket import BucketPlace
from mlops_iac.relocating.folder import FolderPlace
from mlops_iac.relocating.places import StatePlace
from tests.engine.conftest import Stack
from tests.engine.programs import Thing

BUCKET = "lab-states"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    services.reset()
    server = Server(tmp_path_factory.mktemp("cloud"))
    server.start()
    found = server.gateway.clients("eu-west-1")
    found("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield found
    server.stop()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """The stack ``dev`` of project ``lab``, deployed, with a secret in its state."""
    made = Stack(tmp_path / "here")
    assert made.up(program).outcome == "succeeded"
    return made


def program() -> None:
    thing = Thing("a", label="a")
    pulumi.export("arn", thing.arn)
    pulumi.export("word", thing.password)


@pytest.fixture
def here(stack: Stack) -> FolderPlace:
    return FolderPlace(stack.root)


Places = Callable[[str], StatePlace]


@pytest.fixture
def place(clients: Clients, tmp_path: Path, request: pytest.FixtureRequest) -> Places:
    """``place("s3")`` or ``place("file")``: an empty one."""
    prefix = f"p{abs(hash(request.node.nodeid))}"

    def make(kind: str) -> StatePlace:
        if kind == "file":
            return FolderPlace(tmp_path / "there")
        return BucketPlace(clients, BUCKET, prefix, f"s3://{BUCKET}/{prefix}")

    return make
