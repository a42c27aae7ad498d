"""What a team may say about its API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi

from mlops_iac.components._kit import BoundaryRef, EndpointRef, Grant, KeyRef
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.api.document import Auth


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many requests an application has in a period."""

    requests: int
    period: Literal["day", "week", "month"] = "day"


@dataclass(frozen=True, kw_only=True)
class ApiArgs:
    """What a team may say about its API."""

    endpoint: EndpointRef
    """What answers: realtime or serverless."""
    auth: Auth = "iam"
    """Who may ask: whoever IAM allows it (``iam``), people of a user pool (``cognito``), applications with a key
    (``api-key``). Left out: IAM decides."""
    accounts: tuple[str, ...] = ()
    """Other accounts whose roles may call, with ``iam``. Left out: this account only."""
    user_pool_arn: pulumi.Input[str] | None = None
    """A user pool that is there, with ``cognito``. Left out: one is made."""
    applications: tuple[str, ...] = ("main",)
    """Who has a key, with ``api-key``: one for each. Left out: one, ``main``."""
    rate: float = 50
    """Requests a second, 0.1 to 10,000: of all callers together, with ``api-key`` also of each application. Left out:
    50."""
    burst: int = 100
    """Requests at once, 1 to 5,000. Left out: 100."""
    quota: Quota | None = None
    """Of each application, with ``api-key``. Left out: none."""
    sources: tuple[str, ...] = ()
    """Networks from which calls may come, as CIDR blocks. Left out: any."""
    vpc_endpoint_id: pulumi.Input[str] | None = None
    """The network's interface endpoint of ``execute-api``, through which alone it is asked. Left out: it has an address
    on the internet, which ``regulated`` does not allow."""
    timeout_seconds: float = 29
    """The longest that a caller waits, 0.05 to 29 seconds: API Gateway's own limit. Left out: 29."""
    log_role: Literal["own", "account"] = "own"
    """API Gateway has one role for logs in an account and region. ``own``: this environment makes it, and takes it back
    when it goes; ``account``: it is there, made once for all. Left out: its own."""
    grants: Sequence[Grant] = ()
    """What the API's role may do. Left out: the endpoint's owner grants it (``endpoint.grant_invoke(api.role)``)."""
    key: KeyRef | None = None
    """Encrypts the access log. Left out: AWS-managed encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `ApiNodes`. Left out: none."""
