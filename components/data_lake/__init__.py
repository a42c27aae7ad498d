"""The team's data: one private, versioned bucket in zones, its catalogue, and SQL over it."""

from mlops_iac.components.data_lake.args import ZONES, DataLakeArgs, Format, Table
from mlops_iac.components.data_lake.data_lake import DataLake
from mlops_iac.components.data_lake.nodes import DataLakeNodes

__all__ = ["ZONES", "DataLake", "DataLakeArgs", "DataLakeNodes", "Format", "Table"]
