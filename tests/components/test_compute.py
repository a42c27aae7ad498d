"""Where jobs run: SageMaker and AWS Batch."""

from __future__ import annotations

import json

import pytest

from mlops_iac.components._kit import KeyRef, NetworkRef
from mlops_iac.components.compute.batch import BatchCompute, BatchComputeArgs, JobDefinitionArgs, PoolArgs
from mlops_iac.components.compute.sagemaker import SageMakerCompute, SageMakerComputeArgs
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.core.errors import BlueprintError
from tests.components.world import IMAGE, run, site

NETWORK = NetworkRef(vpc_id="vpc-1", subnet_ids=("subnet-1", "subnet-2"), job_security_group_id="sg-1")
KEY = KeyRef(arn="arn:aws:kms:eu-west-1:123456789012:key/0000-1111")


def test_a_job_role_pulls_only_the_images_it_was_given() -> None:
    made = run(lambda: SageMakerCompute(site().named("jobs"), SageMakerComputeArgs(images=(IMAGE,))))
    statements = {s["Sid"]: s for s in made.get("jobs-job-policy").document("policy")["Statement"]}
    assert statements["JobsImages"]["Resource"] == [
        "arn:aws:ecr:eu-west-1:683313688378:repository/sagemaker-scikit-learn"
    ]
    assert "JobsNetwork" not in statements


