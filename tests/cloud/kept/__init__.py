"""The parts of the embedded cloud that keep something, in one visible table."""

from __future__ import annotations

from tests.cloud.kept.api import Api
from tests.cloud.kept.compliance import Compliance
from tests.cloud.kept.features import Features
from tests.cloud.kept.guardrails import Guardrails
from tests.cloud.kept.history import History
from tests.cloud.kept.others import Others
from tests.cloud.kept.spark import Spark
from tests.cloud.kept.studio import Studio
from tests.cloud.kept.vectors import Vectors
from tests.cloud.kept.warehouses import Warehouses
from tests.cloud.kept.world import World

WORLDS: tuple[type[World], ...] = (
    Api,
    Compliance,
    Features,
    Guardrails,
    History,
    Others,
    Spark,
    Studio,
    Vectors,
    Warehouses,
)
