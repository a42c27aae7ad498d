"""Amazon S3 Vectors that really answers: every query is computed, over all vectors of the index.

``buckets.py`` and ``indexes.py`` answer for what vectors lie in, ``records.py`` for the vectors, ``queries.py`` for
questions; ``collection.py`` holds one index's vectors, ``filters.py`` reads metadata filters, ``limits.py`` has what
AWS refuses. AWS searches approximately, this cloud exactly: what is found here is the best that AWS can find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Take over all operations of the service: moto's forget what an index is set to, and cannot be queried."""
    from mlops_iac.cloud.vectors.buckets import Buckets
    from mlops_iac.cloud.vectors.indexes import Indexes
    from mlops_iac.cloud.vectors.queries import Queries
    from mlops_iac.cloud.vectors.records import Records

    buckets = Buckets(gateway)
    indexes = Indexes(gateway, buckets)
    for part in (buckets, indexes, Records(gateway, indexes), Queries(gateway, indexes)):
        part.install()
