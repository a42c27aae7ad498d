"""Who did what, read and done as the guide has it, and what the log refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import calling
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    with tiny_environment(tmp_path_factory.mktemp("history") / "project", "step-functions") as made:
        yield made


def actions(tiny: TinyEnvironment) -> list[tuple[str, str]]:
    told = json.loads(tiny.run("history", "tiny-dev", "--json"))
    assert all(event["by"] for event in told["history"])
    return [(event["action"], event["message"]) for event in told["history"]]


def test_what_was_done_is_told_with_its_reason(tiny: TinyEnvironment):
    tiny.run("run", "tiny-dev", "--message", "the first of them")
    tiny.run("runs", "stop", "tiny-dev", "last", "-m", "a slip")
    tiny.run("up", "tiny-dev", "--yes", "--message", "nothing is new")
    assert set(actions(tiny)) == {
        ("up", ""), ("run", "the first of them"), ("stop", "a slip"), ("up", "nothing is new"),
    }  # fmt: skip
    assert '"a slip"' in tiny.run("history", "tiny-dev")


def test_nobody_changes_or_deletes_what_is_written(tiny: TinyEnvironment):
    backend = EmbeddedBackend(tiny.folder, "tiny-dev")
    s3, bucket = backend.clients()("s3"), backend.environment().lake.bucket
    key = s3.list_objects_v2(Bucket=bucket, Prefix="audit/")["Contents"][0]["Key"]
    version = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"][0]["VersionId"]
    tries = (
        ("AccessDenied", lambda: s3.delete_object(Bucket=bucket, Key=key)),
        ("AccessDenied", lambda: s3.delete_object(Bucket=bucket, Key=key, VersionId=version)),
        ("AccessDenied", lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"{}")),
        ("PreconditionFailed", lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"{}", IfNoneMatch="*")),
    )
    for code, change in tries:
        with pytest.raises(CloudError) as caught, calling("s3:Change"):
            change()
        assert caught.value.code == code


def test_a_message_with_a_key_changes_nothing(tiny: TinyEnvironment):
    before = actions(tiny)
    tiny.refused("run", "tiny-dev", "-m", "AKIAABCDEFGHIJKLMNOP", code=2, says=("an access key of AWS",))
    assert actions(tiny) == before


def test_an_environment_that_is_gone_has_its_history(tiny: TinyEnvironment):
    before = actions(tiny)
    tiny.run("destroy", "tiny-dev", "--yes", "-m", "the trial is over")
    assert actions(tiny) == [("destroy", "the trial is over"), *before]
