"""Folders of one run as those of another: copied inside the lake, nothing passes through this machine."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Store
from mlops_iac.runs.calls import calling
from mlops_iac.runs.lake import write_arguments


def copy_folders(
    environment: Environment, store: Store, clients: Clients, prefixes: Iterable[str], a: str, b: str
) -> None:
    """Every object below each prefix, where ``{run}`` stands for the run: from run ``a`` to run ``b``."""
    from s3transfer.manager import TransferManager  # type: ignore[import-untyped,unused-ignore]

    client, arguments = clients("s3"), {**write_arguments(environment), "TaggingDirective": "REPLACE"}
    with TransferManager(client) as manager:
        copies = []
        for prefix in prefixes:
            source = prefix.format(run=a)
            with calling("s3:ListObjectsV2", source):
                pages = client.get_paginator("list_objects_v2").paginate(Bucket=store.bucket, Prefix=source)
                keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
            for key in keys:
                target = prefix.format(run=b) + key.removeprefix(source)
                place = {"Bucket": store.bucket, "Key": key}
                copies.append(manager.copy(place, store.bucket, target, extra_args=arguments))
        with calling("s3:CopyObject", store.bucket):
            for copy in copies:
                copy.result()
