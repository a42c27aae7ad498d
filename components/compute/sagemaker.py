"""SageMaker jobs: the role they run as, the network they run in, and the limits they keep to. Nothing runs until a
job does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pulumi

from mlops_iac.components._kit import BoundaryRef, Component, Grant, JobRef, KeyRef, Named, NetworkRef, Reach
from mlops_iac.components._kit import images as ecr
from mlops_iac.components._kit import sagemaker as kit
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.errors import BlueprintError

__all__ = ["SageMakerCompute", "SageMakerComputeArgs", "SageMakerComputeNodes"]

# Idle cost: nothing. Jobs are billed by the second while they run.

JOBS = ("processing-job", "training-job", "transform-job")
LOG_GROUPS = ("ProcessingJobs", "TrainingJobs", "TransformJobs")
TRANSFORM = ("sagemaker:CreateTransformJob",)
MODELS = ("sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DescribeModel")
CREATE = ("sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob")
TUNE = ("sagemaker:CreateHyperParameterTuningJob",)
TAG = ("sagemaker:AddTags",)
TUNING_JOBS = "hyper-parameter-tuning-job/*"
ASKED, THERE = (f"aws:{what}Tag/{STACK_TAG}" for what in ("Request", "Resource"))
"""What a request must carry, and what a tuning job must have."""
TUNING_PREFIX, EXECUTION, TOKEN, TRIAL = 8, "?" * 12, "?" * 10, f"{'?' * 3}-{'?' * 8}"
"""Parts of such a training's name, as patterns of IAM."""
FOLLOW_TUNING = (
    "sagemaker:DescribeHyperParameterTuningJob",
    "sagemaker:ListTags",
    "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
    "sagemaker:StopHyperParameterTuningJob",
)
SEE = (
    "sagemaker:DescribeHyperParameterTuningJob",
    "sagemaker:DescribeProcessingJob",
    "sagemaker:DescribeTrainingJob",
    "sagemaker:DescribeTransformJob",
    "sagemaker:ListTags",
    "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
)
FOLLOW = (
    "sagemaker:AddTags",
    "sagemaker:DescribeProcessingJob",
    "sagemaker:DescribeTrainingJob",
    "sagemaker:DescribeTransformJob",
    "sagemaker:ListTags",
    "sagemaker:StopProcessingJob",
    "sagemaker:StopTrainingJob",
    "sagemaker:StopTransformJob",
)


