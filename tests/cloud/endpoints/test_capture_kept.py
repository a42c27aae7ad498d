"""What endpoints captured is there when the cloud starts again. A module of its own: moto's state is one for all clouds
of a process, so no other may run beside these two."""

from __future__ import annotations

from mlops_iac.cloud.server import Server
from tests.cloud.endpoints.test_capture import ask, captured, make


def test_what_was_captured_outlives_the_process(tmp_path, installs, make_cloud):
    home = tmp_path / "cloud"
    first = Server(home, installs=installs)
    first.start()
    cloud = make_cloud(first)
    make(cloud)
    ask(cloud, b"1", InferenceId="kept")
    first.stop()
    second = Server(home, installs=installs)
    second.start()
    try:
        again = make_cloud(second, new=False)
        assert [line["eventMetadata"]["inferenceId"] for line in captured(again)] == ["kept"]
        ask(again, b"2", InferenceId="more")
        assert len(captured(again)) == 2
    finally:
        second.reset()
        second.stop()
