"""How long the lake keeps what."""

from __future__ import annotations

from typing import Any

from mlops_iac.components._kit import Site
from mlops_iac.components._kit.buckets import rule
from mlops_iac.components.data_lake.access import RESULTS
from mlops_iac.components.data_lake.args import DataLakeArgs

OLD_VERSIONS_DAYS = {"sandbox": 7, "standard": 30, "regulated": 365}
RESULTS_DAYS = 7
"""Results of SQL queries can be had again by asking again."""
KEPT_DAYS = 90
KEPT_ZONES = ("curated", "features", "models")
"""Results of a map's tasks, which are kept by their content below ``kept/`` of a zone, can be had again by running the
tasks. Not in ``raw/``: what lies there is the team's own."""
UPLOAD_DAYS = 3
"""Parts of uploads that were never finished are billed and cannot be seen in a listing."""


def rules(site: Site, args: DataLakeArgs) -> list[dict[str, Any]]:
    """Lifecycle rules of the bucket, in S3's order of ids."""
    old_days = args.keep_old_versions_days or OLD_VERSIONS_DAYS[site.profile]
    found = [
        rule("abandoned-uploads", "", abort_incomplete_multipart_upload={"days_after_initiation": UPLOAD_DAYS}),
        rule("old-versions", "", noncurrent_version_expiration={"noncurrent_days": old_days}),
        rule("query-results", RESULTS, expiration={"days": RESULTS_DAYS}),
        *(rule(f"{zone}-kept", f"{zone}/kept/", expiration={"days": KEPT_DAYS}) for zone in KEPT_ZONES),
    ]
    if args.expire_raw_after_days:
        found.append(rule("raw-data", "raw/", expiration={"days": args.expire_raw_after_days}))
    for prefix, days in sorted(args.expire.items()):
        found.append(rule(prefix.strip("/").replace("/", "-"), prefix, expiration={"days": days}))
    return found
