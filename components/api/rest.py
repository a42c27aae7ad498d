"""A REST API before an endpoint: who may ask for predictions, how often, and what is written of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_aws.apigateway import Account, ApiKey, Deployment, MethodSettings, RestApi, Stage, UsagePlan, UsagePlanKey
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.cognito import UserPool, UserPoolClient

from mlops_iac.components._kit import ApiRef, Component, Named, Reach, render
from mlops_iac.components._kit.documents import dumps
from mlops_iac.components._kit.naming import short_hash
from mlops_iac.components.api.args import ApiArgs, Quota
from mlops_iac.components.api.checks import check
from mlops_iac.components.api.document import PATH, STAGE, Auth, Said, document
from mlops_iac.components.api.user_pool import make_client, make_user_pool
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group

__all__ = ["Api", "ApiArgs", "ApiNodes", "Quota"]

# Idle cost: nothing. Requests: 3.50 $ a million in us-east-1, and 0.09 $ for each GB that goes out.

SERVICE: Final = "apigateway.amazonaws.com"
INVOKE = ("execute-api:Invoke",)
WRITE = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")

TLS: Final = "SecurityPolicy_TLS13_1_2_2021_06"
"""TLS 1.2 and 1.3; with the access mode STRICT nobody reaches the API by another of AWS's doors.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html"""

LOGGED: Final = {
    name: f"$context.{variable}"
    for name, variable in {
        "account": "identity.accountId",
        "api_key": "identity.apiKeyId",
        "caller": "identity.userArn",
        "error": "error.message",
        "integration_ms": "integrationLatency",
        "ip": "identity.sourceIp",
        "length": "responseLength",
        "method": "httpMethod",
        "ms": "responseLatency",
        "path": "path",
        "request": "requestId",
        "status": "status",
        "subject": "authorizer.claims.sub",
        "time": "requestTime",
    }.items()
}
"""What is written of each request: neither what was asked nor what was answered."""


@dataclass(frozen=True, kw_only=True)
class ApiNodes:
    api: RestApi
    deployment: Deployment
    stage: Stage
    settings: MethodSettings
    role: Role
    log_group: LogGroup
    log_role: Role | None
    account: Account | None
    user_pool: UserPool | None
    client: UserPoolClient | None
    plan: UsagePlan | None
    keys: Mapping[str, ApiKey]
    plan_keys: Mapping[str, UsagePlanKey]


