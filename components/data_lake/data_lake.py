"""The team's data: one private, versioned bucket in zones, its catalogue, and SQL over it."""

from __future__ import annotations

import pulumi
from pulumi_aws.athena import Workgroup
from pulumi_aws.glue import CatalogDatabase, CatalogTable
from pulumi_aws.s3 import (
    Bucket,
    BucketLifecycleConfiguration,
    BucketObjectLockConfiguration,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketVersioning,
)

from mlops_iac.components._kit import Component, KeyRef, LakeRef, Named, policy, render
from mlops_iac.components._kit.refs import CatalogueRef
from mlops_iac.components.closing import close
from mlops_iac.components.data_lake import access, tables
from mlops_iac.components.data_lake.args import ZONES, DataLakeArgs, Table
from mlops_iac.components.data_lake.lifecycle import rules
from mlops_iac.components.data_lake.nodes import DataLakeNodes
from mlops_iac.components.identity import Role
from mlops_iac.core import iceberg
from mlops_iac.core.retention import Retention

# Idle cost: nothing. S3, Glue's first million objects and Athena are billed by use.


class DataLake(Component):
    """Zones `raw`, `curated`, `features` and `models` in one bucket, and `code/` beside them."""

    Nodes = DataLakeNodes
    reach = access.REACH
    people = access.PEOPLE

    def __init__(
        self, place: Named, args: DataLakeArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or DataLakeArgs()
        super().__init__(place, args.transforms, opts)
        bucket = self._create_bucket()
        closed = close(self, bucket, args.key)
        lifecycle = self._create_lifecycle(bucket, closed.versioning, args)
        lock = self._create_lock(bucket, closed.versioning) if args.retention else None
        guard = self._create_policy(bucket, closed.access, args)
        catalog = self._create_catalog(bucket)
        made = {name: self._create_table(catalog, bucket, name, table) for name, table in args.tables.items()}
        queries = self._create_queries(bucket, args)
        self._let_insert(args)

        self.nodes: DataLakeNodes | None = DataLakeNodes(
            bucket=bucket,
            **closed._asdict(),
            lifecycle=lifecycle,
            lock=lock,
            policy=guard,
            catalog=catalog,
            tables=made,
            queries=queries,
        )
        self.catalog_name: pulumi.Output[str] | None = catalog.name
        self.workgroup_name: pulumi.Output[str] | None = queries.name
        self._offer(bucket.bucket, bucket.arn, args.key, args.retention)

    @classmethod
    def adopt(
        cls,
        place: Named,
        *,
        bucket_name: pulumi.Input[str],
        key_arn: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> DataLake:
        """A bucket that exists. Its policies and its catalogue are its owner's business; the zones are ours."""
        self = cls.__new__(cls)
        Component.__init__(self, place, None, opts)
        self.nodes = self.catalog_name = self.workgroup_name = None
        name = pulumi.Output.from_input(bucket_name)
        arn = pulumi.Output.concat(f"arn:{place.site.partition}:s3:::", name)
        place.site.ceiling.adopt(access.BUCKET, arn)
        for level, actions, keys in access.adopted():
            for key in keys:
                place.site.people.adopt(level, actions, pulumi.Output.concat(arn, key))
        if key_arn is not None:
            place.site.ceiling.adopt(access.ENCRYPT, key_arn)
        self._offer(name, arn, KeyRef(arn=key_arn) if key_arn is not None else None)
        return self

    def grant_read(self, role: Role, *prefixes: str) -> None:
        """Let a role read and list zones (``raw``) or prefixes (``code/``). None given: the whole lake."""
        role.grant(*access.reading(self.place, self.ref, prefixes))

    def grant_write(self, role: Role, *prefixes: str) -> None:
        """Let a role write zones or prefixes; reading is a grant of its own. None given: the whole lake."""
        role.grant(*access.writing(self.place, self.ref, prefixes))

    def grant_lock(self, role: Role, *prefixes: str) -> None:
        """Let a role lock what lies in zones or below prefixes, and never unlock it. Nothing without retention."""
        if self.ref.retention:
            role.grant(*access.locking(self.place, self.ref, prefixes))

    def grant_query(self, role: Role) -> None:
        """Let a role run SQL over the catalogue in the lake's own workgroup. Raises BlueprintError on an adopted
        lake."""
        role.grant(*access.querying(self.place, self.nodes))

    def _offer(
        self,
        name: pulumi.Output[str],
        arn: pulumi.Output[str],
        key: KeyRef | None,
        retention: Retention | None = None,
    ) -> None:
        zones = {zone: f"{zone}/" for zone in ZONES}
        catalogue = None
        if self.nodes:
            catalogue = CatalogueRef(database=self.nodes.catalog.name, workgroup=self.nodes.queries.name)
        self.ref = LakeRef(
            bucket=name,
            arn=arn,
            key_arn=key.arn if key else None,
            zones=zones,
            catalogue=catalogue,
            retention=retention,
        )
        self.bucket_name, self.bucket_arn = name, arn
        self.register_outputs({"bucket_name": name, "bucket_arn": arn})

    def _create_bucket(self) -> Bucket:
        return self.make("bucket", Bucket, {"force_destroy": not self.site.protected}, called=self.place.name)

    def _create_lifecycle(
        self, bucket: Bucket, versioning: BucketVersioning, args: DataLakeArgs
    ) -> BucketLifecycleConfiguration:
        props = {**_of(bucket), "rules": rules(self.site, args)}
        return self.make("lifecycle", BucketLifecycleConfiguration, props, depends_on=[versioning])

    def _create_lock(self, bucket: Bucket, versioning: BucketVersioning) -> BucketObjectLockConfiguration:
        """A bucket that has objects can be given Object Lock too, so no bucket is replaced for it; without a rule, as
        what lies in the lake is locked object by object:
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html"""
        self.site.ceiling.add(access.LOCK_REACH)
        self.site.people.add(access.LOCK_PEOPLE)
        props = {**_of(bucket), "object_lock_enabled": "Enabled"}
        return self.make("lock", BucketObjectLockConfiguration, props, depends_on=[versioning])

    def _create_policy(self, bucket: Bucket, public: BucketPublicAccessBlock, args: DataLakeArgs) -> BucketPolicy:
        guard = access.guarding(bucket.arn, args.key, access.SHOWN if args.retention else access.LOGGED)
        shared = access.sharing(bucket.arn, args.readers, self.site.partition)
        props = {**_of(bucket), "policy": render(policy([*guard, *shared]))}
        # S3 refuses two changes of one bucket's access settings at the same time (OperationAborted).
        return self.make("policy", BucketPolicy, props, depends_on=[public])

    def _create_catalog(self, bucket: Bucket) -> CatalogDatabase:
        props = {
            "description": f"Data of {self.site.stack}",
            "location_uri": pulumi.Output.concat("s3://", bucket.bucket, "/"),
        }
        return self.make("catalog", CatalogDatabase, props, called=self.place.name)

    def _create_table(self, catalog: CatalogDatabase, bucket: Bucket, name: str, table: Table) -> CatalogTable:
        props = {"name": tables.table_name(name), **tables.properties(catalog.name, bucket.bucket, name, table)}
        return self.make("tables", CatalogTable, props, name=f"table-{name}", options=tables.options(table))

    def _let_insert(self, args: DataLakeArgs) -> None:
        """Let scientists write into Iceberg tables, where there are any."""
        places = [tables.place(name, one) for name, one in args.tables.items() if one.format == iceberg.FORMAT]
        if places:
            self.site.ceiling.add(access.INSERT_REACH)
            self.site.people.add(access.inserting(places))

    def _create_queries(self, bucket: Bucket, args: DataLakeArgs) -> Workgroup:
        encryption = {"encryption_option": "SSE_S3"}
        if args.key:
            encryption = {"encryption_option": "SSE_KMS", "kms_key_arn": args.key.arn}
        results = {
            "output_location": pulumi.Output.concat("s3://", bucket.bucket, "/", access.RESULTS),
            "encryption_configuration": encryption,
        }
        configuration = {
            "enforce_workgroup_configuration": True,
            "publish_cloudwatch_metrics_enabled": True,
            "bytes_scanned_cutoff_per_query": args.scan_limit_gib * 1024**3,
            "result_configuration": results,
        }
        props = {"configuration": configuration, "force_destroy": not self.site.protected}
        return self.make("queries", Workgroup, props, called=self.place.name)


def _of(bucket: Bucket) -> dict[str, pulumi.Output[str]]:
    return {"bucket": bucket.bucket}
