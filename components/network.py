"""A private network for jobs: two subnets in two zones, a way to S3 and DynamoDB, no way to the internet."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws import get_availability_zones_output
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.ec2 import (
    DefaultSecurityGroup,
    FlowLog,
    RouteTable,
    RouteTableAssociation,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcEndpoint,
)
from pulumi_aws.vpc import SecurityGroupEgressRule, SecurityGroupIngressRule

from mlops_iac.components._kit import BoundaryRef, Component, KeyRef, Named, NetworkRef, Reach, Site, policy, render
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.core.errors import BlueprintError

__all__ = ["Network", "NetworkArgs", "NetworkNodes", "PrivateLink"]

# Idle cost: nothing by default. Each interface endpoint costs about 7.30 $ a month in each of the two zones.

GATEWAYS = ("dynamodb", "s3")
"""AWS's gateway endpoints: routes, not machines; they cost nothing."""
REGULATED_ENDPOINTS = ("ecr.api", "ecr.dkr", "kms", "logs", "monitoring", "sagemaker.api", "sagemaker.runtime", "sts")
"""Interface endpoints under `regulated`: what jobs and people in the network call, without leaving it."""
BATCH_ENDPOINTS = ("ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs")
"""What machines of AWS Batch must reach; give these to ``interface_endpoints`` when they run in this network."""
FLOW_LOGS = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
FLOW_LOG_GROUPS = ("logs:DescribeLogGroups",)
"""https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html"""
ZONES = 2
HTTPS = {"ip_protocol": "tcp", "from_port": 443, "to_port": 443}


