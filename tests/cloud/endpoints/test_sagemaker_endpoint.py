"""Endpoints serve models with the team's own functions, and are replaced without a gap."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import threading
import time

import pytest
from botocore.exceptions import ClientError

from mlops_iac.core.frameworks import get_framework

ADDER = """
import json, os
def model_fn(model_dir):
    return json.load(open(os.path.join(model_dir, "model.json")))["add"]
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(data, model):
    return [x + model for x in data]
def output_fn(prediction, accept):
    return json.dumps({"sums": prediction}), accept
"""


def adder(cloud, name, add, **more):
    cloud.model(ADDER, name=name, model={"model.json": json.dumps({"add": add})})
    cloud.endpoint_config(f"{name}-config", name, **more)
    return f"{name}-config"


def npy(shape, *values):
    """A NumPy file of doubles, without NumPy: version 1.0, a header padded to 64 bytes, little-endian values."""
    header = str({"descr": "<f8", "fortran_order": False, "shape": shape}).encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack(f"<{len(values)}d", *values)


def sums(cloud, body="[1, 2]"):
    return json.load(cloud.invoke(body)["Body"])["sums"]


def test_an_endpoint_answers_with_the_teams_own_functions(cloud):
    endpoint = cloud.endpoint(config=adder(cloud, "plus-two", 2))
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    answer = cloud.invoke("[1, 2]", CustomAttributes="trace=7")
    assert json.load(answer["Body"]) == {"sums": [3, 4]}
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "all"
    assert answer["CustomAttributes"] == "trace=7"
    assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 1


def test_a_real_scikit_learn_model_is_trained_and_served_by_the_default_functions(cloud):
    train = """
import joblib, os
import boto3, requests, yaml
from sagemaker_containers.beta.framework import content_types, encoders, env, modules, transformer, worker
from sagemaker_inference import content_types, decoder, encoder
from sagemaker_training import environment
assert environment.Environment().channel_input_dirs == {"train": "/opt/ml/input/data/train"}
assert os.getcwd() == "/opt/ml/code"
from sklearn.linear_model import LinearRegression
model = LinearRegression().fit([[0, 1], [1, 1], [2, 1]], [1, 3, 5])
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
code = os.path.join(os.environ["SM_MODEL_DIR"], "code")
os.mkdir(code)
open(os.path.join(code, "inference.py"), "w").write(
    "import joblib, os\\ndef model_fn(d): return joblib.load(os.path.join(d, 'model.joblib'))")