def test_a_job_writes_its_own_streams_and_asks_aws_about_whole_groups() -> None:
    """AWS checks CreateLogGroup and DescribeLogStreams against ``log-group:NAME:*``."""
    made = run(lambda: SageMakerCompute(site().named("jobs")))
    statements = {s["Sid"]: s for s in made.get("jobs-job-policy").document("policy")["Statement"]}
    groups = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker"
    assert f"{groups}/TrainingJobs:log-stream:screening-dev-*" in statements["JobsLogs"]["Resource"]
    assert f"{groups}/TrainingJobs:*" in statements["JobsLogGroups"]["Resource"]
    assert set(statements["JobsLogs"]["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_what_jobs_need_is_in_the_reference() -> None:
    found: list[SageMakerCompute] = []
    args = SageMakerComputeArgs(network=NETWORK, key=KEY)
    run(lambda: found.append(SageMakerCompute(site().named("jobs"), args)))
    ref = found[0].ref
    assert (list(ref.subnet_ids), list(ref.security_group_ids)) == (["subnet-1", "subnet-2"], ["sg-1"])
    assert (ref.key_arn, ref.network_isolation) == (KEY.arn, True)


def test_an_orchestrator_may_start_jobs_within_the_limits_only() -> None:
    def program() -> None:
        jobs = SageMakerCompute(
            site().named("jobs"),
            SageMakerComputeArgs(allowed_instance_types=("ml.g5.*",), max_runtime_seconds=600),
        )
        role = Role(site().named("flow"), RoleArgs(services=("states.amazonaws.com",), description="x"))
        jobs.grant_run(role)

    statements = {s["Sid"]: s for s in run(program).get("flow-policy").document("policy")["Statement"]}
    create = statements["JobsCreate"]
    assert create["Condition"] == {
        "ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.g5.*", "ml.m5.large"]},
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": "600"},
        "Bool": {"sagemaker:NetworkIsolation": "true"},
    }
    assert all("/screening-dev-*" in resource for resource in create["Resource"])
    assert statements["JobsRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


@pytest.mark.parametrize("change", [{"max_runtime_seconds": 59}, {"max_runtime_seconds": 2_419_201}])
def test_limits_that_sagemaker_refuses_are_refused_here(change: dict[str, int]) -> None:
    with pytest.raises(BlueprintError) as caught:
        run(lambda: SageMakerCompute(site().named("jobs"), SageMakerComputeArgs(**change)))
    (name, value), *_ = change.items()
    assert name in caught.value.detail
    assert str(value) in caught.value.detail


def batch(**change: object) -> object:
    args = BatchComputeArgs(network=NETWORK, **{"jobs": {"train": JobDefinitionArgs(image=IMAGE, gpus=1)}, **change})
    return run(lambda: BatchCompute(site().named("batch"), args))


def test_machines_want_tokens_have_one_hop_and_encrypted_disks() -> None:
    template = batch().get("batch-cpu-launch-template").inputs  # type: ignore[attr-defined]
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert template["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"


def test_a_queue_tries_spot_first_and_idles_at_no_machines() -> None:
    made = batch()
    spot = made.get("batch-gpu-spot").inputs["computeResources"]  # type: ignore[attr-defined]
    assert (spot["type"], spot["minVcpus"], spot["maxVcpus"]) == ("SPOT", 0, 32)
    order = made.get("batch-gpu-queue").inputs["computeEnvironmentOrders"]  # type: ignore[attr-defined]
    assert [(entry["order"], entry["computeEnvironment"][-9:]) for entry in order] == [
        (1, "-gpu-spot"),
        (2, "on-demand"),
    ]


def test_machines_start_with_the_image_of_their_processor() -> None:
    made = batch(pools={"cpu": PoolArgs(instance_types=("c6i",)), "big": PoolArgs(instance_types=("p5", "g6.xlarge"))})
    images = {
        pool: made.get(f"batch-{pool}-spot").inputs["computeResources"]["ec2Configurations"]  # type: ignore[attr-defined]
        for pool in ("cpu", "big")
    }
    assert images == {"cpu": [{"imageType": "ECS_AL2023"}], "big": [{"imageType": "ECS_AL2023_NVIDIA"}]}


@pytest.mark.parametrize(
    ("types", "fault"),
    [
        (("m5", "g5.xlarge"), "m5 (x86), g5.xlarge (GPU)"),
        (("c6i", "c7g"), "c7g (Graviton)"),
        (("p3",), "`p3` has no image"),
        (("trn1",), "`trn1` has no image"),
    ],
)
def test_machines_that_no_one_image_starts_are_refused(types: tuple[str, ...], fault: str) -> None:
    with pytest.raises(BlueprintError) as refused:
        batch(pools={"odd": PoolArgs(instance_types=types)})
    assert "Pool `odd`" in refused.value.detail
    assert fault in refused.value.detail


def test_a_job_has_as_much_shared_memory_as_it_was_given() -> None:
    made = batch(
        jobs={"loads": JobDefinitionArgs(image=IMAGE, shared_memory_mib=2048), "usual": JobDefinitionArgs(image=IMAGE)}
    )
    loads, usual = (
        json.loads(made.get(f"batch-{name}-job").inputs["containerProperties"])  # type: ignore[attr-defined]
        for name in ("loads", "usual")
    )
    assert loads["linuxParameters"] == {"sharedMemorySize": 2048}
    assert "linuxParameters" not in usual


def test_a_queue_for_several_nodes_has_a_definition_for_each_kind_of_job() -> None:
    many = JobDefinitionArgs(image=IMAGE, nodes=4, shared_memory_mib=2048, attempts=2)
    made = batch(jobs={"cpu": JobDefinitionArgs(image=IMAGE), "gpu": many})
    single, several = (made.get(f"batch-gpu-job{end}").inputs for end in ("", "-nodes"))  # type: ignore[attr-defined]
    assert (single["type"], several["type"]) == ("container", "multinode")
    assert "containerProperties" not in several
    nodes = json.loads(several["nodeProperties"])
    assert (nodes["numNodes"], nodes["mainNode"]) == (4, 0)
    (every,) = nodes["nodeRangeProperties"]
    assert every["targetNodes"] == "0:", "a submission may change their number"
    assert every["container"] == json.loads(single["containerProperties"])
    assert several["retryStrategy"] == single["retryStrategy"]
    assert "batch-cpu-job-nodes" not in made.names()  # type: ignore[attr-defined]


def test_reserved_machines_are_asked_for_by_their_reservation_in_its_zone() -> None:
    pool = PoolArgs(instance_types=("p5.48xlarge",), buying=("on_demand",), subnet=2, reservation_id="cr-0a1b2c3d")
    block = PoolArgs(**{**vars(pool), "capacity_block": True})
    made = batch(pools={"open": pool, "block": block, "free": PoolArgs(instance_types=("c6i",))})
    first, second, free = (made.get(f"batch-{name}-launch-template").inputs for name in ("open", "block", "free"))  # type: ignore[attr-defined]
    target = {"capacityReservationTarget": {"capacityReservationId": "cr-0a1b2c3d"}}
    assert first["capacityReservationSpecification"] == second["capacityReservationSpecification"] == target
    assert "instanceMarketOptions" not in first
    assert second["instanceMarketOptions"] == {"marketType": "capacity-block"}
    assert not {"capacityReservationSpecification", "instanceMarketOptions"} & free.keys()
    subnets = [
        made.get(f"batch-{name}").inputs["computeResources"]["subnets"] for name in ("open-on-demand", "free-spot")
    ]  # type: ignore[attr-defined]
    assert subnets[0] == subnets[1][1:2]


def test_machines_that_stand_together_share_a_placement_group() -> None:
    close = PoolArgs(instance_types=("g5.12xlarge",), buying=("on_demand",), subnet=1, together=True)
    made = batch(pools={"close": close, "free": PoolArgs(instance_types=("c6i",))})
    group = made.get("batch-close-placement-group").inputs  # type: ignore[attr-defined]
    assert group["strategy"] == "cluster"
    close_ones, free = (
        made.get(f"batch-{name}").inputs["computeResources"]  # type: ignore[attr-defined]
        for name in ("close-on-demand", "free-spot")
    )
    assert close_ones["placementGroup"] == group["name"]
    assert "placementGroup" not in free
    with pytest.raises(BlueprintError):
        batch(pools={"close": PoolArgs(instance_types=("g5.12xlarge",), together=True)})


def test_a_subnet_that_the_network_lacks_is_refused() -> None:
    with pytest.raises(BlueprintError) as refused:
        batch(pools={"far": PoolArgs(instance_types=("c6i",), subnet=9)})
    assert "Pool `far` is in subnet 9" in refused.value.detail


def test_a_way_of_buying_can_be_left_out() -> None:
    made = batch(pools={"cpu": PoolArgs(instance_types=("c6i",), buying=("on_demand",))})
    assert "batch-cpu-spot" not in made.names()  # type: ignore[attr-defined]
    assert made.get("batch-cpu-on-demand").inputs["computeResources"]["type"] == "EC2"  # type: ignore[attr-defined]


def test_a_job_is_tried_again_only_when_its_machine_was_taken() -> None:
    job = batch().get("batch-train-job").inputs  # type: ignore[attr-defined]
    assert [rule["action"] for rule in job["retryStrategy"]["evaluateOnExits"]] == ["RETRY", "EXIT"]
    container = json.loads(job["containerProperties"])
    assert container["privileged"] is False
    assert {"type": "GPU", "value": "1"} in container["resourceRequirements"]
    assert container["jobRoleArn"] != container["executionRoleArn"]


def test_a_pool_without_machines_is_refused() -> None:
    with pytest.raises(BlueprintError, match="A pool of machines is empty"):
        batch(pools={"cpu": PoolArgs(instance_types=())})


def test_a_job_publishes_metrics_in_the_namespaces_of_sagemaker_only() -> None:
    made = run(lambda: SageMakerCompute(site().named("jobs"), SageMakerComputeArgs()))
    statements = [
        s
        for one in (one for one in made.resources if one.type == "aws:iam/rolePolicy:RolePolicy")
        for s in one.document("policy")["Statement"]
    ]
    (metrics,) = [s for s in statements if "cloudwatch:PutMetricData" in s["Action"]]
    assert metrics["Resource"] == ["*"], "CloudWatch knows no other"
    assert metrics["Condition"]["StringLike"]["cloudwatch:namespace"] == [
        "/aws/sagemaker/*",
        "AWS/SageMaker",
        "aws/sagemaker/*",
    ]
