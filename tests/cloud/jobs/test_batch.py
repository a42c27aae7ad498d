"""Batch jobs and array jobs run as processes, in the order that their dependencies say."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from tests.support.roles import make_mighty_role


@pytest.fixture
def batch(cloud):
    return Batch(cloud)


class Batch:
    """A queue and a job definition."""

    def __init__(self, cloud):
        self.cloud, self.client = cloud, cloud.clients("batch")
        self.client.create_compute_environment(
            computeEnvironmentName="cpu", type="UNMANAGED", state="ENABLED", serviceRole=cloud.role
        )
        order = [{"order": 1, "computeEnvironment": "cpu"}]
        self.client.create_job_queue(jobQueueName="queue", state="ENABLED", priority=1, computeEnvironmentOrder=order)
        self.define("task", cloud.image)

    def define(self, name, image, command=("python3", "-c", "pass"), container=None, **more):
        container = {"image": image, "command": list(command), "vcpus": 1, "memory": 128, **(container or {})}
        asked = {"jobDefinitionName": name, "type": "container", "containerProperties": container}
        self.client.register_job_definition(**asked, **more)

    def submit(self, script=None, name="job", **more):
        overrides = {"command": ["python3", "-c", script]} if script is not None else {}
        overrides |= more.pop("containerOverrides", {})
        asked = {"jobName": name, "jobQueue": "queue", "jobDefinition": "task", "containerOverrides": overrides}
        return self.client.submit_job(**(asked | more))["jobId"]

    def get(self, id):
        return self.client.describe_jobs(jobs=[id])["jobs"][0]

    def wait(self, id, timeout=30.0):
        limit = time.monotonic() + timeout
        while time.monotonic() < limit:
            job = self.get(id)
            if job["status"] in ("SUCCEEDED", "FAILED"):
                return job
            time.sleep(0.03)
        raise AssertionError(f"still {job['status']}: {job}")

    def log(self, job):
        stream = job["container"]["logStreamName"]
        events = self.cloud.logs.get_log_events(logGroupName="/aws/batch/job", logStreamName=stream, startFromHead=True)
        return [event["message"] for event in events["events"]]


def test_a_job_runs_with_awss_variables_and_its_log_is_kept(batch):
    names = ("AWS_BATCH_JOB_ID", "AWS_BATCH_JQ_NAME", "AWS_BATCH_CE_NAME", "AWS_EXECUTION_ENV", "COUNTRY")
    script = f"import os; print(*(os.environ[name] for name in {names}))"
    id = batch.submit(script, containerOverrides={"environment": [{"name": "COUNTRY", "value": "pt"}]})
    job = batch.wait(id)
    assert job["status"] == "SUCCEEDED", job["statusReason"]
    assert job["container"]["exitCode"] == 0
    assert batch.log(job) == [f"{id} queue cpu AWS_ECS_EC2 pt"]
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]


SHARED = "import os; at = os.statvfs('/dev/shm'); print(at.f_blocks * at.f_frsize // 2**20)"


def test_a_container_has_the_shared_memory_that_it_asks_for_and_docker_s_otherwise(batch):
    batch.define("loads", batch.cloud.image, container={"linuxParameters": {"sharedMemorySize": 256}})
    jobs = [batch.wait(batch.submit(SHARED)), batch.wait(batch.submit(SHARED, jobDefinition="loads"))]
    assert [batch.log(job)[-1] for job in jobs] == ["64", "256"]


def test_parameters_are_put_into_the_command(batch):
    command = ("python3", "-c", "import sys; print(sys.argv[1:])", "Ref::country", "Ref::unknown")
    batch.define("with-parameters", batch.cloud.image, command, parameters={"country": "de"})
    job = batch.wait(batch.submit(None, jobDefinition="with-parameters", parameters={"country": "fr"}))
    assert batch.log(job) == ["['fr', 'Ref::unknown']"]


def test_each_child_of_an_array_knows_its_index(batch):
    id = batch.submit("import os; print(os.environ['AWS_BATCH_JOB_ARRAY_INDEX'])", arrayProperties={"size": 5})
    job = batch.wait(id)
    assert job["status"] == "SUCCEEDED"
    assert job["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 5
    assert sorted(batch.log(batch.get(f"{id}:{index}"))[0] for index in range(5)) == ["0", "1", "2", "3", "4"]
    listed = batch.client.list_jobs(arrayJobId=id, jobStatus="SUCCEEDED")["jobSummaryList"]
    assert len(listed) == 5


def test_an_array_fails_when_one_child_does(batch):
    script = "import os, sys; sys.exit(os.environ['AWS_BATCH_JOB_ARRAY_INDEX'] == '1')"
    job = batch.wait(batch.submit(script, arrayProperties={"size": 3}))
    assert job["status"] == "FAILED"
    statuses = job["arrayProperties"]["statusSummary"]
    assert (statuses["FAILED"], statuses["SUCCEEDED"]) == (1, 2)


def test_a_job_waits_for_the_ones_it_depends_on(batch):
    slow = batch.submit("import time; time.sleep(0.4)")
    after = batch.submit("pass", dependsOn=[{"jobId": slow}])
    assert batch.get(after)["status"] == "PENDING"
    job = batch.wait(after)
    assert job["status"] == "SUCCEEDED"
    assert job["startedAt"] >= batch.get(slow)["stoppedAt"]


def test_a_job_whose_dependency_failed_never_runs(batch):
    bad = batch.submit("import time; time.sleep(0.2); raise SystemExit(1)")
    job = batch.wait(batch.submit("pass", dependsOn=[{"jobId": bad}]))
    assert (job["status"], job["statusReason"]) == ("FAILED", "Dependent Job failed")
    assert "startedAt" not in job


def test_children_depend_on_children_of_the_same_index(batch):
    first = batch.submit("pass", arrayProperties={"size": 3})
    second = batch.submit("pass", arrayProperties={"size": 3}, dependsOn=[{"jobId": first, "type": "N_TO_N"}])
    assert batch.wait(second)["status"] == "SUCCEEDED"
    for index in range(3):
        assert batch.get(f"{second}:{index}")["startedAt"] >= batch.get(f"{first}:{index}")["stoppedAt"]


def test_a_sequential_array_runs_one_child_after_the_other_and_stops_at_a_failure(batch):
    script = "import os, sys; sys.exit(os.environ['AWS_BATCH_JOB_ARRAY_INDEX'] == '1')"
    id = batch.submit(script, arrayProperties={"size": 4}, dependsOn=[{"type": "SEQUENTIAL"}])
    assert batch.wait(id)["status"] == "FAILED"
    assert [batch.get(f"{id}:{index}")["status"] for index in range(4)] == ["SUCCEEDED", "FAILED", "FAILED", "FAILED"]
    assert batch.get(f"{id}:3")["statusReason"] == "Dependent Job failed"


def test_a_failed_attempt_is_tried_again(batch):
    script = "import os, sys; sys.exit(int(os.environ['AWS_BATCH_JOB_ATTEMPT']) < 3)"
    job = batch.wait(batch.submit(script, retryStrategy={"attempts": 3}))
    assert job["status"] == "SUCCEEDED"
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [1, 1, 0]


def test_rules_say_which_exit_codes_are_tried_again(batch):
    strategy = {"attempts": 3, "evaluateOnExit": [{"onExitCode": "7*", "action": "EXIT"}]}
    job = batch.wait(batch.submit("raise SystemExit(77)", retryStrategy=strategy))
    assert job["status"] == "FAILED"
    assert len(job["attempts"]) == 1


def test_a_running_job_is_terminated_with_its_reason(batch):
    id = batch.submit("import time; time.sleep(60)")
    while batch.get(id)["status"] != "RUNNING":
        time.sleep(0.02)
    batch.client.terminate_job(jobId=id, reason="no longer needed")
    job = batch.wait(id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "no longer needed")


def test_the_jobs_of_a_deleted_queue_end_with_it(batch):
    running = batch.submit("import time; time.sleep(60)")
    waiting = batch.submit("pass", dependsOn=[{"jobId": running}])
    while batch.get(running)["status"] != "RUNNING":
        time.sleep(0.02)
    order = [{"order": 1, "computeEnvironment": "cpu"}]
    batch.client.create_job_queue(jobQueueName="other", state="ENABLED", priority=1, computeEnvironmentOrder=order)
    elsewhere = batch.submit("import time; time.sleep(0.3)", jobQueue="other")
    batch.client.update_job_queue(jobQueue="queue", state="DISABLED")
    batch.client.delete_job_queue(jobQueue="queue")
    for id in (running, waiting):
        job = batch.wait(id)
        assert job["status"] == "FAILED"
        assert job["statusReason"] in ("The job queue was deleted.", "Dependent Job failed")
    assert batch.wait(elsewhere)["status"] == "SUCCEEDED"


def test_a_waiting_job_is_cancelled(batch):
    slow = batch.submit("import time; time.sleep(0.5)")
    waiting = batch.submit("pass", dependsOn=[{"jobId": slow}])
    batch.client.cancel_job(jobId=waiting, reason="changed my mind")
    assert batch.get(waiting)["statusReason"] == "changed my mind"
    assert batch.wait(slow)["status"] == "SUCCEEDED"


def test_an_image_that_is_no_framework_is_refused_plainly(batch):
    batch.define("own", "public.ecr.aws/docker/library/busybox:1")
    job = batch.wait(batch.submit(None, jobDefinition="own"))
    assert job["status"] == "FAILED"
    assert "public.ecr.aws/docker/library/busybox:1" in job["statusReason"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"jobQueue": "nowhere"}, "JobQueue nowhere not found"),
        ({"jobDefinition": "nothing"}, "JobDefinition nothing not found"),
        ({"arrayProperties": {"size": 10_001}}, "2 to 10000"),
        ({"dependsOn": [{"jobId": "ghost"}]}, "`ghost` in dependsOn does not exist"),
        ({"timeout": {"attemptDurationSeconds": 5}}, "at least 60"),
        ({"name": "no spaces"}, "should match valid pattern"),
    ],
)
def test_what_batch_refuses_is_refused(batch, changes, words):
    with pytest.raises(ClientError, match=words):
        batch.submit("pass", **changes)


@pytest.mark.parametrize("public", [False, True])
def test_a_machine_of_a_queue_goes_out_by_the_address_that_its_subnet_gives_it(cloud, batch, public):
    """An internet gateway helps who has a public address; without one the job has no way to SageMaker."""
    ec2 = cloud.clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.64.0.0/20")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.64.0.0/24")["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": public})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    group = ec2.create_security_group(GroupName="machines", Description="of a queue", VpcId=vpc)["GroupId"]
    profile = cloud.clients("iam").create_instance_profile(InstanceProfileName="machines")["InstanceProfile"]["Arn"]
    place = {"subnets": [subnet], "securityGroupIds": [group], "instanceTypes": ["m5.large"], "instanceRole": profile}
    batch.client.create_compute_environment(
        computeEnvironmentName="machines",
        type="MANAGED",
        state="ENABLED",
        serviceRole=cloud.role,
        computeResources={"type": "EC2", "minvCpus": 0, "maxvCpus": 4, **place},
    )
    order = [{"order": 1, "computeEnvironment": "machines"}]
    batch.client.create_job_queue(jobQueueName="out", state="ENABLED", priority=1, computeEnvironmentOrder=order)
    role = make_mighty_role(cloud.clients, "container", "ecs-tasks")
    batch.define("asks", cloud.image, container={"jobRoleArn": role})
    ask = "import boto3; boto3.client('sts').get_caller_identity()"
    job = batch.wait(batch.submit(ask, jobQueue="out", jobDefinition="asks"))
    assert job["status"] == ("SUCCEEDED" if public else "FAILED"), job.get("statusReason")
