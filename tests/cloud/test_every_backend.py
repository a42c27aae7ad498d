"""Every read of every service that moto has can be asked, and the state is saved and loaded afterwards.

moto's backends keep whatever an answer left behind: generators for the next page, open files, iterators. One such thing
must cost itself only, never the save.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import urlencode

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer
from moto.backend_index import backend_url_patterns

from mlops_iac.cloud import snapshot, wire
from mlops_iac.cloud.home import Home
from mlops_iac.core.service_models import loader

READ = re.compile(r"^(List|Describe|Get|BatchGet|Head|Search|Lookup|Scan|Query)")
LEFT_OUT = {
    ("ec2", "DescribeInstanceTypeOfferings"),  # a table of AWS's that takes moto seconds to read, and is no state
    ("ec2", "DescribeInstanceTypes"),
}


def services_of_moto():
    """botocore's names of the services that moto has a backend for."""
    ours = {name.replace("_", "-") for name, _ in backend_url_patterns} | {"stepfunctions"}
    return sorted(ours & set(Loader().list_available_services("service-2")))


def minimal(shape, seen=()):
    """The least that the service takes, without a meaning."""
    if shape is None or shape.name in seen:
        return {}
    seen = (*seen, shape.name)
    kinds = {
        "structure": lambda: {name: minimal(shape.members[name], seen) for name in shape.required_members},
        "list": lambda: [minimal(shape.member, seen)],
        "map": dict,
        "blob": lambda: b"x",
        "boolean": lambda: False,
        "timestamp": lambda: 0,
    }
    if shape.type_name in ("integer", "long", "float", "double"):
        return 1
    if shape.type_name in kinds:
        return kinds[shape.type_name]()
    return (getattr(shape, "enum", None) or ["x"])[0]


def ask(gateway, model, operation):
    """One request to moto, as botocore would write it, without a connection."""
    built = create_serializer(model.metadata["protocol"], False).serialize_to_request(
        minimal(operation.input_shape), operation
    )
    body = built["body"]
    body = urlencode(body).encode() if isinstance(body, dict) else body
    body = body.encode() if isinstance(body, str) else bytes(body or b"")
    path, _, inner = built["url_path"].partition("?")
    query = "&".join(filter(None, (inner, urlencode(built["query_string"], doseq=True))))
    scope = f"20260101/eu-west-1/{model.signing_name}/aws4_request"
    environ = {
        "REQUEST_METHOD": built["method"],
        "PATH_INFO": path,
        "RAW_URI": f"{path}?{query}",
        "REQUEST_URI": f"{path}?{query}",
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": built["headers"].get("Content-Type", ""),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=x/{scope}, SignedHeaders=host, Signature=x",
    }
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": str(value) for name, value in built["headers"].items()}
    gateway._moto.ask(wire.read(environ, body))


def ask_everything(gateway):
    """Every read; answers how many moto answered at all."""
    answered = 0
    for service in services_of_moto():
        model = ServiceModel(loader().load_service_model(service, "service-2"), service)
        for name in model.operation_names:
            if READ.match(name) and (service, name) not in LEFT_OUT:
                try:
                    ask(gateway, model, model.operation_model(name))
                    answered += 1
                except Exception:
                    continue
    return answered


@pytest.fixture(scope="module")
def asked(cloud):
    logging.disable(logging.CRITICAL)
    try:
        return ask_everything(cloud.gateway)
    finally:
        logging.disable(logging.NOTSET)


def test_after_every_read_that_moto_knows_the_state_is_saved_and_loaded(cloud, asked):
    assert asked > 500
    cloud.gateway.touch()
    assert cloud.server.save(), cloud.gateway.disk.failed
    snapshot.load(cloud.server.home.path / "cloud.snap", cloud.gateway.database)


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("resourcegroupstaggingapi", lambda client: client.get_resources(ResourcesPerPage=1)),
        ("acm", lambda client: client.request_certificate(DomainName="example.org")),
    ],
)
def test_what_once_bricked_the_cloud_costs_nothing(cloud, service, change):
    """These left a generator, and whatever came next was told that the disk was full."""
    s3 = cloud.clients()("s3")
    for number in range(2):
        name = f"tagged-{service}-{number}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    change(cloud.clients()(service))
    cloud.gateway.touch()
    assert cloud.server.save(), cloud.gateway.disk.failed
    s3.put_bucket_tagging(Bucket=f"tagged-{service}-0", Tagging={"TagSet": []})


def test_what_cannot_be_kept_is_left_out_and_said(cloud, tmp_path):
    cloud.server.save()
    with open("/dev/null", "rb") as file, cloud.gateway.locked():
        odd = {"generator": (one for one in "ab"), "file": file, "view": {1: 2}.keys(), "kept": {1: 2}}
        dumped = snapshot.dump({"odd": odd}, snapshot.named_by(cloud.server.home.path / "cloud.snap").save)
    assert {"builtins.generator", "_io.BufferedReader"} <= dumped.dropped
    snapshot.write(Home(tmp_path), dumped.content)
    store, _ = snapshot.load(tmp_path / "cloud.snap", cloud.gateway.database)
    assert store["odd"] == {"generator": None, "file": None, "view": [1], "kept": {1: 2}}


def test_what_was_left_out_is_told_once(cloud, caplog):
    for _ in range(2):
        cloud.server.keeper._tell_dropped(frozenset({"odd.Thing"}))
    assert caplog.text.count("Something cannot be kept over a restart, and is left out: a odd.Thing.") == 1
