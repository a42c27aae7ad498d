"""One environment of Apache Airflow on Amazon MWAA for a stack, with the bucket that its DAG files lie in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.mwaa import Environment
from pulumi_aws.s3 import (
    Bucket,
    BucketLifecycleConfiguration,
    BucketObjectv2,
    BucketPolicy,
    BucketPublicAccessBlock,
)

from mlops_iac.components._kit import (
    BoundaryRef,
    Component,
    Grant,
    KeyRef,
    Named,
    NetworkRef,
    Reach,
    buckets,
    policy,
    render,
)
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.closing import BucketNodes, close
from mlops_iac.components.identity import Role, make_role
from mlops_iac.core import champions
from mlops_iac.core.environment import STACK_TAG

__all__ = ["Airflow", "AirflowArgs", "AirflowNodes"]

# Idle cost: an environment is billed by the hour, whether anything runs or not: mw1.small 0.49 $ an hour in us-east-1,
# some 358 $ a month, mw1.micro less; and each of the network's interface endpoints about 7.30 $ a month in each zone.

VERSION: Final = "2.11.0"
DAGS: Final = Path(__file__).parent / "dags"
HELPERS: Final[Mapping[str, Path]] = {
    "champions.py": Path(str(champions.__file__)),
    **{file.name: file for file in sorted(DAGS.glob("mlops_iac_*.py"))},
    "mlops_iac_deploy.py": Path(__file__).with_name("deploy_function.py"),
    "mlops_iac_query.py": Path(__file__).with_name("query_function.py"),
    "query_warehouse.py": Path(__file__).with_name("query_warehouse.py"),
}
"""What lies beside the DAG files, which import it."""
FOLDER: Final = "dags"
SOURCE: Final = "mlops-iac"
"""Who tells EventBridge of the ends of runs: the helper of the DAG files."""

LOGS: Final[Mapping[str, tuple[str, str]]] = {
    "dag_processing_logs": ("DAGProcessing", "WARNING"),
    "scheduler_logs": ("Scheduler", "WARNING"),
    "task_logs": ("Task", "INFO"),
    "webserver_logs": ("WebServer", "WARNING"),
    "worker_logs": ("Worker", "WARNING"),
}
"""Kind of log to the end of its group's name, and the least that is kept."""
MICRO: Final = {"min_workers": 1, "max_workers": 1, "min_webservers": 1, "max_webservers": 1, "schedulers": 1}
"""All that the class mw1.micro takes."""
SETTINGS: Final = {"mlops_iac.check_seconds": "20"}
"""Between two looks of a task at its job."""

START = ("airflow:InvokeRestApi",)
STOP_JOBS = (
    "sagemaker:StopHyperParameterTuningJob",
    "sagemaker:StopProcessingJob",
    "sagemaker:StopTrainingJob",
    "sagemaker:StopTransformJob",
)
"""Airflow stops no job when a run is stopped: whoever stops it does."""
STOP_QUEUED = ("batch:TerminateJob",)
OWN_JOBS = {"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": "{stack}"}}
"""Batch gives its jobs numbers: their tag tells whose they are."""
PUBLISH = ("airflow:PublishMetrics",)
BUCKET = ("s3:GetBucketPublicAccessBlock", "s3:ListBucket")
OBJECTS = ("s3:GetObject", "s3:GetObjectVersion")
ACCOUNT = ("s3:GetAccountPublicAccessBlock",)
WRITE_LOGS = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:GetLogEvents",
    "logs:GetLogGroupFields",
    "logs:GetLogRecord",
    "logs:PutLogEvents",
)
FIND_LOGS = ("logs:DescribeLogGroups",)
MEASURE = ("cloudwatch:PutMetricData",)
QUEUE = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
)
KEY = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
NAMESPACES = ("AWS/MWAA", "AmazonMWAA", "MlopsIac/Airflow")
TELL = ("events:PutEvents",)
"""https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html"""


