"""What a job reaches of the machine and of the network is what AWS would let it reach."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs import enter, mounts
from mlops_iac.cloud.jobs.reach import find_reach

CHECKOUT = Path(__file__).parents[3]

LOOK = """
import json, os, pathlib, socket, tempfile, urllib.request

def attempt(work):
    try:
        return work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def connect(address):
    socket.create_connection(address, timeout=2).close()
    return "connected"

def send(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        return handle.sendto(b"x", address)

def write(path):
    pathlib.Path(path).write_text("x")
    return "written"

cloud = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://").split(":")
found = {
    "machine": attempt(lambda: connect(("%(host)s", %(port)s))),
    "datagram": attempt(lambda: send(("%(host)s", %(port)s))),
    "cloud": attempt(lambda: connect((cloud[0], int(cloud[1])))),
    "project": attempt(lambda: os.listdir("%(project)s")),
    "home": attempt(lambda: os.listdir("%(home)s")),
    "shadow": attempt(lambda: pathlib.Path("/etc/shadow").read_text()),
    "write in /usr": attempt(lambda: write("/usr/x")),
    "write in /": attempt(lambda: write("x")),
    "write in /tmp": attempt(lambda: write("/tmp/x")),
    "tmp": sorted(os.listdir("/tmp")),
    "HOME": os.environ["HOME"],
    "cwd": os.getcwd(),
}
print("FOUND " + json.dumps(found))
"""

needs_namespaces = pytest.mark.skipif(not mounts.can_isolate(), reason="no private namespaces on this machine")


@pytest.fixture
def other_machine():
    """An address of this machine that is not loopback: what stands for the world outside."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a datagram socket sends nothing by connecting
        except OSError:
            pytest.skip("this machine has no network")
        own = probe.getsockname()[0]
    with socket.create_server((own, 0)) as listener:
        yield listener.getsockname()


@pytest.fixture
def network(cloud):
    """A subnet like those of our networks: a gateway endpoint to S3, no route out."""
    ec2 = cloud.clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.64.0.0/20")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.64.0.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    service = f"com.amazonaws.{cloud.region}.s3"
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, VpcEndpointType="Gateway", RouteTableIds=[table])
    group = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]["GroupId"]
    return {"vpc": vpc, "table": table, "config": {"Subnets": [subnet], "SecurityGroupIds": [group]}}


def look(cloud, other_machine, **changes):
    host, port = other_machine
    home = Path.home()
    script = LOOK % {"host": host, "port": port, "project": CHECKOUT, "home": home}
    job = cloud.process(script, **changes)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    log = cloud.log("/aws/sagemaker/ProcessingJobs", "job")
    return json.loads(next(line for line in log if line.startswith("FOUND "))[6:]), log


@needs_namespaces
def test_a_job_sees_a_container_and_not_this_machine(cloud, other_machine):
    (Path("/tmp") / f"mlops-iac-test-{os.getpid()}").touch()
    try:
        seen, _ = look(cloud, other_machine)
    finally:
        (Path("/tmp") / f"mlops-iac-test-{os.getpid()}").unlink()
    assert seen["machine"] == "connected"  # SageMaker's own network has the internet
    assert set(seen["project"]) <= {".venv"}, "only the interpreter's environment is there"
    assert set(seen["home"]) <= {".pyenv", ".local", ".cache", "miniconda3", "x"}, "only an interpreter may be there"
    assert not any(secret in seen["home"] for secret in (".aws", ".ssh"))
    assert "root" not in seen["shadow"]
    assert "Read-only" in seen["write in /usr"] or "Permission" in seen["write in /usr"]
    assert seen["write in /"] == seen["write in /tmp"] == "written"
    way = CHECKOUT.relative_to("/tmp").parts[:1] if CHECKOUT.is_relative_to("/tmp") else ()
    assert seen["tmp"] == sorted(["x", *way]), "its own, and the way to the interpreter where the checkout lies in it"
    assert (seen["HOME"], seen["cwd"]) == ("/root", "/")


@needs_namespaces
def test_an_isolated_job_reaches_nothing(cloud, other_machine):
    seen, _ = look(cloud, other_machine, NetworkConfig={"EnableNetworkIsolation": True})
    assert "unreachable" in seen["machine"]
    assert "unreachable" in seen["datagram"]
    assert "refused" in seen["cloud"]


