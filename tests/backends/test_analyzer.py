"""The policy pack, asked as Pulumi's engine asks one: a process that says its port, then calls over gRPC."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.policy.pack_files import write_pack
from mlops_iac.policy.table import POLICIES
from tests.conftest import make_project

STACK = "screening-dev"
BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("pack") / "project")


@pytest.fixture(scope="module")
def analyzer(root: Path) -> Iterator[Any]:
    """What the engine does: it starts the pack's program in the pack's folder and reads a port from its first line."""
    write_pack(root / "policy-pack")
    process = subprocess.Popen([sys.executable, "policy-pack"], cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        stub = analyzer_pb2_grpc.AnalyzerStub(channel)
        stub.Handshake(analyzer_pb2.AnalyzerHandshakeRequest(engine_address="127.0.0.1:1"))
        stub.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack=STACK, project="mlops-iac", dry_run=True))
        yield stub
    process.terminate()
    process.wait()
    process.stdout.close()


def asked(type: str, name: str, links: dict[str, str] | None = None, **inputs: Any) -> Any:
    properties = struct_pb2.Struct()
    properties.update(inputs)
    one = analyzer_pb2.AnalyzerResource(type=type, name=name, urn=urn(type, name), properties=properties)
    for key, target in (links or {}).items():
        one.propertyDependencies[key].urns.append(target)
    return one


def urn(type: str, name: str) -> str:
    return f"urn:pulumi:{STACK}::mlops-iac::{type}::{name}"


def analyze(analyzer: Any, *resources: Any) -> list[Any]:
    return list(analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources)).diagnostics)


def test_it_names_every_policy(analyzer: Any) -> None:
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == "mlops-iac"
    assert [one.name for one in info.policies] == sorted(POLICIES)
    assert all(one.policy_type == analyzer_pb2.POLICY_TYPE_STACK and one.description for one in info.policies)
    assert analyzer.GetPluginInfo(empty_pb2.Empty()).version


def test_a_broken_policy_is_mandatory_and_speaks_of_its_resource(analyzer: Any) -> None:
    found = {one.policyName: one for one in analyze(analyzer, asked(BUCKET, "drop", bucket="drop"))}
    told = found["s3-public-access"]
    assert told.enforcementLevel == analyzer_pb2.MANDATORY
    assert told.urn == urn(BUCKET, "drop")
    assert told.message.startswith(f"stacks/Pulumi.{STACK}.yaml:")
    assert "hint: give the bucket" in told.message


def test_what_is_known_only_by_its_link_is_found_in_a_first_preview(analyzer: Any) -> None:
    bucket = asked(BUCKET, "drop", bucket=UNKNOWN_TEXT)
    links = {"bucket": urn(BUCKET, "drop")}
    block = asked(BLOCK, "block", links, bucket=UNKNOWN_TEXT, **dict.fromkeys(SWITCHES, True))
    assert "s3-public-access" not in {one.policyName for one in analyze(analyzer, bucket, block)}


def test_what_a_company_says_counts_here_too(analyzer: Any, root: Path) -> None:
    company = root / "mlops-iac.yaml"
    company.write_text("policies:\n  rules:\n    s3-public-access: {severity: warning}\n")
    try:
        found = {one.policyName: one for one in analyze(analyzer, asked(BUCKET, "drop", bucket="drop"))}
        assert found["s3-public-access"].enforcementLevel == analyzer_pb2.ADVISORY
        company.write_text("policies: {rules: {nonsense: {}}}\n")
        (told,) = analyze(analyzer, asked(BUCKET, "drop", bucket="drop"))
        assert told.enforcementLevel == analyzer_pb2.MANDATORY
        assert "There is no such policy." in told.description
    finally:
        company.unlink()


def test_one_resource_at_a_time_says_nothing(analyzer: Any) -> None:
    assert not analyzer.Analyze(analyzer_pb2.AnalyzeRequest(type=BUCKET, name="drop")).diagnostics
    assert not analyzer.Remediate(analyzer_pb2.AnalyzeRequest(type=BUCKET, name="drop")).remediations