@dataclass(frozen=True, kw_only=True)
class AirflowArgs:
    """What a team may say about its Airflow."""

    network: NetworkRef
    """Its two private subnets, and the security group whose members reach each other. The network needs `ENDPOINTS`."""
    environment_class: str = "mw1.micro"
    """What it runs on. Left out: the smallest, of three tasks at a time and 25 DAGs."""
    key: KeyRef | None = None
    """Encrypts its database, queue, logs and DAG files. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `AirflowNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class AirflowNodes(BucketNodes):
    environment: Environment
    role: Role
    helpers: Mapping[str, BucketObjectv2]
    log_groups: Mapping[str, LogGroup]


class Airflow(Component):
    """An environment of Amazon MWAA: reached through AWS's API only, its page from inside the network."""

    Nodes = AirflowNodes
    reach = (
        Reach(actions=START, on=("role/{stack}-*",)),
        Reach(actions=PUBLISH, on=("environment/{stack}-*",)),
        Reach(actions=(*BUCKET, *OBJECTS)),
        Reach(actions=(*ACCOUNT, *FIND_LOGS, *MEASURE)),
        Reach(actions=WRITE_LOGS, on=("log-group:airflow-{stack}-*",)),
        Reach(actions=QUEUE, on=("arn:{partition}:sqs:{region}:*:airflow-celery-*",)),
        Reach(actions=KEY, on=("key/*",)),
        Reach(actions=TELL, on=("event-bus/default",)),
    )
    people: ClassVar[Declared] = {
        "viewer": (Reach(actions=START, on=("role/{stack}-*/Viewer",)),),
        "scientist": (
            Reach(actions=START, on=("role/{stack}-*/User",)),
            Reach(actions=STOP_JOBS),
            Reach(actions=STOP_QUEUED, on=("job/*",), conditions=OWN_JOBS),
        ),
    }

    def __init__(self, place: Named, args: AirflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        bucket = self.make("bucket", Bucket, {"force_destroy": not self.site.protected}, called=place.name)
        of = {"bucket": bucket.bucket}
        closed = close(self, bucket, args.key)
        policy = self._create_policy(of, bucket, closed.access)
        lifecycle = self.make(
            "lifecycle", BucketLifecycleConfiguration, {**of, "rules": OLD}, depends_on=[closed.versioning]
        )
        self._settled = [closed.versioning, closed.encryption]
        self._bucket = bucket
        helpers = {name: self._create_helper(name, path) for name, path in HELPERS.items()}
        groups = {kind: self._create_log_group(end, args.key) for kind, (end, _) in LOGS.items()}
        self.role = self._create_role(args, bucket)
        environment = self._create_environment(
            args, bucket, [self.role, closed.access, closed.versioning, *groups.values()]
        )

        self.nodes = AirflowNodes(
            environment=environment,
            role=self.role,
            bucket=bucket,
            **closed._asdict(),
            policy=policy,
            lifecycle=lifecycle,
            helpers=helpers,
            log_groups=groups,
        )
        self.environment_name: pulumi.Output[str] = environment.name
        self.register_outputs({"environment_name": environment.name, "bucket_name": bucket.bucket})

    @property
    def environment(self) -> str:
        """The physical name, known before anything is made."""
        return self.physical(Environment.pulumi_type)

    @property
    def user_arn(self) -> pulumi.Input[str]:
        """Airflow's own role ``User``."""
        return self.site.arn("airflow", f"role/{self.environment}/User")

    def grant_start(self, role: Role) -> None:
        """Let a role start runs: as Airflow's own role ``User``, which sees and starts DAGs and changes no settings."""
        role.grant(self.allow("start", START, (self.user_arn,)))

    def put(self, owner: Component, child: str, name: str, text: pulumi.Input[str]) -> BucketObjectv2:
        """A file beside the DAGs, as a child of ``owner``."""
        props = {"bucket": self._bucket.bucket, "key": f"{FOLDER}/{name}", "content": text}
        return owner.make(child, BucketObjectv2, props, name=_logical(name), depends_on=self._settled)

    def _create_helper(self, name: str, path: Path) -> BucketObjectv2:
        return self.put(self, "helpers", name, path.read_text(encoding="utf-8"))

    def _create_policy(self, of: Mapping[str, Any], bucket: Bucket, access: BucketPublicAccessBlock) -> BucketPolicy:
        """Without encryption on the way nobody reads or writes a DAG."""
        props = {**of, "policy": render(policy([buckets.tls_only(bucket.arn)]))}
        return self.make("policy", BucketPolicy, props, depends_on=[access])

    def _create_log_group(self, end: str, key: KeyRef | None) -> LogGroup:
        """MWAA's own name for it: made here first, so that it is encrypted and does not grow for ever."""
        name = f"airflow-{self.environment}-{end}"
        props: dict[str, Any] = {"retention_in_days": self.site.log_days, "name": name}
        if key:
            props["kms_key_id"] = key.arn
        return self.make("log_groups", LogGroup, props, name=end.lower())

    def _create_role(self, args: AirflowArgs, bucket: Bucket) -> Role:
        site, name = self.site, self.environment
        grants = [
            self.allow("metrics", PUBLISH, (site.arn("airflow", f"environment/{name}"),)),
            self.allow("dags bucket", BUCKET, (bucket.arn,)),
            self.allow("dags", OBJECTS, (pulumi.Output.concat(bucket.arn, "/*"),)),
            self.allow("account", (*ACCOUNT, *FIND_LOGS), ("*",)),
            self.allow("logs", WRITE_LOGS, (site.arn("logs", f"log-group:airflow-{name}-*"),)),
            self.allow("measure", MEASURE, ("*",), {"StringEquals": {"cloudwatch:namespace": list(NAMESPACES)}}),
            # The queue of an environment is in an account of AWS's.
            self.allow("queue", QUEUE, (f"arn:{site.partition}:sqs:{site.region}:*:airflow-celery-*",)),
            self.allow(
                "tell", TELL, (site.arn("events", "event-bus/default"),), {"StringEquals": {"events:source": SOURCE}}
            ),
            *(self._use_key(args.key) if args.key else ()),
        ]
        return make_role(
            self,
            "role",
            services=("airflow.amazonaws.com", "airflow-env.amazonaws.com"),
            description="Runs the DAGs: calls what their tasks call",
            grants=grants,
            boundary=args.boundary,
        )

    def _use_key(self, key: KeyRef) -> list[Grant]:
        through = [f"{service}.{self.site.region}.amazonaws.com" for service in ("s3", "sqs")]
        return [self.allow("key", KEY, (key.arn,), {"StringEquals": {"kms:ViaService": through}})]

    def _create_environment(self, args: AirflowArgs, bucket: Bucket, after: list[pulumi.Resource]) -> Environment:
        sizes = MICRO if args.environment_class == "mw1.micro" else {}
        props: dict[str, Any] = {
            "airflow_version": VERSION,
            "airflow_configuration_options": SETTINGS,
            "dag_s3_path": f"{FOLDER}/",
            "environment_class": args.environment_class,
            "execution_role_arn": self.role.role_arn,
            "logging_configuration": {kind: {"enabled": True, "log_level": level} for kind, (_, level) in LOGS.items()},
            "network_configuration": {
                "security_group_ids": [args.network.job_security_group_id],
                "subnet_ids": list(args.network.subnet_ids),
            },
            "source_bucket_arn": bucket.arn,
            "webserver_access_mode": "PRIVATE_ONLY",
            **sizes,
        }
        if args.key:
            props["kms_key"] = args.key.arn
        return self.make("environment", Environment, props, called=self.place.name, depends_on=after)


OLD = [
    {
        "id": "abandoned-uploads",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    },
    {
        "id": "old-versions",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "noncurrent_version_expiration": {"noncurrent_days": 90},
    },
]
"""DAG files that a newer one has replaced are kept for three months."""


def _logical(name: str) -> str:
    return name.removesuffix(".py").replace("_", "-")
