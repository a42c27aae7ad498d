"""The gateway's contract: hooks, errors in each protocol, and one lock."""

from __future__ import annotations

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.wire import AwsError

LOCATION = {"LocationConstraint": "eu-west-1"}


def refused(call):
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("sagemaker", lambda c: c.create_hub(HubName="h", HubDescription="d")),  # JSON
        (
            "ec2",
            lambda c: c.create_coip_pool(LocalGatewayRouteTableId="t"),
        ),  # EC2's XML
        ("iam", lambda c: c.generate_service_last_accessed_details(Arn="a" * 20)),  # query
        ("eks", lambda c: c.create_addon(clusterName="c", addonName="a")),  # REST, no route in moto
        ("chime", lambda c: c.list_accounts()),  # a service that moto lacks
        ("s3", lambda c: c.delete_bucket_metadata_configuration(Bucket="b" * 5)),  # S3's XML
    ],
)
def test_what_moto_lacks_is_a_501_that_sdks_can_read(cloud, service, call):
    status, code, message = refused(lambda: call(cloud.clients()(service)))
    assert (status, code) == (501, "NotImplemented")
    assert f"does not offer {service}:" in message


def test_instead_answers_in_the_services_own_shape(cloud):
    calls = []

    def describe(call):
        calls.append(call)
        return {"ModelName": call.params["ModelName"], "ModelArn": "arn:aws:sagemaker:x:1:model/m", "CreationTime": 0}

    cloud.gateway.instead("sagemaker", "DescribeModel", describe)
    answer = cloud.gateway.clients("eu-north-1", "222222222222")("sagemaker").describe_model(ModelName="m")
    assert answer["ModelName"] == "m"
    assert answer["CreationTime"].year == 1970
    (call,) = calls
    assert (call.service, call.operation) == ("sagemaker", "DescribeModel")
    assert (call.region, call.account_id) == ("eu-north-1", "222222222222")


def test_binary_bodies_and_headers_go_through_a_hook_unchanged(cloud):
    data = bytes(range(256)) * 10
    seen = []

    def invoke(call):
        seen.append(call)
        return {"Body": call.params["Body"][::-1], "ContentType": "application/x-npy", "InvokedProductionVariant": "v"}

    cloud.gateway.instead("sagemaker-runtime", "InvokeEndpoint", invoke)
    answer = cloud.clients()("sagemaker-runtime").invoke_endpoint(
        EndpointName="e-1", Body=data, ContentType="application/x-npy", Accept="application/x-npy"
    )
    assert answer["Body"].read() == data[::-1]
    assert answer["ContentType"] == "application/x-npy"
    assert answer["InvokedProductionVariant"] == "v"
    assert seen[0].params["EndpointName"] == "e-1"
    assert seen[0].params["Accept"] == "application/x-npy"


@pytest.mark.parametrize(
    ("service", "operation", "call"),
    [
        ("sagemaker", "ListModels", lambda c: c.list_models()),
        ("ec2", "DescribeVpcs", lambda c: c.describe_vpcs()),
        ("sns", "ListTopics", lambda c: c.list_topics()),
        ("batch", "DescribeJobs", lambda c: c.describe_jobs(jobs=["j"])),
        ("s3", "ListBuckets", lambda c: c.list_buckets()),
    ],
)
def test_before_may_refuse_in_every_protocol(cloud, service, operation, call):
    state = {"refuse": True}

    def check(_):
        if state["refuse"]:
            raise AwsError("Throttled<&>", "not <now> & never", 418)

    cloud.gateway.before(service, operation, check)
    assert refused(lambda: call(cloud.clients()(service))) == (418, "Throttled<&>", "not <now> & never")
    state["refuse"] = False


def test_after_is_told_of_success_only(cloud):
    told = []
    cloud.gateway.after("s3", "CreateBucket", lambda call: told.append(call.params["Bucket"]))
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="told-of", CreateBucketConfiguration=LOCATION)
    other = cloud.gateway.clients("eu-west-1", "222222222222")("s3")
    refused(lambda: other.create_bucket(Bucket="told-of", CreateBucketConfiguration=LOCATION))
    assert told == ["told-of"]


def test_a_hook_that_crashes_is_an_internal_failure_and_not_html(cloud):
    def crash(call):
        raise ZeroDivisionError("bug")

    cloud.gateway.instead("ssm", "DescribeParameters", crash)
    status, code, message = refused(lambda: cloud.clients()("ssm").describe_parameters())
    assert (status, code, message) == (500, "InternalFailure", "ZeroDivisionError: bug")


def test_hooks_may_call_the_server_back(cloud):
    cloud.clients()("s3").create_bucket(Bucket="called-back", CreateBucketConfiguration=LOCATION)

    def list_domains(call):
        buckets = cloud.clients()("s3").list_buckets()["Buckets"]
        return {"Domains": [{"DomainName": b["Name"]} for b in buckets if b["Name"] == "called-back"]}

    cloud.gateway.instead("sagemaker", "ListDomains", list_domains)
    assert cloud.clients()("sagemaker").list_domains()["Domains"][0]["DomainName"] == "called-back"


def test_many_threads_may_create_and_list_at_once(cloud):
    """Without the lock moto fails about four calls in a hundred: a dictionary changes while it is listed."""
    sagemaker = cloud.clients()("sagemaker")

    def create_and_list(number):
        sagemaker.create_model_package_group(ModelPackageGroupName=f"group-{number}")
        return len(sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(create_and_list, range(80)))


def test_only_calls_that_may_change_something_count_as_changes(cloud):
    s3, before = cloud.clients()("s3"), cloud.gateway.changes
    s3.list_buckets()
    cloud.clients()("sts").get_caller_identity()
    assert cloud.gateway.changes == before
    s3.create_bucket(Bucket="a-change", CreateBucketConfiguration=LOCATION)
    assert cloud.gateway.changes == before + 1


def test_waiting_for_a_message_does_not_keep_it_from_arriving(cloud):
    sqs = cloud.clients()("sqs")
    url = sqs.create_queue(QueueName="waiting")["QueueUrl"]
    received = []
    waiting = threading.Thread(
        target=lambda: received.extend(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", []))
    )
    waiting.start()
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    waiting.join(5)
    assert [message["Body"] for message in received] == ["hello"]


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example.org"}, {"Host": "evil.example.org:80"}, {"Origin": "http://evil.example.org"}]
)
def test_web_pages_cannot_use_the_server(cloud, headers):
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request("GET", "/_mlops-iac/health", headers=headers)
    assert connection.getresponse().status == 403


def test_motos_own_api_is_not_served(cloud):
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request("POST", "/moto-api/reset")
    assert connection.getresponse().status == 404
