"""What somebody meets who brings a container for large models, with AWS's own client."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from mlops_iac.core import lmi

IMAGE = lmi.image(lmi.versions()[0], "eu-west-1")
OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme-vllm@sha256:" + "0" * 64
ASKED = json.dumps({"inputs": "json.dumps is a", "parameters": {"max_new_tokens": 64}})


@pytest.mark.parametrize("image", [IMAGE, OWN])
def test_a_container_that_cannot_run_fails_the_endpoint_by_its_name_and_answers_nothing(cloud, image):
    cloud.model("", name="large", Image=image, Environment=lmi.ENVIRONMENT, model={"config.json": "{}"})
    cloud.endpoint_config("large-config", "large")
    endpoint = cloud.endpoint(config="large-config")
    assert endpoint["EndpointStatus"] == "Failed"
    assert f"The embedded cloud runs no container images, so it cannot run `{image}`" in endpoint["FailureReason"]
    with pytest.raises(ClientError, match="is Failed"):
        cloud.invoke(ASKED)


def test_weights_that_are_no_archive_fail_the_endpoint(cloud):
    place = {"S3Uri": "s3://nowhere/weights/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    cloud.sagemaker.create_model(
        ModelName="prefix",
        ExecutionRoleArn=cloud.role,
        PrimaryContainer={"Image": IMAGE, "ModelDataSource": {"S3DataSource": place}},
    )
    cloud.endpoint_config("prefix-config", "prefix")
    endpoint = cloud.endpoint(config="prefix-config")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "this one is an S3 prefix" in endpoint["FailureReason"]


def test_an_answer_in_parts_is_not_implemented(cloud):
    runtime = cloud.clients("sagemaker-runtime")
    with pytest.raises(ClientError, match="NotImplemented"):
        runtime.invoke_endpoint_with_response_stream(EndpointName="endpoint", Body=ASKED)
