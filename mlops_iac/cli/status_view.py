"""What `status` shows: a line for each environment, or one of them in full."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlops_iac.render.style import Style
from mlops_iac.render.tables import render_table
from mlops_iac.runs.run import time_text

if TYPE_CHECKING:
    from mlops_iac.cli.standing import Standing
    from mlops_iac.runs.health import Health

HEAD = ("STACK", "BLUEPRINT", "STATE", "LAST RUN", "SERVES", "ENDPOINT", "USD A MONTH", "OF ITS VALUE", "ENDS")

SOON = timedelta(days=2)

MOST_NAMED = 8
"""Changed settings that are named."""


def blueprint_words(standing: Standing) -> str:
    """With its version where there are several; the latest too where the stack file is written for an older one."""
    if standing.latest == 1:
        return standing.blueprint
    of = f" of {standing.latest}" if standing.version < standing.latest else ""
    return f"{standing.blueprint} {standing.version}{of}"


def render_status(found: Iterable[tuple[Standing, Health | None]], *, color: bool) -> str:
    now = datetime.now(UTC)
    rows = [
        (
            standing.stack,
            blueprint_words(standing) or "-",
            state_words(standing),
            run_words(health),
            serving_words(health),
            endpoint_words(health),
            money_words(standing),
            share_words(standing),
            end_words(standing, now),
        )
        for standing, health in found
    ]
    return render_table(HEAD, rows, color=color)


def render_one(standing: Standing, health: Health | None, *, color: bool) -> str:
    facts = {
        "blueprint": blueprint_words(standing) or "none",
        "region": standing.region or "not known",
        "state": state_words(standing),
        "last operation": operation_words(standing),
        "changed since": changed_words(standing),
        "last run": run_words(health) if health else "not known: its cloud does not run",
        "serves": serving_words(health) if health else "not known",
        "endpoint": endpoint_words(health) if health else "not known",
        "a month": f"{money_words(standing)} US dollars, of what is deployed, by list prices and the usage assumed",
        "is for": value_words(standing),
        "ends": end_words(standing, datetime.now(UTC)) or "never by itself",
    }
    lines = [Style(color).paint(standing.stack, "bold"), ""]
    lines += [f"  {name:<15} {value}" for name, value in facts.items()]
    if standing.error:
        lines += ["", str(standing.error)]
    return "\n".join(lines)


def status_json(standing: Standing, health: Health | None) -> dict[str, Any]:
    from mlops_iac.render.errors import error_json

    return {
        "stack": standing.stack,
        "blueprint": standing.blueprint,
        "blueprint_version": standing.version,
        "latest_version": standing.latest,
        "region": standing.region,
        "deployed": standing.is_deployed,
        "resources": standing.resources,
        "first_up": standing.first_up and time_text(standing.first_up),
        "last": standing.last_at
        and {"operation": standing.last, "result": standing.last_result, "at": time_text(standing.last_at)},
        "changed": standing.changed if standing.changed is None else list(standing.changed),
        "expires": standing.expires and time_text(standing.expires),
        "expired": standing.is_expired(datetime.now(UTC)),
        "monthly": standing.monthly and standing.monthly.to_json(),
        "value": standing.value
        and {
            **standing.value.model_dump(mode="json"),
            "cost_share": standing.cost_share and round(standing.cost_share, 4),
        },
        "health": health and health.to_json(),
        **({"error": error_json(standing.error)["error"]} if standing.error else {}),
    }


def state_words(standing: Standing) -> str:
    if standing.error:
        return f"error: {standing.error.summary}"
    if not standing.is_deployed:
        return "not deployed"
    if standing.last_result == "failed":
        return f"{'up' if standing.last == 'update' else standing.last} failed"
    return "changed since" if standing.changed else "deployed"


def operation_words(standing: Standing) -> str:
    if standing.last_at is None:
        return "none"
    word = "up" if standing.last == "update" else standing.last
    return f"{word} {standing.last_result}, {standing.last_at:%Y-%m-%d %H:%M} UTC"


def changed_words(standing: Standing) -> str:
    if standing.changed is None:
        return "not known"
    more = f" and {len(standing.changed) - MOST_NAMED} more" if len(standing.changed) > MOST_NAMED else ""
    return f"{', '.join(standing.changed[:MOST_NAMED])}{more}" if standing.changed else "nothing in its stack file"


def run_words(health: Health | None) -> str:
    if health is None:
        return "-"
    return f"{health.last_run.status} {age(health.last_run.started)} ago" if health.last_run else "none yet"


def serving_words(health: Health | None) -> str:
    if health is None or health.serving is None:
        return "-"
    judged = f" {health.metric} {health.value:.4g}" if health.value is not None else ""
    return f"version {health.serving.version}{judged}"


def endpoint_words(health: Health | None) -> str:
    if health is None:
        return "-"
    words = {
        f"{status}, {health.instances[name]}" if name in health.instances else status: None
        for name, status in health.endpoints.items()
    }
    return "; ".join(words) or "none"


def money_words(standing: Standing) -> str:
    return f"{standing.monthly.usual:,.2f}" if standing.monthly else "-"


def share_words(standing: Standing) -> str:
    from mlops_iac.cost.words import share

    return "-" if standing.cost_share is None else share(standing.cost_share)


def value_words(standing: Standing) -> str:
    from mlops_iac.cost.words import value_in_words

    value = standing.value.model_dump(mode="json") if standing.value else {}
    return value_in_words(value, standing.monthly.usual if standing.monthly else 0.0) or "not said (`mlops-iac:value`)"


def end_words(standing: Standing, now: datetime) -> str:
    if standing.expires is None:
        return ""
    return (
        f"expired {age(standing.expires)} ago" if standing.is_expired(now) else f"in {length(standing.expires - now)}"
    )


def age(moment: datetime) -> str:
    return length(datetime.now(UTC) - moment)


def length(span: timedelta) -> str:
    """``5 min``, ``3 h``, ``12 d``"""
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{round(minutes / 60)} h" if minutes < 48 * 60 else f"{round(minutes / 60 / 24)} d"
