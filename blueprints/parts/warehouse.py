"""A warehouse that loads from the environment's lake and unloads into it, and what the environment tells of it."""

from __future__ import annotations

from typing import Final

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.told import CALLER, as_any
from mlops_iac.blueprints.parts.warehouse_options import WarehouseSettings
from mlops_iac.components.warehouse import Warehouse, WarehouseArgs
from mlops_iac.core import environment as env
from mlops_iac.pipelines.steps.query import UNLOADED_TO

NAME: Final = "warehouse"
"""What query steps call it."""
READ: Final = ("raw", "curated", "features")


def make_warehouse(foundation: Foundation, settings: WarehouseSettings) -> Warehouse:
    """Its role reads the zones of data, and writes those that answers go to."""
    made = Warehouse(
        foundation.site.named(NAME),
        WarehouseArgs(
            network=foundation.network,
            base_rpus=settings.base_rpus,
            most_rpus=settings.most_rpus,
            rpu_hours=settings.rpu_hours,
            max_minutes=settings.max_minutes,
            key=foundation.key,
            boundary=foundation.boundary,
        ),
    )
    foundation.lake.grant_read(made.role, *READ)
    foundation.lake.grant_write(made.role, *UNLOADED_TO)
    return made


def tell_warehouse(foundation: Foundation, warehouse: Warehouse) -> dict[str, env.Service]:
    """By capability."""
    ref = warehouse.ref
    client = {
        "AWS_REGION": foundation.site.region,
        "MLOPS_IAC_WAREHOUSE": ref.workgroup,
        "MLOPS_IAC_WAREHOUSE_DATABASE": ref.database,
        "MLOPS_IAC_WAREHOUSE_ROLE": ref.role_arn,
    }
    return {NAME: env.Service(endpoint=as_any(ref.workgroup_arn), credentials=CALLER, client=as_any(client))}
