"""No request leaves loopback, whatever the environment says."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mlops_iac.clients import Clients, Credentials
from mlops_iac.core.errors import CloudError

KEY = Credentials("MLOPSIACTEST", "half")

HOSTILE = {
    "AWS_ACCESS_KEY_ID": "AKIAREALLOOKING00001",
    "AWS_SECRET_ACCESS_KEY": "real-looking-secret",
    "AWS_SESSION_TOKEN": "real-looking-token",
    "AWS_PROFILE": "production",
    "AWS_DEFAULT_PROFILE": "production",
    "AWS_ENDPOINT_URL": "http://203.0.113.1:9",
    "AWS_ENDPOINT_URL_S3": "http://203.0.113.1:9",
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_MAX_ATTEMPTS": "10",
    "AWS_CA_BUNDLE": "/nonexistent/ca.pem",
    "AWS_BEARER_TOKEN_BEDROCK": "real-looking-bearer",
    "HTTP_PROXY": "http://203.0.113.1:9",
    "HTTPS_PROXY": "http://203.0.113.1:9",
    "ALL_PROXY": "http://203.0.113.1:9",
    "http_proxy": "http://203.0.113.1:9",
}
SERVICES = ("athena", "batch", "bedrock", "budgets", "cloudwatch", "ec2", "ecr", "events", "glue", "iam", "kms",
            "lambda", "logs", "s3", "s3control", "sagemaker", "sagemaker-runtime", "scheduler", "sns", "sqs", "ssm",
            "stepfunctions", "sts")  # fmt: skip

PROBE = """
import sys
reached = []
def watch(event, arguments):
    if event == "socket.connect":
        reached.append(arguments[1])
    if event == "socket.getaddrinfo":
        reached.append((arguments[0], 0))
sys.addaudithook(watch)
from mlops_iac.clients import Clients, Credentials
clients = Clients.embedded(sys.argv[1], "eu-west-1", credentials=Credentials("MLOPSIACTEST", "half"))
calls = {
    "s3": lambda c: (c.list_buckets(), c.put_object(Bucket="b.with.dots", Key="k", Body=b"x")),
    "s3control": lambda c: c.get_public_access_block(AccountId="123456789012"),
    "sagemaker-runtime": lambda c: c.invoke_endpoint(EndpointName="e", Body=b"1"),
    "logs": lambda c: c.start_live_tail(logGroupIdentifiers=["arn:aws:logs:eu-west-1:123456789012:log-group:g"]),
    "stepfunctions": lambda c: c.start_sync_execution(stateMachineArn="arn:aws:states:eu-west-1:1:stateMachine:m"),
    "sts": lambda c: c.get_caller_identity(),
    "bedrock": lambda c: c.list_foundation_models(),
    "iam": lambda c: c.list_roles(),
    "sqs": lambda c: c.receive_message(QueueUrl="http://203.0.113.1:9/123456789012/q"),
}
for service in sys.argv[2].split(","):
    client = clients(service)
    try:
        calls[service](client) if service in calls else None
    except Exception as error:
        print(service, type(error).__name__, file=sys.stderr)
hosts = {str(address[0]) for address in reached if isinstance(address, tuple)}
print(sorted(hosts))
"""


class Recorder(BaseHTTPRequestHandler):
    """Answers everything with 501 and remembers what was sent."""

    seen: list[str] = []

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        Recorder.seen.append(f"{self.path}\n{self.headers}\n{body!r}")
        self.send_response(501)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recorder():
    Recorder.seen = []
    server = HTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_nothing_leaves_loopback_and_no_credential_is_sent(recorder):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, recorder, ",".join(SERVICES)],
        env={**os.environ, **HOSTILE},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "['127.0.0.1']", done.stderr
    assert len(Recorder.seen) >= 8
    everything = "\n".join(Recorder.seen)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"):
        assert HOSTILE[name] not in everything


def test_a_missing_operation_is_asked_for_once(recorder):
    with pytest.raises(Exception, match="501"):
        Clients.embedded(recorder, "eu-west-1", credentials=KEY)("ssm").describe_parameters()
    assert len(Recorder.seen) == 1


@pytest.mark.parametrize(
    "endpoint",
    ["https://s3.amazonaws.com", "http://203.0.113.1:80", "http://127.0.0.1", "https://127.0.0.1:1", "http://0.0.0.0:1",
     "http://127.0.0.1.example.org:80", "http://localhost.example.org:80", "127.0.0.1:80", "", "http://[::]:80"],
)  # fmt: skip
def test_an_endpoint_that_is_not_on_loopback_is_refused(endpoint):
    with pytest.raises(CloudError, match="only reached on loopback"):
        Clients.embedded(endpoint, "eu-west-1", credentials=KEY)


def test_a_request_that_was_bent_elsewhere_is_stopped(recorder):
    client = Clients.embedded(recorder, "eu-west-1", credentials=KEY)("ssm")

    def bend(request, **_):
        request.url = "http://203.0.113.1:9/"

    client.meta.events.register_last("before-sign.ssm.*", bend)
    with pytest.raises(CloudError, match="would have left this machine"):
        client.describe_parameters()
    assert Recorder.seen == []


def test_clients_are_made_once_and_say_what_they_are(recorder):
    clients = Clients.embedded(recorder, "eu-west-1", "222222222222", credentials=KEY)
    assert clients("ssm") is clients("ssm")
    assert (clients.region, clients.endpoint, clients.account_id) == ("eu-west-1", recorder, "222222222222")
    assert clients.embedded is True
    aws = Clients.aws("eu-west-1")
    assert (aws.embedded, aws.endpoint, aws.region) == (False, None, "eu-west-1")


def test_many_threads_get_the_same_client(recorder):
    clients = Clients.embedded(recorder, "eu-west-1", credentials=KEY)
    made = []
    threads = [threading.Thread(target=lambda: made.append(clients("sqs"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, made))) == 1


def test_many_calls_on_aws_go_at_the_pace_that_it_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand questions are more than an account may ask in a moment; one that is refused all the same is told."""
    from botocore.stub import Stubber

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    aws = Clients.aws("eu-west-1")
    patient = aws._make_patient("ssm")
    retries = patient.meta.config.retries
    assert (retries["mode"], retries["total_max_attempts"]) == ("adaptive", 20)
    stub = Stubber(patient)
    stub.add_response("get_parameter", {"Parameter": {"Value": "v"}})
    stub.add_client_error("get_parameter", "ThrottlingException")
    aws._make_patient = lambda service: patient
    monkeypatch.setattr("mlops_iac.clients.AT_A_TIME", 1)
    with stub:
        found, refused = aws.many("ssm", "get_parameter", [{"Name": "/p"}] * 2, lambda answer: answer["Parameter"])
    assert found == {"Value": "v"}
    assert refused.response["Error"]["Code"] == "ThrottlingException"
