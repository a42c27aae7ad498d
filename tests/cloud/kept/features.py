"""Feature Store."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from typing import Any

from mlops_iac.cloud import feature_store
from mlops_iac.cloud.feature_store import groups, offline, online
from tests.cloud.conftest import REGION
from tests.cloud.kept.world import ROLE, TRUST, World, plain


class Features(World):
    """Records online, and each of them in the history: in S3, or waiting to be written there."""

    stores = frozenset({groups.STORE, online.STORE, offline.STORE})
    installs = (feature_store.install,)

    def begin(self) -> None:
        self.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST)
        writes = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [writes]})
        self.client("iam").put_role_policy(RoleName="kept", PolicyName="own", PolicyDocument=document)
        self.groups: list[str] = []
        self._make()

    def _make(self) -> None:
        name = self.new_name()
        features = [{"FeatureName": one, "FeatureType": "String"} for one in ("id", "time", "value")]
        self.client("sagemaker").create_feature_group(
            FeatureGroupName=name, RecordIdentifierFeatureName="id", EventTimeFeatureName="time",
            FeatureDefinitions=features, OnlineStoreConfig={"EnableOnlineStore": True}, RoleArn=ROLE,
            OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://lake/store"}, "DisableGlueTableCreation": True},
        )  # fmt: skip
        self.groups.append(name)

    def _moment(self, *, late: bool) -> str:
        """Later than any before, or any: what is older than what is there takes no place online."""
        day, second = (2, next(self._numbers)) if late else (1, self.chance.randrange(60))
        return f"2026-01-{day:02d}T00:{second // 60:02d}:{second % 60:02d}Z"

    def _put(self) -> None:
        moment = self._moment(late=self.chance.random() < 0.7)
        values = {"id": str(self.chance.randrange(5)), "time": moment, "value": self.new_name()}
        record = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
        group = self.chance.choice(self.groups)
        self.client("sagemaker-featurestore-runtime").put_record(FeatureGroupName=group, Record=record)

    def _delete_record(self) -> None:
        moment = self._moment(late=True)
        asked = {"RecordIdentifierValueAsString": str(self.chance.randrange(5)), "EventTime": moment}
        mode = self.chance.choice(["SoftDelete", "HardDelete"])
        client, group = self.client("sagemaker-featurestore-runtime"), self.chance.choice(self.groups)
        client.delete_record(FeatureGroupName=group, DeletionMode=mode, **asked)

    def _delete_group(self) -> None:
        if len(self.groups) > 1:
            self.client("sagemaker").delete_feature_group(FeatureGroupName=self.groups.pop())

    def act(self) -> None:
        self.one_of((self._put, self._put, self._put, self._delete_record, self._make, self._delete_group))

    def seen(self) -> Any:
        sagemaker, runtime = self.client("sagemaker"), self.client("sagemaker-featurestore-runtime")
        names = [one["FeatureGroupName"] for one in sagemaker.list_feature_groups()["FeatureGroupSummaries"]]
        groups = {}
        for name in sorted(names):
            told = sagemaker.describe_feature_group(FeatureGroupName=name)
            records = [
                runtime.get_record(FeatureGroupName=name, RecordIdentifierValueAsString=str(id)).get("Record")
                for id in range(5)
            ]
            groups[name] = [told["CreationTime"], told["FeatureDefinitions"], records]
        return plain([groups, sorted(self._history(names))])

    def _history(self, groups: Sequence[str]) -> set[tuple[str, ...]]:
        """A record that was written when the process was killed may be there twice."""
        import duckdb

        s3, found = self.client("s3"), set()
        for one in s3.list_objects_v2(Bucket="lake").get("Contents", ()):
            group = one["Key"].split("/offline-store/")[1].partition("/")[0].rpartition("-")[0]
            with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
                file.write(s3.get_object(Bucket="lake", Key=one["Key"])["Body"].read())
                file.flush()
                rows = duckdb.sql(f"SELECT id, value, is_deleted FROM read_parquet('{file.name}')").fetchall()
            found |= {(group, *map(str, row)) for row in rows}
        with self.cloud.gateway.locked("sagemaker"):
            for arn, waiting in self.cloud.gateway.store[offline.STORE].items():
                told = [(one["values"].get("id"), one["values"].get("value"), one["deleted"]) for one in waiting]
                found |= {(arn.rpartition("/")[2], *map(str, row)) for row in told}
        return {one for one in found if one[0] in groups}