@needs_namespaces
def test_a_job_in_a_private_subnet_reaches_s3_and_nothing_else(cloud, other_machine, network):
    seen, _ = look(cloud, other_machine, NetworkConfig={"VpcConfig": network["config"]})
    assert "unreachable" in seen["machine"]
    assert seen["cloud"] == "connected"


@needs_namespaces
def test_a_private_subnet_reaches_the_services_that_have_an_endpoint(cloud, network):
    script = """
import os, boto3, botocore, urllib.error, urllib.request
try:
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_mlops-iac/status")
    raise SystemExit("a job steers the cloud")
except urllib.error.HTTPError as error:
    assert error.code == 403
s3 = boto3.client("s3")
body = os.urandom(3_000_000)
s3.put_object(Bucket="lake", Key="seen/big", Body=body)
assert s3.get_object(Bucket="lake", Key="seen/big")["Body"].read() == body
try:
    boto3.client("sagemaker").list_models()
except botocore.exceptions.ClientError as error:
    s3.put_object(Bucket="lake", Key="seen/refusal", Body=str(error).encode())
"""
    job = cloud.process(script, NetworkConfig={"VpcConfig": network["config"]})
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert b"com.amazonaws.eu-west-1.sagemaker.api: on AWS this call would time out" in cloud.get("seen/refusal")


def test_a_route_through_a_nat_gateway_leads_out(cloud, network):
    ec2 = cloud.clients("ec2")
    subnets = network["config"]["Subnets"]
    reach = find_reach(ec2, subnets, cloud.region)
    assert (reach.internet, reach.endpoints) == (False, {"s3"})
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    ec2.create_route(RouteTableId=network["table"], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    assert find_reach(ec2, subnets, cloud.region).internet


def test_an_internet_gateway_helps_only_who_has_a_public_address(cloud, network):
    ec2 = cloud.clients("ec2")
    subnets = network["config"]["Subnets"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=network["vpc"])
    ec2.create_route(RouteTableId=network["table"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    assert not find_reach(ec2, subnets, cloud.region).internet
    assert find_reach(ec2, subnets, cloud.region, public_address=True).internet


def test_subnets_that_are_not_there_fail_the_job(cloud):
    job = cloud.process("1", NetworkConfig={"VpcConfig": {"Subnets": ["subnet-0a"], "SecurityGroupIds": ["sg-0a"]}})
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "ClientError: The subnet ID 'subnet-0a' does not exist"


def test_where_there_are_no_namespaces_python_is_held_and_it_is_said(cloud, other_machine, monkeypatch):
    monkeypatch.setattr(enter, "can_isolate", lambda: False)
    monkeypatch.setattr(mounts, "can_mount", lambda: False)
    address, port = other_machine
    script = f"""
import socket
for attempt in (
    lambda: socket.create_connection(("{address}", {port}), timeout=2),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("{address}", {port})),
    lambda: socket.getaddrinfo("pypi.org", 443),
):
    try:
        attempt()
    except ConnectionRefusedError as error:
        print(error)
    else:
        raise SystemExit("it got out")
"""
    entry = {"ImageUri": cloud.image, "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"]}
    job = cloud.process(script, NetworkConfig={"EnableNetworkIsolation": True}, AppSpecification=entry)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    log = cloud.log("/aws/sagemaker/ProcessingJobs", "job")
    assert sum("refused to Python only" in line for line in log) == 1
    assert sum("can read and write this person's other files" in line for line in log) == 1


@needs_namespaces
def test_what_pip_installs_in_a_job_ends_with_the_job(cloud, make_wheel):
    """As in a container; the environment is shared by all jobs of this machine and must stay as it is."""
    cloud.put("data/raw/tiny-1.0-py3-none-any.whl", make_wheel("tiny", "1.0", "VALUE = 7"))
    script = """
import subprocess, sys
wheel = "/opt/ml/processing/input/data/tiny-1.0-py3-none-any.whl"
subprocess.run([sys.executable, "-m", "pip", "install", "--no-index", wheel], check=True)
import tiny
print("VALUE", tiny.VALUE)
"""
    for name in ("first", "second"):
        job = cloud.process(script, name=name)
        assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
        lines = cloud.log("/aws/sagemaker/ProcessingJobs", name)
        assert "VALUE 7" in lines
        assert any("Successfully installed tiny-1.0" in line for line in lines)
