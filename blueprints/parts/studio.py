"""Studio: a domain, its people, and what they may do in the environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from mlops_iac.blueprints.parts.flow import Flow
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.studio_options import Studio, StudioAdopt, StudioOptions
from mlops_iac.blueprints.parts.told import CALLER, as_any
from mlops_iac.components._kit.site import Site
from mlops_iac.components.notebooks.domain import ENDPOINTS, GIT_ENDPOINT, Git, StudioDomain, StudioDomainArgs
from mlops_iac.components.notebooks.people import People, PeopleArgs
from mlops_iac.core import environment as env
from mlops_iac.core.frameworks import Framework

READ = ("raw", "curated", "features", "models", "code/")
WRITTEN = ("curated", "features", "models", "code/")
"""What people read and write of the lake from their notebooks; raw data is put there by `data put` and by feeds."""


def endpoints(site: Site, options: StudioOptions) -> tuple[str, ...]:
    """What the network must let notebooks reach. A sandbox's reach everything without it."""
    if site.profile == "sandbox":
        return ()
    secrets = any(git.secret for git in options.studio.git.values())
    return (*ENDPOINTS, *((GIT_ENDPOINT,) if secrets else ()))


def make_studio(
    foundation: Foundation, options: StudioOptions, framework: Framework, flows: Sequence[Flow]
) -> env.Service:
    """What the environment says of it. ``framework``: what jobs execute notebooks in."""
    asked, site = options.studio, foundation.site
    domain = _domain(foundation, asked)
    people = People(
        site.named("people"),
        PeopleArgs(
            domain=domain.ref,
            names=asked.people,
            spaces=asked.spaces,
            instance_type=asked.instance_type,
            key=foundation.key,
            boundary=foundation.boundary,
        ),
    )
    for role in (*people.roles.values(), *([domain.role] if domain.role else [])):
        foundation.lake.grant_read(role, *READ)
        foundation.lake.grant_write(role, *WRITTEN)
        for flow in flows:
            flow.orchestrator.grant_start(role)
    for role in people.roles.values():
        domain.grant_clone(role)
    told: dict[str, Any] = {
        "AWS_REGION": site.region,
        "MLOPS_IAC_STUDIO_DOMAIN": domain.domain_id,
        "MLOPS_IAC_FRAMEWORK": f"{framework.name} {framework.version}",
    }
    return env.Service(endpoint=as_any(domain.domain_id), credentials=CALLER, client=told)


def _domain(foundation: Foundation, asked: Studio) -> StudioDomain:
    place, adopt = foundation.site.named("studio"), foundation.options.adopt
    auth: Literal["IAM", "SSO"] = "SSO" if asked.auth == "sso" else "IAM"
    adopted = adopt.domain if isinstance(adopt, StudioAdopt) else None
    if adopted:
        return StudioDomain.adopt(place, domain_id=adopted.domain_id, auth=auth)
    return StudioDomain(
        place,
        StudioDomainArgs(
            network=foundation.network,
            auth=auth,
            idle_minutes=asked.idle_minutes,
            disk_gib=(asked.disk_gib, asked.most_disk_gib),
            repositories={
                name: Git(url=one.url, branch=one.branch, secret_arn=one.secret) for name, one in asked.git.items()
            },
            key=foundation.key,
            boundary=foundation.boundary,
        ),
    )
