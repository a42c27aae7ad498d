"""What network is made of: a boundary, a key, a network; and what it tells those who adopt them."""

from __future__ import annotations

from typing import Any

import pulumi

from mlops_iac.blueprints.network.options import NetworkOptions
from mlops_iac.components._kit.site import Site
from mlops_iac.components.encryption import Encryption
from mlops_iac.components.identity import Boundary
from mlops_iac.components.network import BATCH_ENDPOINTS, Network, NetworkArgs
from mlops_iac.core import environment as env


def build(site: Site, options: NetworkOptions) -> env.Environment:
    """Make what is shared: a line for each thing."""
    boundary = Boundary(site.named("boundary")).ref
    encryption = Encryption(site.named("encryption"))
    network = Network(
        site.named("network"),
        NetworkArgs(
            cidr_block=options.cidr_block,
            interface_endpoints=BATCH_ENDPOINTS if options.queues else (),
            key=encryption.ref,
            boundary=boundary,
        ),
    )
    return tell(site, encryption, network)


def tell(site: Site, encryption: Encryption, network: Network) -> env.Environment:
    """As `options.adopt` of a stack, or of `mlops-iac.yaml`, takes it."""
    subnets = pulumi.Output.all(*network.subnet_ids).apply(",".join)
    client = {"VPC_ID": network.vpc_id, "SUBNET_IDS": subnets, "SECURITY_GROUP_ID": network.job_security_group_id}
    services = {"network": _service(network.vpc_id, client)}
    if encryption.key_arn is not None:
        services["encryption"] = _service(encryption.key_arn, {"KEY_ARN": encryption.key_arn})
    return env.Environment(
        team=site.team,
        environment=site.environment,
        blueprint=site.blueprint,
        region=site.region,
        account_id=_any(site.account_id),
        stores={},
        pipelines={},
        services=services,
    )


def _service(endpoint: Any, client: Any) -> env.Service:
    return env.Service(endpoint=endpoint, credentials="the caller's own", client=client)


def _any(value: Any) -> Any:
    """An Output where the record says text: the record is read back only after all values are known."""
    return value
