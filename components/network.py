"""A private network for jobs: two subnets in two zones, a way to S3 and DynamoDB, no way to the internet.

Only a sandbox's machines of queues have one, in subnets of their own.
"""

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
    InternetGateway,
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

# Idle cost: nothing by default. Each interface endpoint costs about 7.30 $ a month in each of the two zones; a sandbox
# has them in one zone, and its machines of queues none: an internet gateway is free, the machine's address 0.005 $ an
# hour while it runs.

GATEWAYS = ("dynamodb", "s3")
"""AWS's gateway endpoints: routes, not machines; they cost nothing."""
REGULATED_ENDPOINTS = ("ecr.api", "ecr.dkr", "kms", "logs", "monitoring", "sagemaker.api", "sagemaker.runtime", "sts")
"""Interface endpoints under `regulated`: what jobs and people in the network call, without leaving it."""
BATCH_ENDPOINTS = ("ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs")
"""What machines of AWS Batch must reach, when they run in this network.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"""
FLOW_LOGS = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
FLOW_LOG_GROUPS = ("logs:DescribeLogGroups",)
"""https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html"""
ZONES = 2
EVERYWHERE = "0.0.0.0/0"
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
    interface_endpoints: tuple[str, ...] = ()
    """AWS services reachable by interface endpoint, in AWS's own short names (``ecr.api``), besides those that
    `regulated` always has. A sandbox has them in its first zone only. Left out: none."""
    machines: bool = False
    """Whether machines of queues stand in it, which must reach ECS, ECR and CloudWatch Logs: by interface endpoints; in
    a sandbox by an internet gateway, from subnets of their own into which nobody comes. Left out: none do."""
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
    internet_gateway: InternetGateway | None
    open_subnets: Sequence[Subnet]
    open_route_table: RouteTable | None
    open_associations: Sequence[RouteTableAssociation]
    open_security_group: SecurityGroup | None
    open_rules: Sequence[pulumi.CustomResource]
    flow_log: FlowLog | None
    flow_log_group: LogGroup | None
    flow_log_role: Role | None


@dataclass(frozen=True)
class WayOut:
    """What lets machines of queues out to the internet. As it is: there is none."""

    gateway: InternetGateway | None = None
    subnets: Sequence[Subnet] = ()
    table: RouteTable | None = None
    associations: Sequence[RouteTableAssociation] = ()
    group: SecurityGroup | None = None
    rules: Sequence[pulumi.CustomResource] = ()