class Api(Component):
    """Predictions for applications, at one address."""

    Nodes = ApiNodes
    reach = (
        Reach(actions=INVOKE, on=(f"*/*/POST{PATH}",)),
        Reach(actions=WRITE, on=("log-group:/aws/apigateway/{stack}-*",)),
    )

    def __init__(self, place: Named, args: ApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        check(place.site, args)
        super().__init__(place, args.transforms, opts)
        self.role = role = self._create_role(args)
        pool = make_user_pool(self) if args.auth == "cognito" and args.user_pool_arn is None else None
        client = make_client(self, pool) if pool else None
        body = render(document(self._said(args, role, pool)))
        api = self._create_api(args, body)
        deployment = self._create_deployment(api, body)
        group = self._create_log_group(args)
        log_role = self._create_log_role(args, group) if args.log_role == "own" else None
        account = self._create_account(log_role) if log_role else None
        stage = self._create_stage(api, deployment, group, account)
        settings = self._create_settings(args, api, stage)
        plan = self._create_plan(args, api, stage) if args.auth == "api-key" else None
        keys = {name: self._create_key(name) for name in args.applications} if plan else {}
        plan_keys = {name: self._create_plan_key(name, plan, key) for name, key in keys.items()} if plan else {}

        self.nodes: ApiNodes | None = ApiNodes(
            api=api, deployment=deployment, stage=stage, settings=settings, role=role, log_group=group,
            log_role=log_role, account=account, user_pool=pool, client=client, plan=plan, keys=keys,
            plan_keys=plan_keys,
        )  # fmt: skip
        pool_arn = pool.arn if pool else args.user_pool_arn
        self._offer(
            api.id,
            ApiRef(
                url=self._url(api.id, STAGE),
                auth=args.auth,
                name=api.name,
                stage=STAGE,
                key_ids={name: key.id for name, key in keys.items()},
                user_pool_id=_last(pool_arn) if pool_arn is not None else None,
                client_id=client.id if client else None,
            ),
        )

    @classmethod
    def adopt(
        cls,
        place: Named,
        *,
        api_id: pulumi.Input[str],
        name: pulumi.Input[str],
        stage: str,
        auth: Auth,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Api:
        """An API that exists in this account and region, whose stage answers ``POST /predict``."""
        self = cls.__new__(cls)
        Component.__init__(self, place, None, opts)
        self.nodes = None
        self._offer(api_id, ApiRef(url=self._url(api_id, stage), auth=auth, name=name, stage=stage))
        return self

    def grant_call(self, role: Role) -> None:
        """Let a role ask for predictions, where IAM decides."""
        begin = self.site.arn("execute-api", "")
        arn = pulumi.Output.concat(begin, self._id, f"/{self.ref.stage}/POST{PATH}")
        role.grant(self.allow("call", INVOKE, (arn,)))

    def _offer(self, api_id: pulumi.Input[str], ref: ApiRef) -> None:
        self._id, self.ref = api_id, ref
        self.url = ref.url
        self.register_outputs({"url": ref.url})

    def _url(self, api_id: pulumi.Input[str], stage: str) -> pulumi.Output[str]:
        tail = ".cn" if self.site.partition == "aws-cn" else ""
        host = f".execute-api.{self.site.region}.amazonaws.com{tail}"
        return pulumi.Output.concat("https://", api_id, host, f"/{stage}{PATH}")

    def _said(self, args: ApiArgs, role: Role, pool: UserPool | None) -> Said:
        site = self.site
        return Said(
            title=self.physical("aws:apigateway/restApi:RestApi"),
            auth=args.auth,
            endpoint=args.endpoint.name,
            role_arn=role.role_arn,
            region=site.region,
            partition=site.partition,
            timeout_ms=round(args.timeout_seconds * 1000),
            accounts=(site.account, *args.accounts),
            sources=args.sources,
            vpc_endpoint_id=args.vpc_endpoint_id,
            user_pool_arn=pool.arn if pool else args.user_pool_arn,
        )

    def _create_role(self, args: ApiArgs) -> Role:
        """API Gateway tells no source when it assumes it; the role may ask one endpoint."""
        return make_role(
            self,
            "role",
            services=(SERVICE,),
            description="Asks the endpoint for the API's callers",
            source_account=False,
            grants=args.grants,
            boundary=args.boundary,
        )

    def _create_api(self, args: ApiArgs, body: pulumi.Output[str]) -> RestApi:
        endpoint = {"types": "PRIVATE", "vpc_endpoint_ids": [args.vpc_endpoint_id]}
        props = {
            "description": f"Predictions of {self.site.stack}",
            "body": body,
            "endpoint_configuration": endpoint if args.vpc_endpoint_id is not None else {"types": "REGIONAL"},
            "security_policy": TLS,
            "endpoint_access_mode": "STRICT",
        }
        return self.make("api", RestApi, props, called=self.place.name)

    def _create_deployment(self, api: RestApi, body: pulumi.Output[str]) -> Deployment:
        """Made anew with each change of the document: a stage serves what was deployed."""
        props = {"rest_api": api.id, "triggers": {"document": body.apply(lambda text: short_hash(text))}}
        return self.make("deployment", Deployment, props, depends_on=[self.role])

    def _create_log_group(self, args: ApiArgs) -> LogGroup:
        return make_log_group(self, "log_group", args.key, name=f"/aws/apigateway/{self.site.stack}-{self.place.name}")

    def _create_log_role(self, args: ApiArgs, group: LogGroup) -> Role:
        return make_role(
            self,
            "log_role",
            services=(SERVICE,),
            description="Writes the access logs of APIs",
            source_account=False,
            grants=[self.allow("logs", WRITE, (pulumi.Output.concat(group.arn, ":*"),))],
            boundary=args.boundary,
        )

    def _create_account(self, role: Role) -> Account:
        return self.make("account", Account, {"cloudwatch_role_arn": role.role_arn}, depends_on=[role])

    def _create_stage(self, api: RestApi, deployment: Deployment, group: LogGroup, account: Account | None) -> Stage:
        props = {
            "rest_api": api.id,
            "deployment": deployment.id,
            "stage_name": STAGE,
            "access_log_settings": {"destination_arn": group.arn, "format": dumps(LOGGED)},
        }
        return self.make("stage", Stage, props, depends_on=[account] if account else ())

    def _create_settings(self, args: ApiArgs, api: RestApi, stage: Stage) -> MethodSettings:
        """Metrics by API and stage are there in any case; those by method would cost."""
        settings = {
            "metrics_enabled": False,
            "logging_level": "OFF",
            "data_trace_enabled": False,
            "throttling_rate_limit": args.rate,
            "throttling_burst_limit": args.burst,
        }
        props = {"rest_api": api.id, "stage_name": stage.stage_name, "method_path": "*/*", "settings": settings}
        return self.make("settings", MethodSettings, props)

    def _create_plan(self, args: ApiArgs, api: RestApi, stage: Stage) -> UsagePlan:
        props: dict[str, Any] = {
            "description": f"Applications that ask {self.site.stack}",
            "api_stages": [{"api_id": api.id, "stage": stage.stage_name}],
            "throttle_settings": {"rate_limit": args.rate, "burst_limit": args.burst},
        }
        if args.quota:
            props["quota_settings"] = {"limit": args.quota.requests, "period": args.quota.period.upper()}
        return self.make("plan", UsagePlan, props, called=self.place.name)

    def _create_key(self, application: str) -> ApiKey:
        """AWS invents the value, and whoever may read the key asks for it."""
        props = {"description": f"{application} asks {self.site.stack}"}
        return self.make("keys", ApiKey, props, name=f"key-{application}", called=f"{self.place.name}-{application}")

    def _create_plan_key(self, application: str, plan: UsagePlan, key: ApiKey) -> UsagePlanKey:
        props = {"key_id": key.id, "key_type": "API_KEY", "usage_plan_id": plan.id}
        return self.make("plan_keys", UsagePlanKey, props, name=f"plan-key-{application}", secret=("value",))


def _last(arn: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.from_input(arn).apply(lambda text: text.rsplit("/", 1)[-1])