"""
    image = get_framework("sklearn", "1.4-2").image("eu-west-1")
    specification = {"TrainingImage": image, "TrainingInputMode": "File"}
    job = cloud.train(train, AlgorithmSpecification=specification)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    cloud.model("", name="line", Image=image, ModelDataUrl=job["ModelArtifacts"]["S3ModelArtifacts"])
    cloud.endpoint_config("line-config", "line", serverless=True)
    endpoint = cloud.endpoint(config="line-config")
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    answer = cloud.invoke("[[3, 1], [4, 1]]")
    assert json.load(answer["Body"]) == pytest.approx([7, 9])
    as_csv = cloud.invoke("3,1\n4,1", ContentType="text/csv", Accept="text/csv")
    assert as_csv["ContentType"] == "text/csv"
    assert [float(line) for line in as_csv["Body"].read().split()] == pytest.approx([7, 9])
    as_npy = cloud.invoke(npy((2, 2), 3.0, 1.0, 4.0, 1.0), ContentType="application/x-npy", Accept="application/x-npy")
    assert struct.unpack("<2d", as_npy["Body"].read()[-16:]) == pytest.approx((7, 9))
    assert cloud.invoke("[[3, 1]]", Accept="*/*")["ContentType"] == "application/json"
    with pytest.raises(ClientError, match=r"client error \(415\)"):
        cloud.invoke(b"\0", ContentType="image/png")


def test_an_update_serves_on_until_the_new_model_answers(cloud):
    cloud.endpoint(config=adder(cloud, "one", 1))
    slow = ADDER.replace("def model_fn(model_dir):", "import time; time.sleep(0.5)\ndef model_fn(model_dir):")
    cloud.model(slow, name="ten", model={"model.json": '{"add": 10}'})
    cloud.endpoint_config("ten-config", "ten")
    cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="ten-config")
    seen = []
    while cloud.sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "Updating":
        seen.append(sums(cloud, "[0]")[0])
    assert seen[0] == 1
    assert set(seen) <= {1, 10}
    assert sums(cloud, "[0]") == [10]
    assert cloud.wait_endpoint()["EndpointConfigName"] == "ten-config"


def test_a_real_time_endpoint_cannot_become_serverless_and_serves_on(cloud):
    """The other way round it can."""
    cloud.endpoint(config=adder(cloud, "one", 1))
    cloud.endpoint_config("small", "one", serverless=True)
    with pytest.raises(ClientError, match="a real-time endpoint cannot become a serverless one"):
        cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="small")
    assert cloud.wait_endpoint()["EndpointStatus"] == "InService"
    assert sums(cloud, "[0]") == [1]
    cloud.sagemaker.create_endpoint(EndpointName="sleeper", EndpointConfigName="small")
    cloud.wait_endpoint("sleeper")
    cloud.endpoint_config("large", "one")
    cloud.sagemaker.update_endpoint(EndpointName="sleeper", EndpointConfigName="large")
    assert cloud.wait_endpoint("sleeper")["EndpointConfigName"] == "large"


@pytest.mark.parametrize("how", ["updated", "deleted"])
def test_a_request_that_is_under_way_is_answered_by_the_model_that_got_it(cloud, how):
    slow = ADDER.replace(
        "def predict_fn(data, model):", "def predict_fn(data, model):\n    import time; time.sleep(1.2)"
    )
    cloud.model(slow, name="slow", model={"model.json": '{"add": 1}'})
    cloud.endpoint_config("slow-config", "slow")
    cloud.endpoint(config="slow-config")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(sums(cloud, "[0]")))
    asking.start()
    time.sleep(0.4)
    if how == "deleted":
        cloud.sagemaker.delete_endpoint(EndpointName="endpoint")
    else:
        cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName=adder(cloud, "ten", 10))
        cloud.wait_endpoint()
        assert sums(cloud, "[0]") == [10]
    asking.join()
    assert answers == [[1]]


def test_an_update_that_cannot_load_leaves_the_old_model_serving(cloud):
    cloud.endpoint(config=adder(cloud, "one", 1))
    cloud.model("def model_fn(d):\n    raise RuntimeError('weights are gone')", name="bad")
    cloud.endpoint_config("bad-config", "bad")
    cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="bad-config")
    endpoint = cloud.wait_endpoint()
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "one-config")
    assert "RuntimeError: weights are gone" in endpoint["FailureReason"]
    assert sums(cloud) == [2, 3]


def test_a_model_that_cannot_be_loaded_fails_the_endpoint_and_its_log_says_all(cloud):
    cloud.model("import nonexistent_module", name="bad")
    cloud.endpoint_config("bad-config", "bad")
    endpoint = cloud.endpoint(config="bad-config")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "No module named 'nonexistent_module'" in endpoint["FailureReason"]
    assert any("Traceback" in line for line in cloud.log("/aws/sagemaker/Endpoints/endpoint", "all"))
    with pytest.raises(ClientError, match="is Failed"):
        cloud.invoke("[]")
    with pytest.raises(ClientError, match="Cannot update failed endpoint"):
        cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="bad-config")


def test_a_script_without_model_fn_says_that_it_is_needed(cloud):
    cloud.model("def predict_fn(data, model): return data", name="bad")
    cloud.endpoint_config("bad-config", "bad")
    assert "Please provide a model_fn" in cloud.endpoint(config="bad-config")["FailureReason"]


def test_a_missing_model_archive_fails_the_endpoint(cloud):
    cloud.model(ADDER, name="bad", ModelDataUrl="s3://lake/nothing/model.tar.gz")
    cloud.endpoint_config("bad-config", "bad")
    assert "s3://lake/nothing/model.tar.gz" in cloud.endpoint(config="bad-config")["FailureReason"]


def test_a_serverless_endpoint_sleeps_when_idle_and_wakes_when_asked(cloud):
    endpoint = cloud.endpoint(config=adder(cloud, "plus", 1, serverless=True))
    assert endpoint["ProductionVariants"][0]["CurrentServerlessConfig"]["MaxConcurrency"] == 5
    limit = time.monotonic() + 15
    while list((cloud.server.home.path / "endpoints" / "work").iterdir()):
        assert time.monotonic() < limit, "the process never ended"
        time.sleep(0.1)
    assert sums(cloud) == [2, 3]


def test_a_serverless_endpoint_throttles_above_its_concurrency(cloud):
    slow = ADDER.replace(
        "def predict_fn(data, model):", "def predict_fn(data, model):\n    import time; time.sleep(1.8)"
    )
    cloud.model(slow, name="slow", model={"model.json": '{"add": 1}'})
    cloud.endpoint_config("slow-config", "slow", serverless=True, concurrency=1)
    cloud.endpoint(config="slow-config")
    cloud.invoke("[1]")  # so that the next request does not wait for a client to be made; clients retry for a second
    first = threading.Thread(target=lambda: cloud.invoke("[1]"))
    first.start()
    time.sleep(0.3)
    with pytest.raises(ClientError, match="ThrottlingException"):
        cloud.invoke("[1]")
    first.join()


def test_an_endpoint_comes_back_after_the_cloud_was_restarted(cloud):
    cloud.endpoint(config=adder(cloud, "plus", 1))
    cloud.server.gateway.tell("restore")
    assert cloud.sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "InService"
    assert sums(cloud) == [2, 3]


def test_an_error_of_the_model_is_a_model_error_with_its_own_words(cloud):
    cloud.endpoint(config=adder(cloud, "plus", 1))
    with pytest.raises(ClientError, match="from all with message") as refused:
        cloud.invoke('["a"]')
    assert refused.value.response["Error"]["Code"] == "ModelError"
    assert 'can only concatenate str (not "int") to str' in str(refused.value)


def test_a_request_that_is_too_large_is_refused(cloud):
    cloud.endpoint(config=adder(cloud, "plus", 1, serverless=True))
    with pytest.raises(ClientError, match="this endpoint takes 4194304"):
        cloud.invoke(b" " * (4 * 1024 * 1024 + 1))


def test_a_model_package_is_served_with_its_own_specification(cloud):
    adder(cloud, "plus", 5)
    specified = {
        "Image": cloud.image,
        "ModelDataUrl": "s3://lake/models/plus/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    }
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName="group")
    package = cloud.sagemaker.create_model_package(
        ModelPackageGroupName="group",
        InferenceSpecification={
            "Containers": [specified],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        ModelApprovalStatus="Approved",
    )["ModelPackageArn"]
    container = {"ModelPackageName": package}
    cloud.sagemaker.create_model(ModelName="packaged", PrimaryContainer=container, ExecutionRoleArn=cloud.role)
    cloud.endpoint_config("packaged-config", "packaged")
    endpoint = cloud.endpoint(config="packaged-config")
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    assert sums(cloud) == [6, 7]


def test_a_deleted_endpoint_is_gone_with_its_process(cloud):
    cloud.endpoint(config=adder(cloud, "plus", 1))
    cloud.sagemaker.delete_endpoint(EndpointName="endpoint")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        cloud.sagemaker.describe_endpoint(EndpointName="endpoint")
    with pytest.raises(ClientError, match="not found"):
        cloud.invoke("[]")
    limit = time.monotonic() + 10
    while list((cloud.server.home.path / "endpoints" / "work").iterdir()):
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_names_are_unique_and_configurations_must_exist(cloud):
    cloud.endpoint(config=adder(cloud, "plus", 1))
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        cloud.endpoint(config="plus-config")
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        cloud.endpoint("other", config="ghost")
    listed = cloud.sagemaker.list_endpoints(NameContains="endp")["Endpoints"]
    assert [each["EndpointName"] for each in listed] == ["endpoint"]


def test_transform_fn_beside_the_other_functions_is_refused_as_in_awss_containers(cloud):
    cloud.model(ADDER + "def transform_fn(model, body, kind, accept):\n    return body\n", name="both")
    cloud.endpoint_config("both-config", "both")
    endpoint = cloud.endpoint(config="both-config")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "Cannot use transform_fn implementation in conjunction with input_fn" in endpoint["FailureReason"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_an_archive_with_links_is_refused_because_sagemaker_does_not_extract_it(cloud, kind):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("model.json"), io.BytesIO())
        link = tarfile.TarInfo("latest.json")
        link.type, link.linkname = kind, "model.json"
        tar.addfile(link)
    url = cloud.put("models/linked/model.tar.gz", buffer.getvalue())
    container = {"Image": cloud.image, "ModelDataUrl": url}
    cloud.sagemaker.create_model(ModelName="linked", PrimaryContainer=container, ExecutionRoleArn=cloud.role)
    cloud.endpoint_config("linked-config", "linked")
    endpoint = cloud.endpoint(config="linked-config")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "it holds links (latest.json)" in endpoint["FailureReason"]


def test_descriptions_leave_out_what_nobody_said(cloud):
    """An empty VpcConfig is no VpcConfig: AWS omits it, and clients that check their models refuse it."""
    adder(cloud, "bare", 1)
    described = [
        cloud.sagemaker.describe_model(ModelName="bare"),
        cloud.sagemaker.describe_endpoint_config(EndpointConfigName="bare-config"),
    ]
    for answer in described:
        assert not [name for name, value in answer.items() if value in ({}, [], None)]
