"""Run MLflow's server on a unix socket. A script that runs in MLflow's own environment.

Usage: ``python serve_mlflow.py <socket> <database> <artifacts>``. No port that others could reach: only who may open
the socket's folder may ask, and that is the embedded cloud, which asks who it is first.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    socket, database, artifacts = sys.argv[1:4]
    if sys.platform == "linux":
        # A cloud that is killed takes its servers along.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    store = f"sqlite:///{database}"
    os.environ.update(
        {
            "_MLFLOW_SERVER_FILE_STORE": store,
            "_MLFLOW_SERVER_REGISTRY_STORE": store,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": artifacts,
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
    )
    from mlflow.server.handlers import (  # type: ignore[import-not-found, unused-ignore]
        initialize_backend_stores,
    )

    initialize_backend_stores(store, store, artifacts)
    os.umask(0o077)
    import uvicorn  # type: ignore[import-not-found, unused-ignore]

    uvicorn.run("mlflow.server.fastapi_app:app", uds=socket, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
