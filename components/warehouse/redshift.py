"""A warehouse on Amazon Redshift Serverless: it costs while it is asked, and what lies in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.redshiftserverless import Namespace, UsageLimit, Workgroup

from mlops_iac.components._kit import BoundaryRef, Component, Grant, KeyRef, Named, NetworkRef, Reach, WarehouseRef
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.core.errors import BlueprintError

__all__ = ["Warehouse", "WarehouseArgs", "WarehouseNodes"]

# Idle cost: 0.024 $ a month for each GB of tables. While it is asked, 0.375 $ for an hour of each RPU, for a minute at
# least; the usage limit says how much at most.

ZONES: Final = 3
"""With enhanced VPC routing its subnets span three zones.
https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html"""
DATABASE, ADMIN = "warehouse", "warehouse_admin"
"""Neither is AWS's own default, which an attacker would try first (Security Hub, RedshiftServerless.5 and .7)."""
SERVICES = ("redshift-serverless.amazonaws.com", "redshift.amazonaws.com")
LOGS = ("connectionlog", "userlog")

ASK = ("redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement")
CONNECT = ("redshift-serverless:GetCredentials",)
LOOK = ("redshift-serverless:GetWorkgroup",)
FOLLOW = ("redshift-data:CancelStatement", "redshift-data:DescribeStatement", "redshift-data:GetStatementResult")
LIST = ("redshift-data:ListStatements",)
"""The Data API shows each role its own statements only."""

PARAMETERS: Final = {
    "auto_mv": "true",
    "datestyle": "ISO, MDY",
    "enable_case_sensitive_identifier": "false",
    "enable_user_activity_logging": "true",
    "query_group": "default",
    "require_ssl": "true",
    "search_path": "$user, public",
    "use_fips_ssl": "false",
}
"""All that AWS fills in, so that a preview has nothing to say about what nobody wrote; `require_ssl` is ours."""


