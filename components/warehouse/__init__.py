"""The team's warehouse: tables for SQL, filled from the lake and unloaded into it."""

from mlops_iac.components.warehouse.redshift import Warehouse, WarehouseArgs, WarehouseNodes

__all__ = ["Warehouse", "WarehouseArgs", "WarehouseNodes"]
