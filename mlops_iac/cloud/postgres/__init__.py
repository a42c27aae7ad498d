"""Aurora PostgreSQL that really answers: a PostgreSQL of this machine for each cluster, asked through the RDS Data API.

Clusters and their instances are moto's; ``data_api.py`` answers what they are asked, ``servers.py`` has the servers,
``binaries.py`` says where PostgreSQL comes from. Without one on the machine the Data API refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Answer the RDS Data API, whose statements moto does not run."""
    from mlops_iac.cloud.postgres.data_api import DataApi
    from mlops_iac.cloud.postgres.servers import Servers

    servers = Servers(gateway)
    for part in (DataApi(gateway, servers), servers):  # sessions end before their servers
        part.install()
