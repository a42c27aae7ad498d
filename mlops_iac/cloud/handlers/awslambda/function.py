"""aws:lambda/function:Function."""

from __future__ import annotations

import io
import posixpath
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Archive, Asset, Props

_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a packed function, so that equal code is equal bytes."""


class Function(Resource):
    """CreateFunction, GetFunction, UpdateFunctionConfiguration, UpdateFunctionCode when the code changes,
    DeleteFunction. Code is a folder, a packed file, or named texts, files and folders. A create under a name that
    exists is refused, and so is a role that does not exist; moto accepts both. Only Python runs here."""

    type = "aws:lambda/function:Function"
    service = "lambda"
    create_op, read_op = "CreateFunction", "GetFunction"
    update_op, delete_op = "UpdateFunctionConfiguration", "DeleteFunction"
    renames = {"name": "FunctionName"}
    extras = frozenset({"code"})
    required = frozenset({"code", "handler", "role", "runtime"})
    defaults = {"memorySize": 128, "timeout": 3}
    references = {"role": "role"}
    replace_on = frozenset({"packageType"})
    key = {"FunctionName": "name"}
    read_item = "Configuration"
    computed = {"arn": "FunctionArn", "version": "Version"}
    formats = {"arn": "arn:{partition}:lambda:{region}:{account}:function:{name}"}
    refreshed = {"handler": "Handler", "runtime": "Runtime", "role": "Role", "timeout": "Timeout"}
    tags = TagCalls(key=("Resource", "arn"), list="ListTags")
    create_calls = 3

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        runtime, code = inputs["runtime"], inputs["code"]
        if runtime is not UNKNOWN and not str(runtime).startswith("python"):
            detail = f"`{self.type}.runtime` is `{runtime}`; the embedded cloud runs Python only."
            raise CloudError("Value not allowed.", detail, resource=self.type)
        if code is not UNKNOWN and (not isinstance(code, Archive) or code.uri):
            detail = f"`{self.type}.code` must be a folder, a packed file, or named texts, files and folders."
            raise CloudError("Value not allowed.", detail, resource=self.type)

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        if api.maybe("GetFunction", FunctionName=inputs["name"]) is not None:
            raise api.refuse("CreateFunction", f"Function already exist: {inputs['name']}", "ResourceConflictException")

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {**super().create_params(scope, inputs), "Code": {"ZipFile": packed(inputs["code"])}}

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "code" in changed:
            api("UpdateFunctionCode", FunctionName=outputs["name"], ZipFile=packed(outputs["code"]))


def packed(code: Archive) -> bytes:
    """The code as Lambda takes it: a zip file."""
    if code.path and zipfile.is_zipfile(code.path):
        return Path(code.path).read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_files(code).items()):
            info = zipfile.ZipInfo(name, _MOMENT)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _files(code: Archive) -> dict[str, bytes]:
    """Path to content. A part that is an archive lies below its name; ``.`` is the top."""
    if code.path:
        return _files_at(Path(code.path))
    found: dict[str, bytes] = {}
    for name, part in (code.assets or {}).items():
        if isinstance(part, Asset):
            content = part.text.encode() if part.text is not None else Path(part.path or "").read_bytes()
            found[posixpath.normpath(name)] = content
        else:
            found |= {posixpath.normpath(f"{name}/{inner}"): content for inner, content in _files(part).items()}
    return found


def _files_at(path: Path) -> dict[str, bytes]:
    """What is in a folder, or in a packed file of the kinds that Pulumi takes: zip, tar, and tar with gzip."""
    if path.is_dir():
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    with tarfile.open(path) as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in files.items() if file}
