"""A team's features: a group for each definition, asked for online at once, and its history in the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.glue import CatalogTable
from pulumi_aws.lambda_ import Function
from pulumi_aws.sagemaker import FeatureGroup

from mlops_iac.components._kit import BoundaryRef, Component, Grant, KeyRef, LakeRef, Named, Reach
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.data_lake.tables import FORMATS
from mlops_iac.components.feature_store import access, feature_skew, feature_sql
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role, make_role
from mlops_iac.core.errors import BlueprintError

__all__ = ["FeatureStore", "FeatureStoreArgs", "FeatureStoreNodes", "Group"]

# Idle cost: nothing. Online records are billed by reads (0.25 $ a million), writes (1.25 $ a million) and what is kept
# (0.45 $ a GB and month), history as objects of the lake.

SOURCE: Final = Path(__file__).with_name("feature_function.py")
SECONDS: Final = 900
FOLDER: Final = "store/"
"""Where histories lie, in the lake's zone `features`."""
HIVE: Final = {"Fractional": "double", "Integral": "bigint", "String": "string"}
ADDED: Final = {"write_time": "timestamp", "api_invocation_time": "timestamp", "is_deleted": "boolean"}
"""Columns that Feature Store adds to a history."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group of features, as a team defines it."""

    identifier: str
    """The feature that says whose values these are."""
    time: str
    """The feature that says when they became true: a String (ISO 8601) or a Fractional (Unix seconds)."""
    types: Mapping[str, str]
    """Each feature and its type: Integral, Fractional or String."""
    table: str
    """What SQL calls its history, in the lake's catalogue."""
    description: str = ""
    online: bool = True
    """Left out: its newest values can be asked for online."""
    ttl: tuple[str, int] | None = None
    """AWS's unit (``Days``) and how many: how long after its event time a record is online. Left out: for ever."""
    ttl_seconds: int | None = None
    """The same in seconds."""