@dataclass(frozen=True, kw_only=True)
class SageMakerComputeArgs:
    """What a team may say about its jobs."""

    images: Sequence[str] = ()
    """Container images that jobs may pull, by URI in any ECR registry. Left out: none."""
    instance_type: str = "ml.m5.large"
    """Instance type of a job that names none. Left out: 2 vCPU, 8 GiB."""
    allowed_instance_types: tuple[str, ...] = ()
    """Instance types a job may ask for; a trailing star stands for a family (``ml.g5.*``). Left out: only
    ``instance_type``."""
    max_runtime_seconds: int = 3600
    """AWS refuses a job that asks for more, 60 to 2,419,200 (28 days). Left out: one hour."""
    tunes: bool = False
    """Whether pipelines tune hyperparameters, whose trainings SageMaker names itself. Left out: none does."""
    network_isolation: bool = True
    """Containers reach no network at all; SageMaker brings their data. Left out: isolated."""
    reaches: bool = False
    """Whether some jobs use a system elsewhere: these have the way there that the network has. Left out: none does."""
    network: NetworkRef | None = None
    """Private network in which jobs run. Left out: SageMaker's own."""
    key: KeyRef | None = None
    """Encrypts disks and outputs. Left out: AWS-managed encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the jobs' role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``job_role``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class SageMakerComputeNodes:
    job_role: Role


class SageMakerCompute(Component):
    """Training, processing and batch transform for one environment."""

    Nodes = SageMakerComputeNodes
    reach = (
        *kit.REACH,
        *ecr.REACH,
        Reach(actions=(*CREATE, *TRANSFORM, *MODELS, *FOLLOW)),
        # The grants tell whose a tuning job is, by its tag: a boundary has room for 6,144 characters.
        Reach(actions=(*TUNE, *TAG, *FOLLOW_TUNING), on=(TUNING_JOBS,)),
        kit.PASS_ROLE,
    )
    people: ClassVar[Declared] = {
        "viewer": (
            Reach(actions=SEE),
            Reach(actions=kit.READ_STREAMS, on=("log-group:/aws/sagemaker/*:log-stream:{stack}-*",)),
            Reach(actions=kit.FIND_STREAMS, on=tuple(f"log-group:/aws/sagemaker/{name}*" for name in LOG_GROUPS)),
        )
    }

    def __init__(
        self, place: Named, args: SageMakerComputeArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or SageMakerComputeArgs()
        _check(args)
        super().__init__(place, args.transforms, opts)
        self._args = args
        role = self._create_role(args)

        self.nodes = SageMakerComputeNodes(job_role=role)
        self.role = role
        self.role_arn: pulumi.Output[str] = role.role_arn
        self.ref = _ref(args, role)
        self.register_outputs({"role_arn": role.role_arn})

    def grant_run(self, role: Role) -> None:
        """Let a role (an orchestrator's) start, follow and stop this environment's jobs, within the limits only."""
        arns = tuple(self._own(job) for job in JOBS)
        role.grant(
            self.allow("create", CREATE, arns[:2], self._limits()),
            *([self.allow("create reaching", CREATE, arns[:2], self._in_network())] if self._reaching else ()),
            self.allow("follow", FOLLOW, arns),
            kit.pass_to_sagemaker(self.place, self.role.role_arn),
            *kit.lend(self.place, self.ref.key_arn),
        )

    def grant_transform(self, role: Role) -> None:
        """Let a role that may run jobs also make models and score with them; a transform has no time limit."""
        types = {key: value for key, value in self._limits().items() if "sagemaker:InstanceTypes" in value}
        role.grant(
            self.allow("transform", TRANSFORM, (self._own("transform-job"),), types),
            self.allow("models", MODELS, (self._own("model"),)),
        )

    def grant_tune(self, role: Role) -> None:
        """Let a role that may run jobs also tune. Tuning jobs are told by the stack's tag: in the 32 characters of what
        SageMaker Pipelines calls them, only the beginning of the stack's name has room."""
        jobs, stack = (self.site.arn("sagemaker", TUNING_JOBS),), self.site.stack
        role.grant(
            self.allow("tune", TUNE, jobs, {**self._limits(), "StringEquals": {ASKED: stack}}),
            # The action carries no tags of its request: what may be tagged is told by the beginning of its name.
            self.allow("tag tuning", TAG, (self.site.arn("sagemaker", f"hyper-parameter-tuning-job/{self._start}*"),)),
            self.allow("follow tuning", FOLLOW_TUNING, jobs, {"StringEquals": {THERE: stack}}),
        )

    def _own(self, kind: str) -> str:
        """What runs of this environment name."""
        return self.site.arn("sagemaker", f"{kind}/{self.site.stack}-*")

    def _create_role(self, args: SageMakerComputeArgs) -> Role:
        return make_role(
            self,
            "job_role",
            services=("sagemaker.amazonaws.com",),
            description="Runs processing, training and transform jobs",
            grants=[
                *(grant for group in LOG_GROUPS for grant in kit.write_logs(self.place, group, f"{self.site.stack}-*")),
                *(self._trial_logs() if args.tunes else ()),
                kit.write_metrics(self.place),
                *ecr.pull(self.place, args.images),
                *kit.attach(self.place, args.network),
                *kit.encrypt(self.place, args.key),
            ],
            boundary=args.boundary,
        )

    @property
    def _start(self) -> str:
        """How every tuning job of this environment begins, whoever names it."""
        return self.site.stack[:TUNING_PREFIX].rstrip("-")

    def _trial_logs(self) -> Iterator[Grant]:
        """Logs of trainings that a tuning step of SageMaker Pipelines starts: of its job's name 32 characters are left,
        of which its own end takes 24."""
        if self._start != self.site.stack:
            _, streams = kit.write_logs(self.place, "TrainingJobs", f"{self._start}-{EXECUTION}-{TOKEN}-{TRIAL}/*")
            yield replace(streams, what="logs of trials")

    def _limits(self) -> dict[str, dict[str, Any]]:
        """IAM conditions that AWS checks when a job is created."""
        types = sorted({self._args.instance_type, *self._args.allowed_instance_types})
        limits: dict[str, dict[str, Any]] = {
            "ForAllValues:StringLike": {"sagemaker:InstanceTypes": types},
            "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": str(self._args.max_runtime_seconds)},
        }
        if self._args.network_isolation:
            limits["Bool"] = {"sagemaker:NetworkIsolation": "true"}
        return limits

    @property
    def _reaching(self) -> bool:
        return self._args.reaches and self._args.network_isolation

    def _in_network(self) -> dict[str, dict[str, Any]]:
        """The same limits for jobs that are not isolated: they run in the environment's own subnets."""
        subnets, limits = "sagemaker:VpcSubnets", self._limits()
        del limits["Bool"]
        within = list(self._args.network.subnet_ids) if self._args.network else []
        return {**limits, "ForAllValues:StringEquals": {subnets: within}, "Null": {subnets: "false"}}


def _ref(args: SageMakerComputeArgs, role: Role) -> JobRef:
    network = args.network
    return JobRef(
        role_arn=role.role_arn,
        subnet_ids=network.subnet_ids if network else (),
        security_group_ids=(network.job_security_group_id,) if network else (),
        network_isolation=args.network_isolation,
        key_arn=args.key.arn if args.key else None,
    )


def _check(args: SageMakerComputeArgs) -> None:
    """Limits of CreateTrainingJob's StoppingCondition; an account's own quota is lower until it is raised."""
    least, most = 60, 2_419_200
    if not least <= args.max_runtime_seconds <= most:
        detail = f"Compute's `max_runtime_seconds` is {args.max_runtime_seconds}; it may be {least} to {most}."
        raise BlueprintError("Value out of range.", detail, hint="set `max_runtime_seconds` within these bounds.")
