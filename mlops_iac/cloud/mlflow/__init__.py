"""SageMaker's MLflow apps: a real MLflow server for each, started by its first request.

``apps.py`` answers SageMaker's operations, ``door.py`` the requests of MLflow's own clients, ``page.py`` a browser's;
``server.py`` runs the server in an environment of its own (``environment.py``, ``serve_mlflow.py``). What was logged
lies in ``mlflow/<app>/mlflow.db`` in the cloud's folder; artifacts lie in S3, where clients put them with their own
rights, as on AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def install(gateway: Gateway) -> None:
    from mlops_iac.cloud.mlflow.apps import Apps
    from mlops_iac.cloud.mlflow.door import Door

    Door(gateway, Apps(gateway)).install()
