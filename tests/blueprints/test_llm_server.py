"""llm-finetuning's `server`: what the model is registered with, what the endpoint is started with, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from pydantic import ValidationError

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.blueprints.llm_finetuning import LlmFinetuningOptions
from mlops_iac.core import lmi
from mlops_iac.core.errors import MlopsError
from mlops_iac.program import load
from tests.blueprints.test_llm_finetuning import project
from tests.support.pulumi_mocks import run_program

GPU = {"flavour": "realtime", "instance_type": "ml.g5.12xlarge", "instance_count": 1}
DIGEST = "sha256:" + "0" * 64
OWN = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme-vllm@{DIGEST}"


def options(server: dict[str, Any] | None, **more: Any) -> str:
    return json.dumps({"serving": GPU, "server": server, **more})


def documents(root: Path, said: str) -> tuple[str, str]:
    """The pipeline's definition, and all policies of the endpoint's role."""
    made = run_program(load(project(root, said), "screening-dev").run)
    definitions = [
        str(one.get("definition") or one.get("pipeline_definition") or one.get("pipelineDefinition") or "")
        for one in made.resources.values()
    ]
    policies = [
        str(inputs["policy"])
        for (typ, name), inputs in made.resources.items()
        if typ.endswith(":RolePolicy") and name.startswith("endpoint-")
    ]
    return next(one for one in definitions if one), " ".join(policies)


@pytest.mark.parametrize("orchestrator", ["step-functions", "sagemaker-pipelines"])
def test_a_model_is_registered_with_awss_container_and_nothing_of_a_hub(tmp_path: Path, orchestrator: str) -> None:
    asked = {"kind": "lmi", "tensor_parallel_degree": 4, "max_model_len": 8192, "dtype": "bf16", "quantize": "fp8"}
    text, policy = documents(tmp_path, options(asked, orchestrator=orchestrator))
    assert "763104351884.dkr.ecr.eu-central-1.amazonaws.com/djl-inference:0.36.0-lmi23.0.0-cu129" in text
    for name, value in {
        "HF_MODEL_ID": "/opt/ml/model",
        "HF_HUB_OFFLINE": "1",
        "OPTION_TENSOR_PARALLEL_DEGREE": "4",
        "OPTION_MAX_MODEL_LEN": "8192",
        "OPTION_DTYPE": "bf16",
        "OPTION_QUANTIZE": "fp8",
        "OPTION_GPU_MEMORY_UTILIZATION": "0.9",
    }.items():
        assert f'"{name}":"{value}"' in text.replace('\\"', '"').replace('": "', '":"')
    assert "SAGEMAKER_PROGRAM" not in text
    assert "repository/djl-inference" in policy
    assert "repository/*" not in policy


def test_the_endpoint_has_time_and_drivers_and_no_network(tmp_path: Path) -> None:
    text, _ = documents(tmp_path, options({"kind": "lmi", "startup_minutes": 30}))
    states = json.loads(text)["States"]
    variant = states["deploy: configure"]["Parameters"]["ProductionVariants"][0]
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 1800
    assert variant["ModelDataDownloadTimeoutInSeconds"] == 1800
    assert variant["InferenceAmiVersion"] == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert states["deploy"]["Parameters"]["EnableNetworkIsolation"] is True
    model = Session().get_service_model("sagemaker")
    shape = model.shape_for("ProductionVariant")
    given = {name.removesuffix(".$"): value for name, value in variant.items()}
    assert not ParamValidator().validate(given, shape).has_errors()
    assert variant["InferenceAmiVersion"] in shape.members["InferenceAmiVersion"].enum


def test_an_own_container_is_pulled_by_its_digest_and_from_its_repository_only(tmp_path: Path) -> None:
    asked = {"kind": "own", "image": OWN, "environment": {"ACME_MODE": "fast"}}
    text, policy = documents(tmp_path, options(asked))
    container = json.loads(text)["States"]
    named = json.dumps(container)
    assert OWN in named
    assert '"ACME_MODE": "fast"' in named
    assert "arn:aws:ecr:eu-central-1:123456789012:repository/acme-vllm" in policy
    assert "InferenceAmiVersion" not in named


def test_without_a_server_nothing_changes(tmp_path: Path) -> None:
    text, _ = documents(tmp_path, json.dumps({"serving": GPU}))
    assert "pytorch-inference" in text
    assert "ContainerStartupHealthCheckTimeoutInSeconds" not in text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"server": {"kind": "lmi"}}, "serverless endpoints have no GPUs"),
        ({"serving": {"flavour": "realtime"}, "server": {"kind": "lmi"}}, "`ml.m5.large` has none"),
        ({"serving": GPU, "server": {"kind": "lmi", "tensor_parallel_degree": 8}}, "has 4"),
        ({"serving": GPU, "server": {"kind": "lmi", "version": "0.1.0"}}, "no version that is known"),
        ({"serving": GPU, "server": {"kind": "lmi", "quantize": "awq"}}, "fp8"),
        ({"serving": GPU, "server": {"kind": "own", "image": "acme/vllm:1"}}, "image"),
        ({"serving": GPU, "server": {"kind": "own", "image": OWN.replace("@" + DIGEST, ":latest")}}, "image"),
        (
            {"serving": GPU, "server": {"kind": "own", "image": OWN, "environment": {"AWS_KEY": "a"}}},
            "SageMaker's own",
        ),
    ],
)
def test_what_cannot_be_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        LlmFinetuningOptions.model_validate(said)


def test_an_image_of_another_region_is_refused_at_its_line(tmp_path: Path) -> None:
    said = options({"kind": "own", "image": OWN.replace("eu-central-1", "us-east-1")})
    with pytest.raises(MlopsError) as caught:
        load(project(tmp_path, said), "screening-dev")
    assert "options.server.image" in str(caught.value)
    assert "The image lies in us-east-1, the stack in eu-central-1" in str(caught.value)


def test_a_region_without_awss_container_is_refused_at_its_line(tmp_path: Path) -> None:
    kind = {"instance_type": "ml.m5.large"}
    said = options({"kind": "lmi"}, instances={"train": kind})
    with pytest.raises(MlopsError) as caught:
        load(project(tmp_path, said, region="ap-southeast-6"), "screening-dev")
    assert "options.server.kind" in str(caught.value)
    assert "ap-southeast-6" in str(caught.value)


def test_the_embedded_cloud_says_that_it_runs_no_containers() -> None:
    found = [*LlmFinetuningOptions.model_validate({"serving": GPU, "server": {"kind": "lmi"}}).not_embedded]
    assert [one.path for one in found] == ["mlops-iac:options.server"]
    assert "inference.py" in found[0].hint
    assert not [*LlmFinetuningOptions().not_embedded]


@pytest.mark.parametrize("version", lmi.versions())
def test_china_has_its_own_registry(version: str) -> None:
    assert lmi.image(version, "cn-north-1").startswith(
        "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/djl-inference:"
    )


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_the_embedded_cloud_refuses_at_the_files_line(tmp_path: Path, verb: str) -> None:
    root = project(tmp_path, options({"kind": "own", "image": OWN}))
    backend = EmbeddedBackend(root, "screening-dev")
    with pytest.raises(MlopsError) as caught:
        getattr(backend, verb)()
    assert "stacks/Pulumi.screening-dev.yaml:" in str(caught.value.problems[0])
    assert caught.value.problems[0].path == "options.server"
    assert backend.cloud.find() is None


def test_each_server_is_taken_back_by_the_next_definition(tmp_path: Path) -> None:
    """Whatever served before: nothing of one container's environment is told to another."""
    servers: list[dict[str, Any] | None] = [None, {"kind": "lmi"}, {"kind": "own", "image": OWN}]
    texts = [documents(tmp_path, options(one))[0] for one in servers]
    marks = ("SAGEMAKER_PROGRAM", "HF_MODEL_ID", "acme-vllm@")
    assert [[mark in text for mark in marks] for text in texts] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_airflows_document_registers_the_same(tmp_path: Path) -> None:
    said = options({"kind": "lmi", "dtype": "bf16"}, orchestrator="airflow")
    made = run_program(load(project(tmp_path, said), "screening-dev").run)
    (text,) = (found for one in made.resources.values() if "HF_MODEL_ID" in (found := str(one)))
    marks = ("djl-inference:0.36.0", "OPTION_DTYPE", "InferenceAmiVersion", "SAGEMAKER_PROGRAM")
    assert [mark in text for mark in marks] == [True, True, True, False]