@dataclass(frozen=True, kw_only=True)
class PrivateLink:
    """A service of somebody else's that is reached by AWS PrivateLink."""

    service_name: str
    """Its owner's endpoint service: ``com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f67890``."""
    private_dns: bool = False
    """Whether it brings its own DNS name into the network. Left out: whoever uses it knows it by the endpoint's."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What a team may say about its network."""

    cidr_block: str = "10.64.0.0/20"
    """Addresses of the network, /16 to /24. Left out: 4096 addresses; they need to be unique only where networks are
    joined."""
    interface_endpoints: tuple[str, ...] | None = None
    """AWS services reachable by interface endpoint, in AWS's own short names (``ecr.api``). Left out: none, except
    under `regulated`."""
    private_links: Mapping[str, PrivateLink] = field(default_factory=dict)
    """Services of others that jobs reach without the internet, by name. Left out: none."""
    zones: int = ZONES
    """Availability zones that it spans, 2 or 3: jobs run in the first two. Left out: 2."""
    readable: Sequence[pulumi.Input[str]] = ()
    """ARNs of buckets of other accounts, and of their objects, that jobs may read through S3's gateway. Left out: jobs
    reach buckets of this account only."""
    key: KeyRef | None = None
    """Encrypts the flow logs. Left out: encrypted by CloudWatch Logs itself."""
    boundary: BoundaryRef | None = None
    """Boundary of the flow logs' role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `NetworkNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class NetworkNodes:
    vpc: Vpc
    subnets: Sequence[Subnet]
    route_table: RouteTable
    associations: Sequence[RouteTableAssociation]
    gateway_endpoints: Mapping[str, VpcEndpoint]
    default_security_group: DefaultSecurityGroup
    job_security_group: SecurityGroup
    job_rules: Sequence[pulumi.CustomResource]
    endpoint_security_group: SecurityGroup | None
    endpoint_rules: Sequence[pulumi.CustomResource]
    interface_endpoints: Mapping[str, VpcEndpoint]
    private_links: Mapping[str, VpcEndpoint]
    flow_log: FlowLog | None
    flow_log_group: LogGroup | None
    flow_log_role: Role | None


class Network(Component):
    """A VPC in which jobs reach their data and each other, and nothing else."""

    Nodes = NetworkNodes
    reach = (Reach(actions=(*FLOW_LOGS, *FLOW_LOG_GROUPS)),)

    def __init__(
        self, place: Named, args: NetworkArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or NetworkArgs()
        super().__init__(place, args.transforms, opts)
        vpc = self._create_vpc(args)
        subnets = self._create_subnets(vpc, args)
        table = self.make("route_table", RouteTable, {"vpc_id": vpc.id})
        associations = [self._associate(table, subnet, number) for number, subnet in enumerate(subnets, 1)]
        gateways = {service: self._create_gateway(vpc, table, service, args) for service in GATEWAYS}
        closed = self._close_default_group(vpc)
        jobs = self._create_group(vpc, "job_security_group", "Jobs: to S3, DynamoDB and each other only")
        job_rules = self._create_job_rules(jobs, gateways)
        door, door_rules, interfaces, links = self._create_interfaces(vpc, subnets[:ZONES], jobs, args)
        flow_log, flow_group, flow_role = self._create_flow_log(vpc, args)

        self.nodes: NetworkNodes | None = NetworkNodes(
            vpc=vpc,
            subnets=subnets,
            route_table=table,
            associations=associations,
            gateway_endpoints=gateways,
            default_security_group=closed,
            job_security_group=jobs,
            job_rules=job_rules,
            endpoint_security_group=door,
            endpoint_rules=door_rules,
            interface_endpoints=interfaces,
            private_links=links,
            flow_log=flow_log,
            flow_log_group=flow_group,
            flow_log_role=flow_role,
        )
        ids = [subnet.id for subnet in subnets]
        self._offer(vpc.id, ids[:ZONES], jobs.id, ids[ZONES:])

    @classmethod
    def adopt(
        cls,
        place: Named,
        *,
        vpc_id: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> Network:
        """A network that exists. Its subnets must reach S3, and the security group must let jobs out to it."""
        self = cls.__new__(cls)
        Component.__init__(self, place, None, opts)
        self.nodes = None
        self._offer(vpc_id, list(subnet_ids), security_group_id)
        return self

    def _offer(
        self, vpc_id: pulumi.Input[str], subnet_ids: list[Any], security_group_id: pulumi.Input[str], more: Any = ()
    ) -> None:
        self.ref = NetworkRef(
            vpc_id=vpc_id, subnet_ids=subnet_ids, job_security_group_id=security_group_id, more_subnet_ids=more
        )
        self.vpc_id, self.subnet_ids, self.job_security_group_id = vpc_id, subnet_ids, security_group_id
        self.register_outputs({"vpc_id": vpc_id, "subnet_ids": subnet_ids, "job_security_group_id": security_group_id})

    def _create_vpc(self, args: NetworkArgs) -> Vpc:
        props = {"cidr_block": args.cidr_block, "enable_dns_hostnames": True, "enable_dns_support": True}
        return self.make("vpc", Vpc, props)

    def _create_subnets(self, vpc: Vpc, args: NetworkArgs) -> list[Subnet]:
        answer = get_availability_zones_output(state="available", opts=pulumi.InvokeOutputOptions(parent=self))
        zones = answer.names.apply(lambda names: whole_zones(names, self.site.region, args.zones))
        return [
            self.make(
                "subnets",
                Subnet,
                {
                    "vpc_id": vpc.id,
                    "cidr_block": block,
                    "availability_zone": zones[number],
                    "map_public_ip_on_launch": False,
                },
                name=f"subnet-{number + 1}",
            )
            for number, block in enumerate(subnet_blocks(args.cidr_block, args.zones))
        ]

    def _associate(self, table: RouteTable, subnet: Subnet, number: int) -> RouteTableAssociation:
        props = {"route_table_id": table.id, "subnet_id": subnet.id}
        return self.make("associations", RouteTableAssociation, props, name=f"association-{number}")

    def _create_gateway(self, vpc: Vpc, table: RouteTable, service: str, args: NetworkArgs) -> VpcEndpoint:
        props = {
            "vpc_id": vpc.id,
            "service_name": f"com.amazonaws.{self.site.region}.{service}",
            "vpc_endpoint_type": "Gateway",
            "route_table_ids": [table.id],
            "policy": render(gateway_policy(self.site, service, args.readable)),
        }
        return self.make("gateway_endpoints", VpcEndpoint, props, name=f"{service}-endpoint")

    def _close_default_group(self, vpc: Vpc) -> DefaultSecurityGroup:
        """Every VPC has a default group that lets everything in it talk; naming no rule empties it."""
        return self.make("default_security_group", DefaultSecurityGroup, {"vpc_id": vpc.id})

    def _create_group(self, vpc: Vpc, child: str, description: str) -> SecurityGroup:
        return self.make(child, SecurityGroup, {"vpc_id": vpc.id, "description": description})

    def _create_job_rules(
        self, jobs: SecurityGroup, gateways: Mapping[str, VpcEndpoint]
    ) -> list[pulumi.CustomResource]:
        """Out to the gateways by HTTPS; among themselves freely, for distributed training."""
        itself = {"security_group_id": jobs.id, "referenced_security_group_id": jobs.id, "ip_protocol": "-1"}
        return [
            self.make("job_rules", SecurityGroupIngressRule, itself, name="jobs-from-jobs"),
            self.make("job_rules", SecurityGroupEgressRule, itself, name="jobs-to-jobs"),
            *(
                self.make(
                    "job_rules",
                    SecurityGroupEgressRule,
                    {"security_group_id": jobs.id, "prefix_list_id": gateway.prefix_list_id, **HTTPS},
                    name=f"jobs-to-{service}",
                )
                for service, gateway in gateways.items()
            ),
        ]

    def _create_interfaces(
        self, vpc: Vpc, subnets: list[Subnet], jobs: SecurityGroup, args: NetworkArgs
    ) -> tuple[SecurityGroup | None, list[pulumi.CustomResource], dict[str, VpcEndpoint], dict[str, VpcEndpoint]]:
        wanted = args.interface_endpoints
        if wanted is None:
            wanted = REGULATED_ENDPOINTS if self.site.profile == "regulated" else ()
        if not wanted and not args.private_links:
            return None, [], {}, {}
        door = self._create_group(vpc, "endpoint_security_group", "Interface endpoints: from jobs only")
        rules = [
            self._make_rule(SecurityGroupIngressRule, door, jobs, "endpoints-from-jobs"),
            self._make_rule(SecurityGroupEgressRule, jobs, door, "jobs-to-endpoints"),
        ]
        interfaces = {service: self._create_interface(vpc, subnets, door, service) for service in wanted}
        links = {name: self._create_link(vpc, subnets, door, name, one) for name, one in args.private_links.items()}
        return door, rules, interfaces, links

    def _make_rule(self, kind: Any, group: SecurityGroup, other: SecurityGroup, name: str) -> pulumi.CustomResource:
        props = {"security_group_id": group.id, "referenced_security_group_id": other.id, **HTTPS}
        return self.make("endpoint_rules", kind, props, name=name)

    def _create_interface(self, vpc: Vpc, subnets: list[Subnet], door: SecurityGroup, service: str) -> VpcEndpoint:
        props = {
            "vpc_id": vpc.id,
            "service_name": f"com.amazonaws.{self.site.region}.{service}",
            "vpc_endpoint_type": "Interface",
            "private_dns_enabled": True,
            "subnet_ids": [subnet.id for subnet in subnets],
            "security_group_ids": [door.id],
            "policy": render(policy([_for_this_account(self.site)])),
        }
        name = f"{service.replace('.', '-')}-endpoint"
        return self.make("interface_endpoints", VpcEndpoint, props, name=name)

    def _create_link(
        self, vpc: Vpc, subnets: list[Subnet], door: SecurityGroup, name: str, link: PrivateLink
    ) -> VpcEndpoint:
        """Without a policy: services of others take none.

        https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
        """
        props = {
            "vpc_id": vpc.id,
            "service_name": link.service_name,
            "vpc_endpoint_type": "Interface",
            "private_dns_enabled": link.private_dns,
            "subnet_ids": [subnet.id for subnet in subnets],
            "security_group_ids": [door.id],
        }
        return self.make("private_links", VpcEndpoint, props, name=f"{name.replace('_', '-')}-link")

    def _create_flow_log(self, vpc: Vpc, args: NetworkArgs) -> tuple[FlowLog | None, LogGroup | None, Role | None]:
        if self.site.profile != "regulated":
            return None, None, None
        group = make_log_group(self, "flow_log_group", args.key)
        role = make_role(
            self,
            "flow_log_role",
            services=("vpc-flow-logs.amazonaws.com",),
            description="Writes the network's flow logs",
            grants=[
                self.allow("flow logs", FLOW_LOGS, (pulumi.Output.concat(group.arn, ":*"),)),
                self.allow("flow log groups", FLOW_LOG_GROUPS, ("*",)),
            ],
            boundary=args.boundary,
        )
        target = {"iam_role_arn": role.role_arn, "log_destination": group.arn}
        flow = self.make("flow_log", FlowLog, {"vpc_id": vpc.id, "traffic_type": "ALL", **target}, depends_on=[role])
        return flow, group, role


def gateway_policy(site: Site, service: str, readable: Sequence[pulumi.Input[str]] = ()) -> dict[str, Any]:
    """Who may go through a gateway, and where to: this account, to what is this account's own, and for reading to what
    is ``readable``.

    An endpoint's policy allows nothing that the caller's own does not; without one, AWS lets anybody's credentials
    through to anybody's buckets. ECR keeps the layers of images in buckets of AWS's, which are fetched by signed
    links: https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    own = _for_this_account(site)
    own["Condition"] = {"StringEquals": {**own["Condition"]["StringEquals"], "aws:ResourceAccount": site.account_id}}
    if service != "s3":
        return policy([own])
    layers = {
        "Sid": "ImageLayers",
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:{site.partition}:s3:::prod-{site.region}-starport-layer-bucket/*"],
    }
    elsewhere = {
        **_for_this_account(site),
        "Sid": "OtherAccounts",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": list(readable),
    }
    return policy([own, layers, *([elsewhere] if readable else [])])


def _for_this_account(site: Site) -> dict[str, Any]:
    return {
        "Sid": "ThisAccount",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": site.account_id}},
    }


def whole_zones(names: Sequence[str], region: str, count: int = ZONES) -> list[str]:
    """A region's own zones (``eu-west-1a``), in order: local and wavelength zones have no SageMaker.

    Raises BlueprintError for a region with fewer zones than the network has subnets.
    """
    found = sorted(name for name in names if re.fullmatch(rf"{re.escape(region)}[a-z]", name))
    if len(found) < count:
        detail = f"Region `{region}` offers this account {len(found)} availability zones; this network spans {count}."
        raise BlueprintError("Too few availability zones.", detail, hint="choose another region, or adopt a network.")
    return found


def subnet_blocks(cidr_block: str, count: int = ZONES) -> list[str]:
    """The network cut in quarters, of which the subnets get the first ones. Raises BlueprintError for what AWS
    refuses."""
    try:
        network = ipaddress.IPv4Network(cidr_block)
    except ValueError as error:
        raise _wrong_block(cidr_block, str(error)) from error
    if not (16 <= network.prefixlen <= 24 and network.is_private):
        raise _wrong_block(cidr_block, "it must be private and between /16 and /24")
    return [str(block) for block in list(network.subnets(prefixlen_diff=2))[:count]]


def _wrong_block(given: str, reason: str) -> BlueprintError:
    detail = f"The network's `cidr_block` is `{given}`: {reason}."
    return BlueprintError("Wrong address block.", detail, hint="use a private block such as 10.64.0.0/20.")