@dataclass(frozen=True, kw_only=True)
class FeatureStoreArgs:
    """What a team may say about its features."""

    groups: Mapping[str, Group]
    """By name, in small letters, digits and hyphens."""
    lake: LakeRef
    """Where history lies. It has a catalogue of ours."""
    key: KeyRef | None = None
    """Encrypts both stores and the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `FeatureStoreNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class FeatureStoreNodes:
    groups: Mapping[str, FeatureGroup]
    tables: Mapping[str, CatalogTable]
    writer: Role
    worker: Function
    worker_role: Role
    worker_log: LogGroup


class FeatureStore(Component):
    """Groups of features with an online store and a history, and a function that puts, joins and compares them."""

    Nodes = FeatureStoreNodes
    reach = (*access.REACH, Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)))

    def __init__(self, place: Named, args: FeatureStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        if args.lake.catalogue is None:
            detail = "Its bucket was adopted, and has no catalogue of ours, in which SQL finds the history of features."
            raise BlueprintError("This lake cannot hold features.", detail, hint="make the lake here.")
        self._args, self.groups = args, args.groups
        writer = self._create_writer(args)
        groups = {name: self._create_group(name, group, args, writer) for name, group in args.groups.items()}
        tables = {name: self._create_table(name, group, args, groups[name]) for name, group in args.groups.items()}
        log = make_function_log(self, "worker", args.key)
        self.role = make_function_role(
            self, "worker", description="Puts, joins and compares features", grants=(), boundary=args.boundary
        )
        worker = self._create_worker(args, log)

        self.nodes = FeatureStoreNodes(
            groups=groups, tables=tables, writer=writer, worker=worker, worker_role=self.role, worker_log=log
        )
        self.grant_read(self.role)
        self.grant_write(self.role)
        self.worker_arn: pulumi.Output[str] = worker.arn
        self.register_outputs({"worker_arn": worker.arn})

    def group_name(self, group: str) -> str:
        """The physical name, known before anything is made."""
        return f"{self.site.stack}-{group}"

    def grant_read(self, role: Role) -> None:
        """Let a role ask for online records of all groups."""
        role.grant(self.allow("read", access.READ, self._arns()))
        self._grant_key(role)

    def grant_write(self, role: Role) -> None:
        """Let a role put records into all groups."""
        role.grant(self.allow("write", access.WRITE, self._arns()))
        self._grant_key(role)

    def grant_call(self, role: Role) -> None:
        """Let a role (an orchestrator's) have the function put, join and compare."""
        role.grant(self.allow("call", access.CALL, (self.worker_arn,)))

    def _grant_key(self, role: Role) -> None:
        if self._args.key:
            through = {"StringEquals": {"kms:ViaService": f"sagemaker.{self.site.region}.amazonaws.com"}}
            role.grant(self.allow("open", access.OPEN, (self._args.key.arn,), through))

    def _arns(self) -> tuple[pulumi.Output[str], ...]:
        """By name: a group's ARN is in small letters, as its name is."""
        return tuple(self.site.arn("sagemaker", f"feature-group/{self.group_name(name)}") for name in self._args.groups)

    def _create_writer(self, args: FeatureStoreArgs) -> Role:
        objects = pulumi.Output.concat(args.lake.arn, f"/{_folder(args)}*")
        grants: list[Grant] = [
            self.allow("history", access.OFFLINE, (objects,)),
            self.allow("look", access.LOOK, (args.lake.arn,)),
        ]
        if args.lake.key_arn is not None:
            grants.append(self.allow("seal", access.SEAL, (args.lake.key_arn,)))
        return make_role(
            self,
            "writer",
            services=("sagemaker.amazonaws.com",),
            description="Writes the history of features",
            grants=grants,
            boundary=args.boundary,
        )

    def _create_group(self, name: str, group: Group, args: FeatureStoreArgs, writer: Role) -> FeatureGroup:
        assert args.lake.catalogue
        storage: dict[str, Any] = {"s3_uri": args.lake.uri(_folder(args).rstrip("/"))}
        if args.lake.key_arn is not None:
            storage["kms_key_id"] = args.lake.key_arn
        catalogue = {"catalog": "AwsDataCatalog", "database": args.lake.catalogue.database, "table_name": group.table}
        props: dict[str, Any] = {
            "feature_group_name": self.group_name(name),
            "record_identifier_feature_name": group.identifier,
            "event_time_feature_name": group.time,
            "feature_definitions": [
                {"feature_name": feature, "feature_type": kind} for feature, kind in group.types.items()
            ],
            # The table is ours: one that Feature Store makes would outlive the group, outside the lake's catalogue.
            "offline_store_config": {
                "s3_storage_config": storage,
                "disable_glue_table_creation": True,
                "data_catalog_config": catalogue,
            },
            "role_arn": writer.role_arn,
        }
        if group.description:
            props["description"] = group.description
        if group.online:
            props["online_store_config"] = _online(group, args.key)
        # AWS tries the role's rights when the group is made, so its policy must be there first.
        return self.make("groups", FeatureGroup, props, name=f"group-{name}", depends_on=[writer])

    def _create_table(self, name: str, group: Group, args: FeatureStoreArgs, made: FeatureGroup) -> CatalogTable:
        assert args.lake.catalogue
        columns = {**{feature: HIVE[kind] for feature, kind in group.types.items()}, **ADDED}
        props = {
            "name": group.table,
            "database_name": args.lake.catalogue.database,
            "table_type": "EXTERNAL_TABLE",
            "parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
            "storage_descriptor": {
                **FORMATS["parquet"],
                "location": pulumi.Output.all(made.arn, made.offline_store_config).apply(_resolved),
                "columns": [{"name": column, "type": kind} for column, kind in columns.items()],
            },
        }
        return self.make("tables", CatalogTable, props, name=f"table-{name}")

    def _create_worker(self, args: FeatureStoreArgs, log: LogGroup) -> Function:
        told = {name: _told(self.group_name(name), group) for name, group in args.groups.items()}
        props: dict[str, Any] = {
            "description": "Puts rows into groups of features, makes training sets of them, and looks for skew",
            "code": pack(SOURCE, feature_sql, feature_skew, settings={"features.json": {"groups": told}}),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 1769,
        }
        return self.make("worker", Function, props, depends_on=[self.role, log])


def _folder(args: FeatureStoreArgs) -> str:
    return f"{args.lake.zones['features']}{FOLDER}"


def _online(group: Group, key: KeyRef | None) -> dict[str, Any]:
    found: dict[str, Any] = {"enable_online_store": True}
    if key:
        found["security_config"] = {"kms_key_id": key.arn}
    if group.ttl:
        unit, value = group.ttl
        found["ttl_duration"] = {"unit": unit, "value": value}
    return found


def _resolved(made: list[Any]) -> str:
    """Where Feature Store writes, which it decides when the group is made: not before its ARN is known."""
    _, offline = made
    storage = offline["s3_storage_config"]
    return f"{storage.get('resolved_output_s3_uri') or storage['s3_uri']}/"


def _told(name: str, group: Group) -> dict[str, Any]:
    """What the function knows of a group."""
    return {
        "group": name,
        "table": group.table,
        "identifier": group.identifier,
        "time": group.time,
        "types": dict(group.types),
        "online": group.online,
        "ttl": group.ttl_seconds,
    }
