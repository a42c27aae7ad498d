"""Runs beside a team's Metaflow, in its own environment: nothing of ours is there.

Usage: ``python pulling.py '{"flow": …, "run": …, "steps": […]}'``. Writes the number of tasks that were brought.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main(asked: dict[str, Any]) -> int:
    from metaflow.datastore import FlowDataStore
    from metaflow.metadata_provider.util import sync_local_metadata_from_datastore
    from metaflow.metaflow_config import DATASTORE_LOCAL_DIR, DATASTORE_SYSROOT_S3
    from metaflow.plugins.datastores.s3_storage import S3Storage

    store = FlowDataStore(asked["flow"], environment=None, storage_impl=S3Storage, ds_root=DATASTORE_SYSROOT_S3)
    tasks = store.get_task_datastores(run_id=asked["run"], steps=asked["steps"], allow_not_done=True)
    for task in tasks:
        sync_local_metadata_from_datastore(DATASTORE_LOCAL_DIR, task)
    return len(tasks)


if __name__ == "__main__":
    print(main(json.loads(sys.argv[1])))
