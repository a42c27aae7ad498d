"""The emulated S3 as pyiceberg reads and writes files: whole objects, in the caller's own rights."""

from __future__ import annotations

import io
from typing import Any

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from mlops_iac.cloud.athena.locations import split_object


class Objects(FileIO):
    def __init__(self, s3: Any) -> None:
        super().__init__()
        self._s3 = s3

    def new_input(self, location: str) -> InputFile:
        return _Object(self._s3, location)

    def new_output(self, location: str) -> OutputFile:
        return _Object(self._s3, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        bucket, key = split_object(location if isinstance(location, str) else location.location)
        self._s3.delete_object(Bucket=bucket, Key=key)


class _Object(InputFile, OutputFile):
    """Metadata and manifests: small, so that they are read and written at once."""

    def __init__(self, s3: Any, location: str) -> None:
        super().__init__(location)
        self._s3 = s3
        self._bucket, self._key = split_object(location)

    def __len__(self) -> int:
        return int(self._s3.head_object(Bucket=self._bucket, Key=self._key)["ContentLength"])

    def exists(self) -> bool:
        found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=self._key, MaxKeys=1)
        return any(item["Key"] == self._key for item in found.get("Contents", ()))

    def open(self, seekable: bool = True) -> InputStream:
        return io.BytesIO(self._s3.get_object(Bucket=self._bucket, Key=self._key)["Body"].read())

    def create(self, overwrite: bool = False) -> OutputStream:
        return _Writing(self._s3, self._bucket, self._key)

    def to_input_file(self) -> InputFile:
        return _Object(self._s3, self.location)


class _Writing(io.BytesIO):
    """An object that is there when it is closed."""

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        super().__init__()
        self._s3, self._bucket, self._key = s3, bucket, key

    def close(self) -> None:
        if not self.closed:
            self._s3.put_object(Bucket=self._bucket, Key=self._key, Body=self.getvalue())
        super().close()
