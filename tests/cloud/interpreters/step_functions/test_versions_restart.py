"""Versions of state machines over a restart, in a module of its own: moto's state is one to a process."""

from __future__ import annotations

from tests.cloud.interpreters.step_functions.test_versions import document, listed, publish
from tests.support.roles import make_mighty_role


def test_versions_are_kept_over_a_restart(start_cloud, tmp_path):
    first = start_cloud(tmp_path)
    sfn = first.clients()("stepfunctions")
    role = make_mighty_role(first.clients(), "runner", "states")
    machine = sfn.create_state_machine(name="versioned", roleArn=role, definition=document("one"))["stateMachineArn"]
    publish(sfn, machine)
    first.server.stop()
    assert listed(start_cloud(tmp_path).clients()("stepfunctions"), machine) == [f"{machine}:1"]
