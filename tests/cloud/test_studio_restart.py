"""Studio over a restart, in a module of its own: moto's state is one to a process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cloud.conftest import Cloud
from tests.cloud.test_studio import Studio


def test_a_domain_is_there_after_a_restart(start_cloud: Callable[..., Cloud], tmp_path: Path) -> None:
    first = start_cloud(tmp_path)
    studio = Studio(first)
    studio.person("ada")
    studio.settle()
    first.server.stop()
    client = start_cloud(tmp_path).clients()("sagemaker")
    (found,) = client.list_user_profiles(DomainIdEquals=studio.domain)["UserProfiles"]
    assert (found["UserProfileName"], found["Status"]) == ("ada", "InService")
