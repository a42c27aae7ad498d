"""Outputs of other stacks of the same backend."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import StackNotFound
from mlops_iac.engine.values.value import Secret
from tests.engine.conftest import Stack, errors
from tests.engine.programs import Thing


@pytest.fixture
def stack(stack: Stack) -> Stack:
    """Stack ``dev``, beside a stack ``network`` with outputs."""

    def network() -> None:
        a = Thing("a", label="a")
        pulumi.export("arn", a.arn)
        pulumi.export("word", a.password)

    stack.name = "network"
    assert stack.up(network).outcome == "succeeded"
    stack.name = "dev"
    return stack


def refer(name: str) -> Any:
    def program() -> None:
        network = pulumi.StackReference(name)
        pulumi.export("arn", network.require_output("arn"))
        pulumi.export("word", network.get_output("word"))
        Thing("b", label="b", source=network.get_output("arn"))

    return program


@pytest.mark.parametrize("name", ["network", "lab/network", "organization/lab/network"])
def test_what_another_stack_exports_is_known_also_in_a_preview_and_secrets_stay_secret(stack: Stack, name: str) -> None:
    wanted = {"arn": "arn:fake:a", "word": Secret("word-of-a")}
    assert stack.preview(refer(name)).outputs == wanted
    assert stack.up(refer(name)).outputs == wanted
    assert stack.cloud.things["b"]["source"] == "arn:fake:a"
    assert "word-of-a" not in stack.file.read_text()
    assert stack.up(refer(name)).changes == {"same": 2}


def test_a_reference_is_never_refreshed_or_deleted_in_the_cloud(stack: Stack) -> None:
    stack.up(refer("network"))
    assert set(stack.deployment.refresh().changes) == {"same"}
    stack.destroy()
    assert stack.cloud.calls == [("delete", "b")]
    assert stack.store.outputs("network")["arn"] == "arn:fake:a"


def test_an_unknown_stack_is_refused_with_the_nearest_name(stack: Stack) -> None:
    result = stack.preview(refer("netwrk"))
    assert isinstance(result.error, StackNotFound)
    assert "did you mean `network`" in errors(result)[0]


def test_a_stack_does_not_refer_to_itself(stack: Stack) -> None:
    stack.up(lambda: None)
    assert "refers to itself" in errors(stack.preview(refer("dev")))[0]


def test_another_organization_is_refused_with_what_to_write(stack: Stack) -> None:
    assert "`organization/lab/network`" in errors(stack.preview(refer("acme/lab/network")))[0]