@dataclass(frozen=True, kw_only=True)
class WarehouseArgs:
    """What a team may say about its warehouse."""

    network: NetworkRef
    """Its own addresses lie in this network's subnets, in three zones."""
    base_rpus: int = 8
    """RPUs that a statement begins with: 4, or a multiple of 8 up to 1024. Left out: 8."""
    most_rpus: int = 64
    """RPUs that it grows to at most. Left out: 64."""
    rpu_hours: int = 60
    """RPU hours of a month after which it answers nothing more until the next. Left out: 60, about 22 $."""
    max_minutes: int = 240
    """A statement is stopped after this many minutes. Left out: four hours."""
    key: KeyRef | None = None
    """Encrypts tables and the administrator's secret. Left out: keys of AWS's, which cost nothing."""
    grants: Sequence[Grant] = ()
    """What COPY and UNLOAD may do from the start. Left out: only what owners grant its role later."""
    boundary: BoundaryRef | None = None
    """Boundary of its role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `WarehouseNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class WarehouseNodes:
    role: Role
    logs: Mapping[str, LogGroup]
    namespace: Namespace
    workgroup: Workgroup
    usage_limit: UsageLimit


class Warehouse(Component):
    """A namespace with one database, and the workgroup that answers for it. Nobody reaches it from the internet."""

    Nodes = WarehouseNodes
    reach = (
        Reach(actions=(*FOLLOW, *LIST)),
        Reach(actions=ASK, on=("arn:{partition}:redshift-serverless:{region}:*:workgroup/*",)),
        Reach(actions=CONNECT, on=("workgroup/*",)),
    )
    people: ClassVar[Declared] = {"scientist": (Reach(actions=(*FOLLOW, *LIST)),)}

    def __init__(self, place: Named, args: WarehouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        super().__init__(place, args.transforms, opts)
        self.role = self._create_role(args)
        logs = {name: self._create_log(name, args) for name in LOGS}
        namespace = self._create_namespace(args, logs)
        workgroup = self._create_workgroup(namespace, args)
        limit = self._create_limit(workgroup, args)
        self.site.people.adopt("scientist", (*ASK, *CONNECT, *LOOK), workgroup.arn)

        self.nodes = WarehouseNodes(
            role=self.role, logs=logs, namespace=namespace, workgroup=workgroup, usage_limit=limit
        )
        self.ref = WarehouseRef(
            workgroup=workgroup.workgroup_name,
            workgroup_arn=workgroup.arn,
            database=DATABASE,
            role_arn=self.role.role_arn,
        )
        self.workgroup_name: pulumi.Output[str] = workgroup.workgroup_name
        self.register_outputs({"workgroup_name": workgroup.workgroup_name})

    def grant_query(self, role: Role) -> None:
        """Let a role ask it, and follow what it asked. What it may read in the database, the tables' owners say."""
        role.grant(self.allow("ask", (ASK[1],), (self.ref.workgroup_arn,)))
        role.grant(self.allow("connect", CONNECT, (self.ref.workgroup_arn,)))
        role.grant(self.allow("follow", FOLLOW[:2], ("*",)))

    def _create_role(self, args: WarehouseArgs) -> Role:
        """What COPY and UNLOAD work in. What it may read and write of the lake, the lake grants."""
        return make_role(
            self,
            "role",
            services=SERVICES,
            description="Loads tables from the lake, and unloads answers into it",
            grants=args.grants,
            boundary=args.boundary,
            # Redshift does not document that it says for whose workgroup it assumes a role.
            source_account=False,
        )

    def _create_log(self, name: str, args: WarehouseArgs) -> LogGroup:
        """By Redshift's own name for it: made by us, so that it is encrypted and does not grow for ever.
        https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-audit-logging.html"""
        namespace = self.physical(Namespace.pulumi_type)
        return make_log_group(self, "logs", args.key, name=f"/aws/redshift/{namespace}/{name}", one=name)

    def _create_namespace(self, args: WarehouseArgs, logs: Mapping[str, LogGroup]) -> Namespace:
        props: dict[str, Any] = {
            "db_name": DATABASE,
            "admin_username": ADMIN,
            "manage_admin_password": True,
            "iam_roles": [self.role.role_arn],
            "default_iam_role_arn": self.role.role_arn,
            "log_exports": list(LOGS),
        }
        if args.key:
            props |= {"kms_key_id": args.key.arn, "admin_password_secret_kms_key_id": args.key.arn}
        return self.make("namespace", Namespace, props, called=self.place.name, depends_on=[self.role, *logs.values()])

    def _create_workgroup(self, namespace: Namespace, args: WarehouseArgs) -> Workgroup:
        settings = {**PARAMETERS, "max_query_execution_time": str(args.max_minutes * 60)}
        props = {
            "namespace_name": namespace.namespace_name,
            "base_capacity": args.base_rpus,
            "max_capacity": args.most_rpus,
            "publicly_accessible": False,
            "enhanced_vpc_routing": True,
            "subnet_ids": [*args.network.subnet_ids, *args.network.more_subnet_ids][:ZONES],
            "security_group_ids": [args.network.job_security_group_id],
            "config_parameters": [
                {"parameter_key": name, "parameter_value": value} for name, value in sorted(settings.items())
            ],
        }
        return self.make("workgroup", Workgroup, props, called=self.place.name)

    def _create_limit(self, workgroup: Workgroup, args: WarehouseArgs) -> UsageLimit:
        props = {
            "resource_arn": workgroup.arn,
            "usage_type": "serverless-compute",
            "amount": args.rpu_hours,
            "period": "monthly",
            "breach_action": "deactivate",
        }
        return self.make("usage_limit", UsageLimit, props)


def _check(args: WarehouseArgs) -> None:
    """https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html"""
    for name, given in (("base_rpus", args.base_rpus), ("most_rpus", args.most_rpus)):
        if not (given == 4 or (8 <= given <= 1024 and given % 8 == 0)):
            detail = f"`{name}` is {given}; Redshift takes 4, or a multiple of 8 from 8 to 1024."
            raise BlueprintError("RPUs out of range.", detail, hint="8 is enough for most teams.")
    if args.most_rpus < args.base_rpus:
        detail = f"`most_rpus` is {args.most_rpus}, and `base_rpus` is {args.base_rpus}."
        raise BlueprintError("A warehouse cannot grow to less than it begins with.", detail, hint="raise `most_rpus`.")
    subnets = len([*args.network.subnet_ids, *args.network.more_subnet_ids])
    if subnets < ZONES:
        detail = f"The network has {subnets} subnets; the warehouse needs {ZONES}, each in a zone of its own."
        raise BlueprintError("A warehouse has too few subnets.", detail, hint="adopt a third subnet of the network.")