class Network(Component):
    """A VPC in which jobs reach their data and each other, and nothing else."""

    Nodes = NetworkNodes
    reach = (Reach(actions=(*FLOW_LOGS, *FLOW_LOG_GROUPS)),)

    def __init__(
        self, place: Named, args: NetworkArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or NetworkArgs()
        super().__init__(place, args.transforms, opts)
        is_open = args.machines and self.site.profile == "sandbox"
        vpc, zones = self._create_vpc(args), self._find_zones(args)
        subnets = self._create_subnets(vpc, zones, args)
        table = self.make("route_table", RouteTable, {"vpc_id": vpc.id})
        associations = [self._associate(table, subnet, number) for number, subnet in enumerate(subnets, 1)]
        way_out = self._create_way_out(vpc, zones, args) if is_open else WayOut()
        tables = [table, *([way_out.table] if way_out.table else [])]
        gateways = {service: self._create_gateway(vpc, tables, service, args) for service in GATEWAYS}
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
            internet_gateway=way_out.gateway,
            open_subnets=way_out.subnets,
            open_route_table=way_out.table,
            open_associations=way_out.associations,
            open_security_group=way_out.group,
            open_rules=way_out.rules,
            flow_log=flow_log,
            flow_log_group=flow_group,
            flow_log_role=flow_role,
        )
        ids = [subnet.id for subnet in subnets]
        self._offer(vpc.id, ids[:ZONES], jobs.id, ids[ZONES:], way_out)

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
        self,
        vpc_id: pulumi.Input[str],
        subnet_ids: list[Any],
        security_group_id: pulumi.Input[str],
        more: Sequence[Any] = (),
        way_out: WayOut | None = None,
    ) -> None:
        way_out = way_out or WayOut()
        self.ref = NetworkRef(
            vpc_id=vpc_id,
            subnet_ids=subnet_ids,
            job_security_group_id=security_group_id,
            more_subnet_ids=more,
            open_subnet_ids=[subnet.id for subnet in way_out.subnets],
            open_security_group_id=way_out.group.id if way_out.group else None,
        )
        self.vpc_id, self.subnet_ids, self.job_security_group_id = vpc_id, subnet_ids, security_group_id
        self.register_outputs({"vpc_id": vpc_id, "subnet_ids": subnet_ids, "job_security_group_id": security_group_id})

    def _create_vpc(self, args: NetworkArgs) -> Vpc:
        props = {"cidr_block": args.cidr_block, "enable_dns_hostnames": True, "enable_dns_support": True}
        return self.make("vpc", Vpc, props)

    def _find_zones(self, args: NetworkArgs) -> Any:
        answer = get_availability_zones_output(state="available", opts=pulumi.InvokeOutputOptions(parent=self))
        return answer.names.apply(lambda names: whole_zones(names, self.site.region, args.zones))

    def _create_subnets(self, vpc: Vpc, zones: Any, args: NetworkArgs) -> list[Subnet]:
        return [
            self._create_subnet("subnets", vpc, zones[number], block, f"subnet-{number + 1}")
            for number, block in enumerate(subnet_blocks(args.cidr_block, args.zones))
        ]

    def _create_subnet(self, child: str, vpc: Vpc, zone: Any, block: str, name: str, public: bool = False) -> Subnet:
        props = {"vpc_id": vpc.id, "cidr_block": block, "availability_zone": zone, "map_public_ip_on_launch": public}
        return self.make(child, Subnet, props, name=name)

    def _associate(
        self, table: RouteTable, subnet: Subnet, number: int, child: str = "associations", name: str = "association"
    ) -> RouteTableAssociation:
        props = {"route_table_id": table.id, "subnet_id": subnet.id}
        return self.make(child, RouteTableAssociation, props, name=f"{name}-{number}")

    def _create_way_out(self, vpc: Vpc, zones: Any, args: NetworkArgs) -> WayOut:
        """Subnets whose machines get an address of their own, from which they go out by HTTPS; nothing lets anybody in.
        SageMaker's jobs and Airflow stay in the private ones."""
        gateway = self.make("internet_gateway", InternetGateway, {"vpc_id": vpc.id})
        subnets = [
            self._create_subnet("open_subnets", vpc, zones[number], block, f"open-subnet-{number + 1}", public=True)
            for number, block in enumerate(open_blocks(args.cidr_block))
        ]
        route = {"cidr_block": EVERYWHERE, "gateway_id": gateway.id}
        table = self.make("open_route_table", RouteTable, {"vpc_id": vpc.id, "routes": [route]})
        associations = [
            self._associate(table, subnet, number, "open_associations", "open-association")
            for number, subnet in enumerate(subnets, 1)
        ]
        group = self._create_group(vpc, "open_security_group", "Machines of queues: out by HTTPS, nobody in")
        out = {"security_group_id": group.id, "cidr_ipv4": EVERYWHERE, **HTTPS}
        rules = [self.make("open_rules", SecurityGroupEgressRule, out, name="open-to-everywhere")]
        return WayOut(gateway, subnets, table, associations, group, rules)

    def _create_gateway(self, vpc: Vpc, tables: list[RouteTable], service: str, args: NetworkArgs) -> VpcEndpoint:
        props = {
            "vpc_id": vpc.id,
            "service_name": f"com.amazonaws.{self.site.region}.{service}",
            "vpc_endpoint_type": "Gateway",
            "route_table_ids": [table.id for table in tables],
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
        wanted = self._wanted(args)
        if not wanted and not args.private_links:
            return None, [], {}, {}
        if self.site.profile == "sandbox":  # billed by the zone; the other zone reaches it all the same
            subnets = subnets[:1]
        door = self._create_group(vpc, "endpoint_security_group", "Interface endpoints: from jobs only")
        rules = [
            self._make_rule(SecurityGroupIngressRule, door, jobs, "endpoints-from-jobs"),
            self._make_rule(SecurityGroupEgressRule, jobs, door, "jobs-to-endpoints"),
        ]
        interfaces = {service: self._create_interface(vpc, subnets, door, service) for service in wanted}
        links = {name: self._create_link(vpc, subnets, door, name, one) for name, one in args.private_links.items()}
        return door, rules, interfaces, links

    def _wanted(self, args: NetworkArgs) -> list[str]:
        usual = REGULATED_ENDPOINTS if self.site.profile == "regulated" else ()
        machines = BATCH_ENDPOINTS if args.machines and self.site.profile != "sandbox" else ()
        return sorted({*args.interface_endpoints, *machines, *usual})

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


def open_blocks(cidr_block: str) -> list[str]:
    """The last quarter of the network, which `subnet_blocks` leaves, in halves."""
    return [str(block) for block in list(ipaddress.IPv4Network(cidr_block).subnets(prefixlen_diff=3))[-ZONES:]]


def _wrong_block(given: str, reason: str) -> BlueprintError:
    detail = f"The network's `cidr_block` is `{given}`: {reason}."
    return BlueprintError("Wrong address block.", detail, hint="use a private block such as 10.64.0.0/20.")
