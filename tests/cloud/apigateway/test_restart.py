"""What was acknowledged is there after a restart: APIs, keys, pools with their keys, and what is used of a quota."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cloud.apigateway.conftest import Lab, Model
from tests.cloud.apigateway.test_cognito import People
from tests.cloud.apigateway.test_keys import Keyed
from tests.cloud.conftest import Cloud


def test_an_api_answers_after_a_restart_as_before(start_cloud: Callable[..., Cloud], tmp_path: Path) -> None:
    model = Model()
    cloud = start_cloud(tmp_path)
    cloud.gateway.instead("sagemaker-runtime", "InvokeEndpoint", model.invoke)
    lab = Lab(cloud, model)
    keyed, people = Keyed(lab, quota={"limit": 2, "period": "MONTH"}), People(lab)
    token = people.sign_in()["IdToken"]
    assert keyed.ask()[0] == 200
    cloud.server.stop()

    again = start_cloud(tmp_path)
    again.gateway.instead("sagemaker-runtime", "InvokeEndpoint", model.invoke)
    lab.cloud, lab.clients = again, again.clients()
    assert keyed.ask()[0] == 200
    assert keyed.ask() == (429, {"message": "Limit Exceeded"})
    assert people.ask(token)[0] == 200
