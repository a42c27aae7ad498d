"""Who may call the embedded cloud: whoever has its key, and nobody else, in AWS's words."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from mlops_iac.clients import Clients, Credentials
from mlops_iac.cloud.own_calls import CHALLENGE
from mlops_iac.cloud.process import EmbeddedCloud

STRANGER = Credentials("AKIAIOSFODNN7EXAMPLE", "anything")
LOCATION = {"LocationConstraint": "eu-west-1"}
CALLS = {
    "s3": (lambda c: c.list_buckets(), "AccessDenied", "InvalidAccessKeyId"),
    "ec2": (lambda c: c.describe_vpcs(), "AuthFailure", "AuthFailure"),
    "iam": (lambda c: c.list_roles(), "MissingAuthenticationToken", "InvalidClientTokenId"),
    "sagemaker": (lambda c: c.list_models(), "MissingAuthenticationTokenException", "UnrecognizedClientException"),
    "sagemaker-runtime": (
        lambda c: c.invoke_endpoint(EndpointName="e", Body=b"1"),
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    ),
}


def client(cloud, service, **settings):
    """As a stranger's tool makes one: from the variables alone."""
    return boto3.session.Session().client(service, "eu-west-1", endpoint_url=cloud.endpoint, **settings)


def code_of(call):
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


@pytest.mark.parametrize("service", CALLS)
def test_an_unknown_key_is_refused_in_the_services_words(cloud, service):
    call, _, code = CALLS[service]
    stranger = Clients.embedded(cloud.endpoint, "eu-west-1", credentials=STRANGER)
    assert code_of(lambda: call(stranger(service))) == code


@pytest.mark.parametrize("service", [name for name in CALLS if name != "ec2"])
def test_an_unsigned_request_is_refused_in_the_services_words(cloud, service):
    call, code, _ = CALLS[service]
    unsigned = client(cloud, service, config=Config(signature_version=UNSIGNED))
    assert code_of(lambda: call(unsigned)) == code


@pytest.mark.parametrize(
    "path", ["/", "/lake/key", "/endpoints/e/invocations", "/v1/describejobs", "/moto-api/data.json"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD"])
def test_no_path_answers_without_a_key(cloud, method, path):
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request(method, path)
    assert connection.getresponse().status in (403, 404)


@pytest.mark.parametrize("call", [("GET", "status"), *(("POST", name) for name in ("save", "reset", "stop", "call"))])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guessed"}, {"Authorization": "Bearer "}])
def test_our_own_api_takes_the_key_too(cloud, call, headers):
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request(call[0], f"/_mlops-iac/{call[1]}", headers=headers)
    assert connection.getresponse().status == 403
    assert not cloud.server.stopping.is_set()


def test_the_health_proves_that_it_is_this_cloud(cloud):
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request("GET", "/_mlops-iac/health", headers={CHALLENGE: "7"})
    body = connection.getresponse().read().decode()
    assert json.loads(body)["proof"] == cloud.gateway.token.prove("7")
    assert cloud.gateway.token.owner.access_key not in body


def test_two_variables_are_all_that_a_strangers_client_needs(cloud, monkeypatch):
    for name, value in cloud.gateway.token.owner.variables().items():
        monkeypatch.setenv(name, value)
    assert "Buckets" in client(cloud, "s3").list_buckets()
    assert client(cloud, "sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_carry_the_key(cloud, version):
    s3 = cloud.clients()("s3")
    bucket = f"presigned-{version}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=LOCATION)
    s3.put_object(Bucket=bucket, Key="a b", Body=b"inside")
    key = cloud.gateway.token.owner
    presigning = client(cloud, "s3", aws_access_key_id=key.access_key, aws_secret_access_key=key.secret_key,
                        config=Config(signature_version=version, s3={"addressing_style": "path"}))  # fmt: skip
    url = presigning.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"})
    assert urllib.request.urlopen(url).read() == b"inside"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url.replace(key.access_key, STRANGER.access_key))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url.partition("?")[0])


def test_a_browsers_form_carries_the_key(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="forms", CreateBucketConfiguration=LOCATION)
    form = s3.generate_presigned_post("forms", "uploaded")
    fields = {**form["fields"], "file": "content"}
    parts = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: text/plain\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    body = f"{parts}--edge--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=edge"}
    urllib.request.urlopen(urllib.request.Request(form["url"], body.encode(), kind))
    assert s3.get_object(Bucket="forms", Key="uploaded")["Body"].read().strip() == b"content"
    forged = body.replace(cloud.gateway.token.owner.access_key, STRANGER.access_key).encode()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(urllib.request.Request(form["url"], forged, kind))


