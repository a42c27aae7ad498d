"""EMR Serverless: applications and their tags. Job runs are records of jobs, which end with the cloud."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud import spark
from tests.cloud.kept.world import World, plain


class Spark(World):
    stores = frozenset({"emr-serverless.applications", "emr-serverless.tokens"})
    installs = (spark.install,)

    def begin(self) -> None:
        self.made: list[dict[str, Any]] = []
        self._make()

    def _make(self) -> None:
        asked = {"type": "SPARK", "releaseLabel": "emr-7.9.0", "clientToken": self.new_name()}
        self.made.append(self.client("emr-serverless").create_application(name=self.new_name(), **asked))

    def _resize(self) -> None:
        id, most = self.chance.choice(self.made)["applicationId"], {"cpu": f"{self.chance.randint(1, 60)} vCPU"}
        self.client("emr-serverless").update_application(applicationId=id, maximumCapacity={**most, "memory": "8 GB"})

    def _tag(self) -> None:
        arn = self.chance.choice(self.made)["arn"]
        self.client("emr-serverless").tag_resource(resourceArn=arn, tags={"round": self.new_name()})

    def _delete(self) -> None:
        if len(self.made) > 1:
            self.client("emr-serverless").delete_application(applicationId=self.made.pop()["applicationId"])

    def act(self) -> None:
        self.one_of((self._make, self._resize, self._resize, self._tag, self._delete))

    def seen(self) -> Any:
        client = self.client("emr-serverless")
        listed = client.list_applications()["applications"]
        return plain([client.get_application(applicationId=one["id"])["application"] for one in listed])
