"""What every environment has: a boundary, a key, a network, alerts, a lake, a place for images."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from mlops_iac.blueprints.parts import base_model, external, promotion, warehouse_options
from mlops_iac.blueprints.parts.adopt_options import AdoptedKey, AdoptedNetwork
from mlops_iac.blueprints.parts.adopted import check_adopted
from mlops_iac.blueprints.parts.audit_options import asked as audit
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.components._kit.refs import BoundaryRef, KeyRef, NetworkRef
from mlops_iac.components._kit.site import Site
from mlops_iac.components.catalogue import Catalogue, CatalogueArgs
from mlops_iac.components.data_lake import DataLake, DataLakeArgs, Table
from mlops_iac.components.encryption import Encryption, EncryptionArgs, Layer
from mlops_iac.components.identity import Boundary
from mlops_iac.components.monitoring.alerts import Alerts, AlertsArgs
from mlops_iac.components.network import Network, NetworkArgs, PrivateLink
from mlops_iac.components.registry.ecr import ImageRepository, ImageRepositoryArgs
from mlops_iac.components.serving.capture import FOLDER as CAPTURED
from mlops_iac.config.stack_config import StackConfig

LAYERS: tuple[Layer, ...] = ("registry", "logs", "secrets")
"""That have a key of their own beside the lake's, where there is one for each."""


class Foundation:
    """The ground of one environment. ``endpoints``: interface endpoints that the network needs besides its usual
    ones; ``machines``: whether machines of queues stand in it; ``vectors``: whether a vector store is encrypted with
    its key."""

    def __init__(
        self,
        site: Site,
        stack: StackConfig,
        options: FoundationOptions,
        *,
        endpoints: tuple[str, ...] = (),
        machines: bool = False,
        vectors: bool = False,
    ) -> None:
        self.site, self.stack, self.options = site, stack, options
        self._endpoints, self._machines, self._vectors = endpoints, machines, vectors
        self.boundary: BoundaryRef = Boundary(site.named("boundary")).ref
        promotion.check(stack, promotion.asked(options))
        self.readers = promotion.readers(site, promotion.asked(options))
        check_adopted(stack, options)
        external.check(stack, options)
        self.encryption = self._encryption(options.adopt.encryption)
        self.key: KeyRef | None = self.encryption.ref
        """Of data, and of everything where there is one key for all."""
        self.registry_key, self.log_key, self.secret_key = (self._layer_key(layer) for layer in LAYERS)
        self.network = self._network(options.adopt.network)
        self.alerts = Alerts(
            site.named("alerts"), AlertsArgs(emails=(stack.owner,) if stack.owner else (), key=self.log_key)
        )
        self.lake = self._lake(options)
        self.images = ImageRepository(site.named("images"), ImageRepositoryArgs(key=self.registry_key))

    def tell(self, profile: Mapping[str, pulumi.Input[str]]) -> None:
        """Publish the client profile: the environment's own variables, then those that the parts add."""
        own: dict[str, pulumi.Input[str]] = {
            "AWS_REGION": self.site.region,
            "MLOPS_IAC_STACK": self.site.stack,
            "MLOPS_IAC_BUCKET": self.lake.bucket_name,
        }
        others = {name: value for one in self.options.external.values() for name, value in one.variables.items()}
        Catalogue(self.site.named("catalogue"), CatalogueArgs(profile={**others, **own, **profile}))

    def _encryption(self, adopted: AdoptedKey | None) -> Encryption:
        place = self.site.named("encryption")
        if adopted:
            return Encryption.adopt(place, key_arn=adopted.key_arn)
        layer: Layer = "lake" if self._apart else "all"
        trail = audit(self.options).trail.enabled and not self._apart
        config = audit(self.options).config == "own" and not self._apart
        args = EncryptionArgs(readers=self.readers, vectors=self._vectors, layer=layer, trail=trail, config=config)
        return Encryption(place, args)

    @property
    def _apart(self) -> bool:
        return audit(self.options).keys == "per-layer"

    def _layer_key(self, layer: Layer) -> KeyRef | None:
        if not self._apart:
            return self.key
        trail = layer == "logs" and audit(self.options).trail.enabled
        config = layer == "logs" and audit(self.options).config == "own"
        args = EncryptionArgs(layer=layer, trail=trail, config=config)
        return Encryption(self.site.named(f"{layer}-key"), args).ref

    def _network(self, adopted: AdoptedNetwork | None) -> NetworkRef:
        place = self.site.named("network")
        if adopted:
            return Network.adopt(place, **adopted.model_dump()).ref
        return Network(place, self._network_args()).ref

    def _lake(self, options: FoundationOptions) -> DataLake:
        """An adopted one is written with the environment's key, so that whoever reads it needs one key."""
        place, adopted = self.site.named("lake"), options.adopt.data_lake
        if adopted:
            return DataLake.adopt(place, bucket_name=adopted.bucket, key_arn=self.key.arn if self.key else None)
        return DataLake(place, self._lake_args(options))

    def _network_args(self) -> NetworkArgs:
        wanted = [
            *promotion.outside(self.site, promotion.asked(self.options)),
            *base_model.outside(self.site, base_model.asked(self.options)),
        ]
        links = {
            name: PrivateLink(service_name=one.private_link, private_dns=one.private_dns)
            for name, one in self.options.external.items()
            if one.private_link
        }
        zones = 2 if warehouse_options.asked(self.options) is None else 3
        secrets = any(self.options.external[name].secret for name in links)
        return NetworkArgs(
            key=self.log_key,
            boundary=self.boundary,
            readable=wanted,
            private_links=links,
            zones=zones,
            machines=self._machines,
            interface_endpoints=(*self._endpoints, *(("secretsmanager",) if secrets else ())),
        )

    def _lake_args(self, options: FoundationOptions) -> DataLakeArgs:
        tables = {
            name: Table(zone=table.zone, prefix=table.prefix, format=table.format, columns=table.columns)
            for name, table in options.tables.items()
        }
        asked = options.monitoring if isinstance(options, MonitoringOptions) else None
        expire: dict[str, int] = {f"curated/{CAPTURED}": asked.capture.keep_days} if asked else {}
        kept = audit(options).retention
        return DataLakeArgs(
            key=self.key,
            retention=kept.known if kept else None,
            expire_raw_after_days=options.retention_days,
            expire=expire,
            tables=tables,
            readers=self.readers,
        )