def test_keys_that_the_cloud_issued_are_known_until_they_are_withdrawn(cloud):
    iam = cloud.clients()("iam")
    arn = iam.create_user(UserName="robot")["User"]["Arn"]
    made = iam.create_access_key(UserName="robot")["AccessKey"]
    credentials = Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    robot = Clients.embedded(cloud.endpoint, "eu-west-1", credentials=credentials)
    assert robot("sts").get_caller_identity()["Arn"] == arn
    iam.update_access_key(UserName="robot", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert code_of(robot("sts").get_caller_identity) == "InvalidClientTokenId"


def test_a_roles_session_is_known(cloud):
    statement = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = cloud.clients()("iam").create_role(RoleName="trainer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    given = cloud.clients()("sts").assume_role(RoleArn=role, RoleSessionName="now")
    issued = given["Credentials"]
    session = Credentials(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
    acting = Clients.embedded(cloud.endpoint, "eu-west-1", credentials=session)
    assert acting("sts").get_caller_identity()["Arn"] == given["AssumedRoleUser"]["Arn"]
    forged = Credentials(issued["AccessKeyId"], issued["SecretAccessKey"], "forged")
    assert code_of(Clients.embedded(cloud.endpoint, "eu-west-1", credentials=forged)("sts").get_caller_identity) == (
        "InvalidClientTokenId"
    )


def test_an_impostor_at_the_port_is_not_taken_for_the_cloud_and_learns_no_key(cloud, tmp_path):
    """What listens where a cloud's record points must prove that it has the cloud's token."""
    from mlops_iac.cloud import token

    token.keep(tmp_path)
    (tmp_path / "cloud.json").write_text(json.dumps({"pid": os.getpid(), "endpoint": cloud.endpoint, "started": 0}))
    assert EmbeddedCloud(tmp_path).find() is None


ATTACK = """
import os, socket, sys
from urllib.request import urlopen
port, server = int(sys.argv[1]), int(sys.argv[2])
os.setgroups([]); os.setgid(65534); os.setuid(65534)
thief = socket.socket(); thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
thief.bind(("127.0.0.2", port)); thief.connect(("127.0.0.1", server)); thief.settimeout(5)
thief.sendall(b"GET /_mlops-iac/health HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n")
try:
    answer = thief.recv(4096)
except ConnectionError:
    answer = b""
try:
    token = open(sys.argv[3]).read()
except PermissionError:
    token = ""
print(len(answer), len(token))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a connection is")
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become another user")
def test_another_user_gets_no_answer_from_the_port_of_a_live_connection_and_no_token(cloud):
    server = int(cloud.endpoint.rsplit(":", 1)[1])
    own = http.client.HTTPConnection("127.0.0.1", server)
    own.request("GET", "/_mlops-iac/health")
    own.getresponse().read()
    port = own.sock.getsockname()[1]
    arguments = [str(port), str(server), str(cloud.gateway.home / "token")]
    interpreter = Path("/usr/bin/python3") if Path("/usr/bin/python3").exists() else Path(sys.executable)
    done = subprocess.run(
        [interpreter, "-c", ATTACK, *arguments], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == ["0", "0"], done.stderr
    own.request("GET", "/_mlops-iac/health")
    assert own.getresponse().status == 200
