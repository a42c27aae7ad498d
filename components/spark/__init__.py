"""Spark for data that one machine does not hold, and that costs only while it works."""

from mlops_iac.components.spark.emr_serverless import Spark, SparkArgs, SparkNodes

__all__ = ["Spark", "SparkArgs", "SparkNodes"]
