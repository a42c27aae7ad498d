"""The tags of every resource: which stack, team, environment, blueprint and component it belongs to, and the team's
own."""

from __future__ import annotations

from mlops_iac.components._kit.site import Named
from mlops_iac.core.environment import STACK_TAG

PREFIX = "mlops-iac:"


def tags_of(place: Named, **more: str) -> dict[str, str]:
    """All tags of a component's child. The team's own come first, so that they can never hide ours."""
    site = place.site
    return {
        **site.tags,
        **more,
        STACK_TAG: site.stack,
        f"{PREFIX}team": site.team,
        f"{PREFIX}environment": site.environment,
        f"{PREFIX}blueprint": site.blueprint,
        f"{PREFIX}component": place.name,
    }
