"""Spark over the environment's lake, and what the environment tells of it."""

from __future__ import annotations

from typing import Final

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.spark_options import SparkSettings
from mlops_iac.blueprints.parts.told import CALLER, as_any
from mlops_iac.components.spark import Spark, SparkArgs
from mlops_iac.core import environment as env

NAME: Final = "spark"
READ: Final = ("raw", "curated", "features", "code")
WRITTEN: Final = ("curated", "features")


def make_spark(foundation: Foundation, settings: SparkSettings) -> Spark:
    """Its jobs read the zones of data and the packed code, and write what is made of data."""
    made = Spark(
        foundation.site.named(NAME),
        SparkArgs(
            network=foundation.network,
            release=settings.release,
            architecture=settings.architecture,
            most_vcpus=settings.most_vcpus,
            most_memory_gb=settings.most_memory_gb,
            most_disk_gb=settings.most_disk_gb,
            idle_minutes=settings.idle_minutes,
            key=foundation.log_key,
            boundary=foundation.boundary,
        ),
    )
    foundation.lake.grant_read(made.role, *READ)
    foundation.lake.grant_write(made.role, *WRITTEN)
    return made


def tell_spark(foundation: Foundation, spark: Spark) -> dict[str, env.Service]:
    """By capability."""
    ref = spark.ref
    client = {
        "AWS_REGION": foundation.site.region,
        "MLOPS_IAC_SPARK": ref.application_id,
        "MLOPS_IAC_SPARK_ROLE": ref.role_arn,
    }
    return {NAME: env.Service(endpoint=as_any(ref.application_arn), credentials=CALLER, client=as_any(client))}
