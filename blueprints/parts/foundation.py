"""What every environment has: a boundary, a key, a network, alerts, a lake, a place for images."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.components._kit.refs import BoundaryRef, KeyRef
from mlops_iac.components._kit.site import Site
from mlops_iac.components.catalogue import Catalogue, CatalogueArgs
from mlops_iac.components.data_lake import DataLake, DataLakeArgs, Table
from mlops_iac.components.encryption import Encryption
from mlops_iac.components.identity import Boundary
from mlops_iac.components.monitoring.alerts import Alerts, AlertsArgs
from mlops_iac.components.network import Network, NetworkArgs
from mlops_iac.components.orchestrator.orchestrator import endpoints_of
from mlops_iac.components.registry.ecr import ImageRepository, ImageRepositoryArgs
from mlops_iac.components.serving.capture import FOLDER as CAPTURED
from mlops_iac.config.stack_config import StackConfig


def needed_by(orchestrator: str, *others: str) -> tuple[str, ...]:
    """Interface endpoints that the network needs besides its usual ones: what an orchestrator that runs in it calls,
    and others. With any of them, those that `regulated` has by itself."""
    from mlops_iac.components.network import REGULATED_ENDPOINTS

    wanted = {*endpoints_of(orchestrator), *others}
    return tuple(sorted({*wanted, *REGULATED_ENDPOINTS})) if wanted else ()


class Foundation:
    """The ground of one environment. ``endpoints``: interface endpoints that the network needs besides its usual
    ones."""

    def __init__(
        self, site: Site, stack: StackConfig, options: FoundationOptions, *, endpoints: tuple[str, ...] = ()
    ) -> None:
        self.site, self.stack = site, stack
        self.boundary: BoundaryRef = Boundary(site.named("boundary")).ref
        self.encryption = Encryption(site.named("encryption"))
        self.key: KeyRef | None = self.encryption.ref
        self.network = Network(site.named("network"), self._network(endpoints)).ref
        self.alerts = Alerts(
            site.named("alerts"), AlertsArgs(emails=(stack.owner,) if stack.owner else (), key=self.key)
        )
        self.lake = DataLake(site.named("lake"), self._lake(options))
        self.images = ImageRepository(site.named("images"), ImageRepositoryArgs(key=self.key))

    def tell(self, profile: Mapping[str, pulumi.Input[str]]) -> None:
        """Publish the client profile: the environment's own variables, then those that the parts add."""
        own: dict[str, pulumi.Input[str]] = {
            "AWS_REGION": self.site.region,
            "MLOPS_IAC_STACK": self.site.stack,
            "MLOPS_IAC_BUCKET": self.lake.bucket_name,
        }
        Catalogue(self.site.named("catalogue"), CatalogueArgs(profile={**own, **profile}))

    def _network(self, endpoints: tuple[str, ...]) -> NetworkArgs:
        if not endpoints:
            return NetworkArgs(key=self.key, boundary=self.boundary)
        return NetworkArgs(key=self.key, boundary=self.boundary, interface_endpoints=endpoints)

    def _lake(self, options: FoundationOptions) -> DataLakeArgs:
        tables = {
            name: Table(zone=table.zone, prefix=table.prefix, format=table.format, columns=table.columns)
            for name, table in options.tables.items()
        }
        asked = options.monitoring if isinstance(options, MonitoringOptions) else None
        expire: dict[str, int] = {f"curated/{CAPTURED}": asked.capture.keep_days} if asked else {}
        return DataLakeArgs(key=self.key, expire_raw_after_days=options.retention_days, expire=expire, tables=tables)
