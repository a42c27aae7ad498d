"""aws:s3/bucketObject:BucketObject."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlencode

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource, set_or_drop
from mlops_iac.cloud.handlers._tags import decode
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Asset, Props

BODIES: Final = ("source", "content", "contentBase64")
"""The inputs that hold what is in the object; one of them, or none."""

TRIGGERS: Final = frozenset({"etag", "sourceHash"})
"""Inputs that are sent nowhere: a change of one sends the object again."""


class BucketObject(Resource):
    """PutObject with tags and metadata; HeadObject and GetObjectTagging; a change sends the object again, but tags
    alone are sent alone (PutObjectTagging). A delete takes all versions of the key. ``key`` is the logical name when it
    is left out; a file is sent from disk as it is read."""

    type = "aws:s3/bucketObject:BucketObject"
    service = "s3"
    create_op, read_op, delete_op = "PutObject", "HeadObject", "DeleteObject"
    extras = frozenset({*BODIES, *TRIGGERS, "tags", "forceDestroy"})
    renames = {"kmsKeyId": "SSEKMSKeyId", "websiteRedirect": "WebsiteRedirectLocation"}
    required = frozenset({"bucket"})
    name_input, prefix_input = "", ""
    identity = ("bucket", "key")
    shares_names = True
    id_from = "id"
    key = {"Bucket": "bucket", "Key": "key"}
    computed = {"versionId": "VersionId"}
    refreshed = {"metadata": "Metadata"}
    formats = {"id": "{bucket}/{key}", "arn": "arn:{partition}:s3:::{bucket}/{key}"}
    upserts = True
    create_calls = 3

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        return super().check(scope, name, old, {**new, "key": name if new.get("key") in (None, "") else new["key"]})

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        given = [name for name in BODIES if name in inputs]
        if len(given) > 1:
            raise _refused(self.type, f"`{given[0]}` and `{given[1]}` both say what is in it", "keep one of them.")
        source = inputs.get("source", UNKNOWN)
        if source is not UNKNOWN and (not isinstance(source, Asset) or source.uri):
            raise _refused(self.type, "`source` must be a file or a text", "give a FileAsset or a StringAsset.")
        packed = inputs.get("contentBase64", UNKNOWN)
        if packed is not UNKNOWN:
            try:
                base64.b64decode(packed, validate=True)
            except (binascii.Error, ValueError):
                hint = "encode it, or use `content` for text."
                raise _refused(self.type, "`contentBase64` is no base64", hint) from None

    def create(self, scope: Scope, inputs: Props) -> Any:
        self._put(self.api(scope, inputs), scope, inputs)
        made = self.read(scope, "", inputs)
        assert made is not None  # it was made a line above
        return made

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        api = self.api(scope, new)
        changed = {key for key in {*old, *new} if old.get(key) != new.get(key)} - {"forceDestroy"}
        if changed == {"tags"}:
            tags = [{"Key": key, "Value": value} for key, value in (new.get("tags") or {}).items()]
            api("PutObjectTagging", Bucket=new["bucket"], Key=new["key"], Tagging={"TagSet": tags})
        elif changed:
            self._put(api, scope, new)
        kept = {key: value for key, value in outputs.items() if key not in old}
        found = self.read(scope, id, {**kept, **new})
        if found is None:
            raise api.refuse("HeadObject", "the object is gone", "NoSuchKey")
        return found.outputs

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        known = {**self._formatted(scope, outputs), **outputs}
        bucket, _, key = str(known["id"]).partition("/")
        return api.maybe("HeadObject", Bucket=outputs.get("bucket", bucket), Key=outputs.get("key", key))

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["contentType"] = item.get("ContentType", "")
        outputs["etag"] = item["ETag"].strip('"')
        answer = api.maybe("GetObjectTagging", Bucket=outputs["bucket"], Key=outputs["key"]) or {}
        tags = decode(answer.get("TagSet") or [])
        set_or_drop(outputs, "tags", tags if tags or "tags" in outputs else None)
        outputs["tagsAll"] = tags

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        bucket, key = outputs["bucket"], outputs["key"]
        page = api.maybe("ListObjectVersions", Bucket=bucket, Prefix=key)
        for entry in [*(page or {}).get("Versions", []), *(page or {}).get("DeleteMarkers", [])]:
            if entry["Key"] == key:
                api.maybe("DeleteObject", Bucket=bucket, Key=key, VersionId=entry["VersionId"])

    def _put(self, api: Api, scope: Scope, inputs: Props) -> None:
        tags = inputs.get("tags")
        tagging = {"Tagging": urlencode(tags)} if tags else {}
        with _body(inputs) as body:
            api("PutObject", **self.create_params(scope, inputs), **tagging, Body=body)


def _refused(type: str, what: str, hint: str) -> CloudError:
    return CloudError("Value not allowed.", f"In `{type}`, {what}.", hint=hint, resource=type)


@contextmanager
def _body(inputs: Props) -> Iterator[bytes | IO[bytes]]:
    """What is in the object: a file is open as long as it is sent."""
    source = inputs.get("source")
    if isinstance(source, Asset) and source.path is not None:
        with Path(source.path).open("rb") as file:
            yield file
    elif isinstance(source, Asset):
        yield (source.text or "").encode()
    elif inputs.get("contentBase64") is not None:
        yield base64.b64decode(inputs["contentBase64"])
    else:
        yield str(inputs.get("content") or "").encode()
