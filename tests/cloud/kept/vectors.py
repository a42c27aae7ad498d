"""S3 Vectors: buckets with policies, indexes, vectors."""

from __future__ import annotations

import json
from typing import Any

from mlops_iac.cloud import vectors
from tests.cloud.conftest import REGION
from tests.cloud.kept.world import World, plain


class Vectors(World):
    stores = frozenset({"s3vectors.buckets", "s3vectors.indexes"})
    installs = (vectors.install,)

    def begin(self) -> None:
        self.s3vectors = self.client("s3vectors")
        self.indexes: list[tuple[str, str]] = []
        self._index()

    def _index(self) -> None:
        bucket, index = f"kept-{self.new_name()}", self.new_name() * 2
        self.s3vectors.create_vector_bucket(vectorBucketName=bucket)
        settings = {"dataType": "float32", "dimension": 3, "distanceMetric": "cosine"}
        self.s3vectors.create_index(vectorBucketName=bucket, indexName=index, **settings)
        self.indexes.append((bucket, index))

    def _put(self) -> None:
        self.s3vectors.put_vectors(**self._one(), vectors=[
            {"key": str(number), "data": {"float32": [self.chance.random() + 0.1 for _ in range(3)]},
             "metadata": {"round": self.chance.randrange(1000)}}
            for number in self.chance.sample(range(12), 5)
        ])  # fmt: skip

    def _delete_vectors(self) -> None:
        self.s3vectors.delete_vectors(**self._one(), keys=[str(self.chance.randrange(12))])

    def _policy(self) -> None:
        bucket, _ = self.chance.choice(self.indexes)
        allowed = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3vectors:GetVectors"}
        resource = f"arn:aws:s3vectors:{REGION}:123456789012:bucket/{bucket}/*"
        document = {"Version": "2012-10-17", "Statement": [{**allowed, "Sid": self.new_name(), "Resource": resource}]}
        self.s3vectors.put_vector_bucket_policy(vectorBucketName=bucket, policy=json.dumps(document))

    def _delete_index(self) -> None:
        if len(self.indexes) > 1:
            bucket, index = self.indexes.pop()
            self.s3vectors.delete_index(vectorBucketName=bucket, indexName=index)

    def _one(self) -> dict[str, str]:
        bucket, index = self.chance.choice(self.indexes)
        return {"vectorBucketName": bucket, "indexName": index}

    def act(self) -> None:
        self.one_of((self._put, self._put, self._delete_vectors, self._index, self._policy, self._delete_index))

    def seen(self) -> Any:
        client, found = self.client("s3vectors"), {}
        for one in client.list_vector_buckets()["vectorBuckets"]:
            bucket = {"vectorBucketName": one["vectorBucketName"]}
            try:
                policy = client.get_vector_bucket_policy(**bucket)["policy"]
            except client.exceptions.NotFoundException:
                policy = None
            indexes = {
                index["indexName"]: client.list_vectors(
                    **bucket, indexName=index["indexName"], returnData=True, returnMetadata=True
                )["vectors"]
                for index in client.list_indexes(**bucket)["indexes"]
            }
            found[one["vectorBucketName"]] = [policy, indexes]
        return plain(found)
