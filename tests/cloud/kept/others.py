"""What lies beside moto's own records: tables, rules with a schedule, queries, numbers that are not given twice."""

from __future__ import annotations

import json
import time
from typing import Any

from mlops_iac.cloud import athena, schedules
from tests.cloud.conftest import REGION
from tests.cloud.kept.world import World, plain

BUCKET, GROUP = "kept-others", "kept-models"


class Others(World):
    stores = frozenset({
        "*.*", "athena.queries", "ec2.placement-groups", "rules", "s3.RequestPayment",
        "sagemaker.ModelPackageGroupPolicy", "sagemaker.deleted-model-packages",
    })  # fmt: skip
    installs = (athena.install, schedules.install)

    def begin(self) -> None:
        self.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)

    def _table(self) -> None:
        settings = {"Id": self.new_name(), "Filter": {"Prefix": self.new_name()}}
        self.client("s3").put_bucket_metrics_configuration(
            Bucket=BUCKET, Id=settings["Id"], MetricsConfiguration=settings
        )

    def _payer(self) -> None:
        payer = self.chance.choice(["Requester", "BucketOwner"])
        self.client("s3").put_bucket_request_payment(Bucket=BUCKET, RequestPaymentConfiguration={"Payer": payer})

    def _policy(self) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [], "Id": self.new_name()})
        self.client("sagemaker").put_model_package_group_policy(ModelPackageGroupName=GROUP, ResourcePolicy=policy)

    def _version(self) -> None:
        """One more; the one before it goes."""
        client = self.client("sagemaker")
        for one in client.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]:
            client.delete_model_package(ModelPackageName=one["ModelPackageArn"])
        client.create_model_package(ModelPackageGroupName=GROUP, ModelPackageDescription=self.new_name())

    def _rule(self) -> None:
        self.client("events").put_rule(Name=self.new_name(), ScheduleExpression="rate(1 day)")

    def _group(self) -> None:
        self.client("ec2").create_placement_group(GroupName=self.new_name(), Strategy="cluster")

    def _query(self) -> None:
        client, place = self.client("athena"), {"OutputLocation": f"s3://{BUCKET}/answers/"}
        asked = client.start_query_execution(QueryString="SELECT 1 AS one", ResultConfiguration=place)
        deadline = time.monotonic() + 60
        while self._state(asked["QueryExecutionId"]) in ("QUEUED", "RUNNING"):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _state(self, query: str) -> str:
        told = self.client("athena").get_query_execution(QueryExecutionId=query)["QueryExecution"]
        return str(told["Status"]["State"])

    def act(self) -> None:
        self.one_of((self._table, self._payer, self._policy, self._version, self._rule, self._group, self._query))

    def seen(self) -> Any:
        s3, sagemaker = self.client("s3"), self.client("sagemaker")
        try:
            policy = sagemaker.get_model_package_group_policy(ModelPackageGroupName=GROUP)["ResourcePolicy"]
        except sagemaker.exceptions.ClientError:
            policy = None
        listed = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
        groups = self.client("ec2").describe_placement_groups()["PlacementGroups"]
        queries = sorted(self.client("athena").list_query_executions()["QueryExecutionIds"])
        told = [
            s3.list_bucket_metrics_configurations(Bucket=BUCKET).get("MetricsConfigurationList", []),
            s3.get_bucket_request_payment(Bucket=BUCKET)["Payer"],
            [one["ModelPackageVersion"] for one in listed],
            [[query, self._state(query)] for query in queries],
            sorted(group["GroupName"] for group in groups),
        ]
        with self.cloud.gateway.locked("events"):
            rules = sorted(map(repr, self.cloud.gateway.store["rules"].items()))
        return plain([policy, told, rules])
