"""The API before an endpoint, where a team asks for one."""

from __future__ import annotations

from mlops_iac.blueprints.parts.api_options import Api as Asked
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.blueprints.parts.told import as_any
from mlops_iac.components.api.rest import Api, ApiArgs, Quota
from mlops_iac.core import environment as env


def make_api(foundation: Foundation, asked: Asked, serve: Serve) -> Api:
    made = Api(
        foundation.site.named("api"),
        ApiArgs(
            endpoint=serve.endpoint.ref,
            auth=asked.auth,
            accounts=asked.accounts,
            user_pool_arn=asked.user_pool,
            applications=asked.applications or ("main",),
            rate=asked.rate,
            burst=asked.burst,
            quota=Quota(requests=asked.quota.requests, period=asked.quota.period) if asked.quota else None,
            sources=asked.sources,
            timeout_seconds=asked.timeout_seconds,
            log_role=asked.log_role,
            key=foundation.log_key,
            boundary=foundation.boundary,
        ),
    )
    serve.endpoint.grant_invoke(made.role)
    return made


def tell_api(api: Api) -> env.Api:
    """What the environment says of it."""
    ref = api.ref
    return env.Api(
        url=as_any(ref.url),
        auth=ref.auth,
        keys=as_any(dict(ref.key_ids)),
        user_pool_id=as_any(ref.user_pool_id),
        client_id=as_any(ref.client_id),
    )
