"""What a job's network reaches, by the routes and endpoints of its subnets, as AWS would have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mlops_iac.cloud.wire import AwsError, Request

_EVERYWHERE = ("0.0.0.0/0", "::/0")
_ENDPOINTS = {"sagemaker": "sagemaker.api", "sagemaker-runtime": "sagemaker.runtime", "ecr": "ecr.api"}
"""botocore's service to the name in ``com.amazonaws.<region>.<name>``, where that is not the signing name.
https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html"""


@dataclass(frozen=True)
class Reach:
    """``internet``: everything. Else the AWS services that ``endpoints`` names (``s3``, ``sagemaker.api``)."""

    internet: bool = False
    endpoints: frozenset[str] = frozenset()
    place: str = "network isolation"
    """What limits it, for the refusal."""

    embedded: bool = False
    """Every service of the embedded cloud, and nothing else."""

    @property
    def anything(self) -> bool:
        return self.internet or self.embedded or bool(self.endpoints)

    def check(self, request: Request) -> None:
        """Refuse a call that has no way to its service. On AWS it would wait until it times out."""
        endpoint = _endpoint_of(request.service or "s3")
        if not (self.internet or self.embedded) and endpoint not in self.endpoints:
            raise AwsError(
                "EndpointUnreachable",
                f"There is no way from {self.place} to com.amazonaws.{request.region}.{endpoint}: on AWS this call "
                "would time out. Add an endpoint for it, or a route through a NAT gateway.",
            )


INTERNET = Reach(internet=True, place="SageMaker's own network")
EMBEDDED = Reach(embedded=True, place="the embedded cloud")
NOWHERE = Reach()


def find_reach(ec2: Any, subnets: Sequence[str], region: str, *, public_address: bool = False) -> Reach:
    """The reach of machines in these subnets. ``public_address``: theirs, so that an internet gateway helps them."""
    found = ec2.describe_subnets(SubnetIds=list(subnets))["Subnets"]
    network = found[0]["VpcId"]
    in_network = [{"Name": "vpc-id", "Values": [network]}]
    tables = list(_tables(ec2.describe_route_tables(Filters=in_network)["RouteTables"], subnets))
    endpoints = ec2.describe_vpc_endpoints(Filters=in_network)["VpcEndpoints"]
    reached = frozenset(_reached(endpoints, {table["RouteTableId"] for table in tables}, f"com.amazonaws.{region}."))
    out = [_leads_out(table, public_address) for table in tables]
    return Reach(internet=bool(out) and all(out), endpoints=reached, place=f"the subnets {', '.join(subnets)}")


def _tables(tables: Iterable[Mapping[str, Any]], subnets: Sequence[str]) -> Iterable[Mapping[str, Any]]:
    """The route table of each subnet: its own, else the network's main one."""
    own = {link.get("SubnetId"): table for table in tables for link in table["Associations"]}
    main = [table for table in tables if any(link.get("Main") for link in table["Associations"])]
    for subnet in subnets:
        if subnet in own or main:
            yield own.get(subnet) or main[0]


def _reached(endpoints: Iterable[Mapping[str, Any]], tables: set[str], prefix: str) -> Iterable[str]:
    for endpoint in endpoints:
        by_route = endpoint.get("VpcEndpointType", "Gateway").lower() == "gateway"
        if not by_route or tables & set(endpoint.get("RouteTableIds", ())):
            yield endpoint["ServiceName"].removeprefix(prefix)


def _leads_out(table: Mapping[str, Any], public_address: bool) -> bool:
    for route in table["Routes"]:
        if _EVERYWHERE[0] == route.get("DestinationCidrBlock") or _EVERYWHERE[1] == route.get(
            "DestinationIpv6CidrBlock"
        ):
            gateway = str(route.get("GatewayId", ""))
            by_gateway = gateway.startswith("igw-") and public_address
            return by_gateway or bool(route.get("NatGatewayId") or route.get("TransitGatewayId"))
    return False


@cache
def _endpoint_of(service: str) -> str:
    from moto.core.utils import get_service_model

    known = _ENDPOINTS.get(service)
    return known or str(get_service_model(service).signing_name)
