"""Ordinary Pulumi programs, of the kinds that people begin with, live their whole lives here."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.core.errors import StackNotFound
from mlops_iac.engine.event import Op
from mlops_iac.engine.values.value import Secret
from tests.backends.conftest import Cloud

PROGRAMS = Path(__file__).parent / "programs"

Open = Callable[[str], EmbeddedBackend]


@pytest.fixture
def open_program(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setattr(EmbeddedBackend, "cloud", property(lambda self: cloud))

    def copy(name: str) -> EmbeddedBackend:
        root = tmp_path / name
        shutil.copytree(PROGRAMS / name, root, ignore=shutil.ignore_patterns("__pycache__"))
        return EmbeddedBackend(root, "dev")

    return copy


def up(backend: EmbeddedBackend) -> dict[str, Op]:
    """`up`, after which nothing is left to do and nothing has drifted; answers what was done to which resource."""
    result = backend.up()
    assert result.outcome == "succeeded", (result.error, [str(failure.error) for failure in result.failures])
    assert not backend.preview().changed
    drift = backend.refresh(preview=True)
    assert not drift.changed, [(step.name, step.diff) for step in drift.steps if step.diff]
    return {step.name: step.op for step in result.steps if step.op is not Op.SAME and step.custom}


def destroy(backend: EmbeddedBackend) -> None:
    result = backend.destroy()
    assert result.outcome == "succeeded", [str(failure.error) for failure in result.failures]
    backend.remove()


def test_a_website_follows_its_files(open_program: Open, cloud: Cloud) -> None:
    backend = open_program("website")
    www, s3 = backend.root / "www", cloud.clients("eu-west-1")("s3")
    assert set(up(backend)) == {"site", "index.html", "missing.html", "style/site.css"}
    bucket = backend.outputs()["bucket"]
    assert backend.outputs()["url"] == f"http://{bucket}.s3-website-eu-west-1.amazonaws.com"
    page = s3.get_object(Bucket=bucket, Key="index.html")
    assert (page["Body"].read(), page["ContentType"]) == (b"<h1>Hello</h1>\n", "text/html")
    assert s3.head_object(Bucket=bucket, Key="style/site.css")["ContentType"] == "text/css"
    assert s3.get_bucket_website(Bucket=bucket)["ErrorDocument"] == {"Key": "missing.html"}

    (www / "index.html").write_text("<h1>Hello again</h1>\n")
    (www / "about.html").write_text("<h1>About</h1>\n")
    (www / "style/site.css").unlink()
    assert up(backend) == {"index.html": Op.UPDATE, "about.html": Op.CREATE, "style/site.css": Op.DELETE}
    assert s3.get_object(Bucket=bucket, Key="index.html")["Body"].read() == b"<h1>Hello again</h1>\n"
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["about.html", "index.html", "missing.html"]

    destroy(backend)
    assert bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]


def test_the_names_of_pulumi_aws_6_are_the_same_things(open_program: Open, cloud: Cloud) -> None:
    backend = open_program("website")
    main = backend.root / "__main__.py"
    text = main.read_text()
    for word, former in (("", "V2"), ("Object", "v2"), ("WebsiteConfiguration", "V2")):
        assert f"s3.Bucket{word}(" in text
        text = text.replace(f"s3.Bucket{word}(", f"s3.Bucket{word}{former}(")
    main.write_text(text)
    assert set(up(backend)) == {"site", "index.html", "missing.html", "style/site.css"}
    page = cloud.clients("eu-west-1")("s3").get_object(Bucket=backend.outputs()["bucket"], Key="index.html")
    assert page["ContentType"] == "text/html"
    destroy(backend)


def test_what_somebody_else_wrote_into_a_page_is_seen_by_a_refresh(open_program: Open, cloud: Cloud) -> None:
    backend = open_program("website")
    up(backend)
    s3, bucket = cloud.clients("eu-west-1")("s3"), backend.outputs()["bucket"]
    s3.delete_object(Bucket=bucket, Key="missing.html")
    gone = [step.name for step in backend.refresh(preview=True).steps if step.op is Op.DELETE]
    assert gone == ["missing.html"]
    destroy(backend)


def test_functions_in_a_state_machine_follow_their_code(open_program: Open, cloud: Cloud) -> None:
    backend = open_program("greeter")
    made = up(backend)
    assert set(made.values()) == {Op.CREATE}
    assert run(cloud, backend) == "HELLO WORLD!"

    (backend.root / "compose/compose.py").write_text(
        "def handler(event, context):\n    return 'bye ' + event['name']\n"
    )
    main = backend.root / "__main__.py"
    main.write_text(main.read_text().replace("+ '!'", "+ '?'"))
    assert up(backend) == {"compose": Op.UPDATE, "shout": Op.UPDATE}
    assert run(cloud, backend) == "BYE WORLD?"
    destroy(backend)
    assert cloud.clients("eu-west-1")("stepfunctions").list_state_machines()["stateMachines"] == []


def run(cloud: Cloud, backend: EmbeddedBackend) -> Any:
    """Execute the program's state machine, and answer what it comes to."""
    sfn = cloud.clients("eu-west-1")("stepfunctions")
    machine = backend.outputs()["machine"]
    execution = sfn.start_execution(stateMachineArn=machine, input='{"name": "world"}')["executionArn"]
    until = time.monotonic() + 30
    while (found := sfn.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert found["status"] == "SUCCEEDED", found
    return json.loads(found["output"])


def test_a_program_reads_what_another_stack_exports_and_secrets_stay_secret(open_program: Open, cloud: Cloud) -> None:
    flat = open_program("tenant")
    house = EmbeddedBackend(flat.root, "house")
    flat.stack = "flat"
    assert up(house) == {"letters": Op.CREATE}
    made = up(flat)
    assert made == {"organization/tenant/house": Op.READ, "door": Op.CREATE, "letters": Op.CREATE}
    assert flat.outputs() == house.outputs()
    assert flat.outputs()["door"] == Secret("code 4711")
    assert "4711" not in (flat.home / "state/.pulumi/stacks/tenant/flat.json").read_text()

    ssm, records = cloud.clients("eu-west-1")("ssm"), flat.store.get("flat")
    ids = {record.name: record.id for record in records if record.custom}
    assert ssm.get_parameter(Name=ids["door"], WithDecryption=True)["Parameter"]["Value"] == "code 4711"
    assert {step.op for step in flat.up().steps if step.custom} == {Op.READ, Op.SAME}

    destroy(house)
    gone = flat.preview().error
    assert isinstance(gone, StackNotFound)
    assert "`house` is not among the stacks" in gone.detail
    destroy(flat)
