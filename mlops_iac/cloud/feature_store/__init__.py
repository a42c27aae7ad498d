"""SageMaker Feature Store: groups, records that are really kept, and Parquet files that Athena reads.

``groups.py`` answers SageMaker's operations on feature groups, ``records.py`` those on records; ``values.py`` checks a
record, ``online.py`` holds the newest of each, ``offline.py`` writes all of them to S3, and ``glue_table.py`` tells the
catalogue of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def install(gateway: Gateway) -> None:
    from mlops_iac.cloud.feature_store.groups import Groups
    from mlops_iac.cloud.feature_store.offline import OfflineStores
    from mlops_iac.cloud.feature_store.online import OnlineStores
    from mlops_iac.cloud.feature_store.records import Records

    groups, online, offline = Groups(gateway), OnlineStores(gateway), OfflineStores(gateway)
    groups.install(online, offline)
    offline.install(groups)
    Records(gateway, groups, online, offline).install()
