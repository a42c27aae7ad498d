"""A bucket of states: Pulumi's S3 backend, whose keys are those of its file backend."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.errors import CloudError, StateError, UsageError
from mlops_iac.engine.state.lock import Holder
from mlops_iac.engine.state.state_file import ORGANIZATION
from mlops_iac.runs.calls import calling, is_missing


class BucketPlace:
    def __init__(self, clients: Clients, bucket: str, prefix: str, url: str) -> None:
        self._clients, self.bucket, self.url = clients, bucket, url
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def _s3(self) -> Any:
        return self._clients("s3")

    def read(self, key: str) -> str | None:
        try:
            with calling("s3:GetObject", self._named(key)):
                found = self._s3.get_object(Bucket=self.bucket, Key=self._prefix + key)
                text: str = found["Body"].read().decode("utf-8")
        except CloudError as error:
            if error.code == "NoSuchBucket" or not is_missing(error):
                raise
            return None
        except UnicodeDecodeError as error:
            raise StateError("The state cannot be read.", f"{self._named(key)}: {error}", hint="look at it.") from error
        return text

    def write(self, key: str, text: str) -> None:
        with calling("s3:PutObject", self._named(key)):
            self._s3.put_object(
                Bucket=self.bucket, Key=self._prefix + key, Body=text.encode("utf-8"), ContentType="application/json"
            )

    def delete(self, key: str) -> None:
        with calling("s3:DeleteObject", self._named(key)):
            self._s3.delete_object(Bucket=self.bucket, Key=self._prefix + key)

    def keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._prefix + prefix)
        try:
            with calling("s3:ListObjectsV2", self._named(prefix)):
                found = [one["Key"] for page in pages for one in page.get("Contents", ())]
        except CloudError as error:
            if error.code != "NoSuchBucket":
                raise
            hint = "`mlops-iac bootstrap` makes one for states, and says its URL."
            raise UsageError(
                "The place for the states is not there.", f"There is no bucket {self.bucket}.", hint=hint
            ) from error
        return sorted(key.removeprefix(self._prefix) for key in found)

    @contextmanager
    def held(self, project: str, stack: str) -> Iterator[None]:
        """As Pulumi holds it: look for locks of others, write an own one, and look again."""
        folder = f".pulumi/locks/{ORGANIZATION}/{project}/{stack}/"
        own = f"{folder}{uuid.uuid4()}.json"
        self._refuse_others(folder, own, stack)
        holder = Holder.this_process()
        fields = {"pid": holder.pid, "username": holder.username, "hostname": holder.hostname}
        self.write(own, json.dumps({**fields, "timestamp": holder.timestamp}))
        try:
            self._refuse_others(folder, own, stack)
            yield
        finally:
            self.delete(own)

    def _refuse_others(self, folder: str, own: str, stack: str) -> None:
        for key in self.keys(folder):
            if key == own:
                continue
            holder = Holder.of_text(self.read(key) or "")
            if holder.is_gone():
                self.delete(key)
                continue
            raise StateError(
                "The stack is locked.",
                f"`{stack}` is being changed by process {holder.pid} of {holder.username} on {holder.hostname},"
                f" since {holder.timestamp}.",
                hint=f"wait until it is done; if that process is no more, `pulumi cancel {stack}`, or delete"
                f" {self._named(key)}.",
            )

    def _named(self, key: str) -> str:
        return f"s3://{self.bucket}/{self._prefix}{key}"
