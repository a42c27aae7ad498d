"""``mlops-iac evidence``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.environments import open_backend, open_environment, project_root
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption

if TYPE_CHECKING:
    from mlops_iac.policy.finding import Report
    from mlops_iac.policy.resource import Resource
    from mlops_iac.policy.settings import Settings
    from mlops_iac.program.stack_program import StackProgram

MOST_EVENTS = 1000
MOST_NAMED = 6
"""Resources of one control that index.md names; evidence.json names all."""


def evidence(
    stack: Annotated[str | None, typer.Argument(help="The environment. Not with --check.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The folder to write. Left out: evidence-STACK.")] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Put it into the lake's evidence/ too, locked where there is retention.")
    ] = False,
    check: Annotated[Path | None, typer.Option("--check", help="Look whether a folder is as it was written.")] = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Write down for auditors what is deployed, who approved what, and which control is met where.

    A folder with index.md, evidence.json and a manifest of SHA-256 sums. There is no secret in it.

    Example: mlops-iac evidence screening-dev --out audit-2026
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.core.errors import RunError, UsageError
    from mlops_iac.runs.evidence import find_faults, write_folder

    if check is not None:
        faults = find_faults(check)
        if faults:
            detail = "; ".join(faults) + "."
            raise RunError("The evidence was changed.", detail, hint="ask whoever gave it for the folder as it was.")
        show_json({"folder": str(check), "faults": []}) if json else say(f"{check} is as it was written.")
        return
    if stack is None:
        raise UsageError(
            "No environment is named.",
            "Neither STACK nor --check was given.",
            hint="name one: mlops-iac evidence STACK",
        )
    told = collect(stack, cloud)
    folder = out or Path(f"evidence-{stack}")
    write_folder(folder, {"evidence.json": _text(told), "index.md": "\n".join(index(told)) + "\n"})
    kept = _keep(stack, cloud, folder) if keep else None
    if json:
        show_json({"stack": stack, "folder": str(folder), "kept": kept, "controls": count(told["controls"])})
        return
    if kept:
        say(f"It lies in {kept} too.")
    say(f"Wrote {folder}: {_counted(told)}. Check it later: mlops-iac evidence --check {folder}")


def _keep(stack: str, cloud: CloudName, folder: Path) -> str:
    from mlops_iac.runs.evidence import keep_folder

    opened = open_environment(stack, cloud)
    kept = keep_folder(opened.environment, opened.clients, folder)
    opened.keep()
    return kept


def collect(stack: str, cloud: CloudName) -> dict[str, Any]:
    """Everything, as plain JSON."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from mlops_iac.cli.history import find_events
    from mlops_iac.engine.state.exports import read_deployment
    from mlops_iac.policy.checking import report
    from mlops_iac.policy.resource import STACK, resources_of_state
    from mlops_iac.policy.settings import Settings
    from mlops_iac.program.policies import read_policies
    from mlops_iac.program.stack_program import open_stack
    from mlops_iac.runs.compliance import tell_compliance
    from mlops_iac.runs.data_versions import list_versions
    from mlops_iac.runs.evidence import tell_models, tell_runs
    from mlops_iac.runs.safeguards import find_safeguards

    backend, opened = open_backend(stack, cloud), open_environment(stack, cloud)
    resources = resources_of_state(read_deployment(backend.export(), f"the state of {stack}"))
    program = open_stack(project_root(), stack)
    policies = read_policies(program.root, stack, program.config)
    settings = policies.settings if policies else replace(Settings(), stack=stack)
    outputs = next((one.outputs for one in resources if one.type == STACK), {})
    found, environment = report(resources, settings, outputs), opened.environment
    return {
        "stack": stack,
        "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "blueprint": environment.blueprint,
        "region": environment.region,
        "account": environment.account_id,
        "two_person": bool(environment.two_person),
        "safeguards": [one.to_json() for one in find_safeguards(environment, opened.clients, **_review(program))],
        "resources": [*_resources(resources)],
        "models": tell_models(environment, opened.clients),
        "runs": tell_runs(environment, opened.clients),
        "data": [one.to_json() for one in list_versions(environment, opened.clients)],
        "controls": [*_controls(resources, found, settings)],
        "compliance": tell_compliance(environment, opened.clients, _ids(resources)),
        "expired_waivers": found.to_json()["expired"],
        "history": [event.to_json() for event in find_events(backend, stack, MOST_EVENTS)],
    }


def _review(program: StackProgram) -> dict[str, Any]:
    config = program.config
    return {"review": config.review, "review_key": config.review_key} if config else {"review": "none"}


def _ids(resources: Sequence[Resource]) -> frozenset[str]:
    """By which AWS Config may call a resource of the stack."""
    said = (one.outputs.get(key) for one in resources for key in ("id", "arn", "keyId"))
    return frozenset(value for value in said if isinstance(value, str))


def _resources(resources: Sequence[Resource]) -> Iterator[dict[str, Any]]:
    """Which there are, and the keys that encrypt them; no other value is told."""
    from mlops_iac.core.facts import find_facts

    for one in resources:
        if one.type.startswith("aws:"):
            facts = find_facts(one.type)
            key = _find(one.inputs, _camel(facts.key)) if facts and facts.key else None
            yield {"type": one.type, "name": one.name, "key": key if isinstance(key, str) else None}


def _controls(resources: Sequence[Resource], found: Report, settings: Settings) -> Iterator[dict[str, Any]]:
    """Each rule: where it is met, where not, and what is waived by whom until when."""
    from mlops_iac.policy.resource import World
    from mlops_iac.policy.table import policies

    world = World(resources=resources, outputs={}, stack=settings.stack)
    for policy in [*policies(), *settings.own]:
        asked = [one.name for one in world.of(*policy.types)]
        findings = [one for one in found.findings if one.rule == policy.name]
        broken = {one.resource for one in findings}
        still = [one.to_json() for one in findings if one.waiver is None]
        waived = [one.to_json() for one in findings if one.waiver is not None]
        off = found.off.get(policy.name)
        state = "off" if off else "open" if still else "waived" if waived else "met" if asked else "nothing to judge"
        yield {
            "rule": policy.name,
            "wants": policy.wants,
            "sources": list(policy.sources),
            "state": state,
            "met_by": sorted({name for name in asked if name not in broken}) if not off else [],
            "open": still,
            "waived": waived,
            "off": {"reason": off.reason, "place": off.place} if off else None,
        }


def count(controls: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """State to how many rules have it."""
    found: dict[str, int] = {}
    for one in controls:
        found[one["state"]] = found.get(one["state"], 0) + 1
    return found


def index(told: Mapping[str, Any]) -> Iterator[str]:
    """For people, as markdown."""
    yield f"# Evidence of {told['stack']}"
    place = f"account {told['account']}, region {told['region']}, blueprint {told['blueprint']}"
    yield f"\nWritten at {told['at']}, of {place}."
    yield f"\n{_counted(told)}. Everything is in evidence.json.\n\n## Models\n"
    yield from _table(
        ("version", "approval", "run", "serves", "SHA-256 when registered", "signature"),
        (
            (m["version"], m["approval"], m["run"], ", ".join(m["serves"]), m["digest"], m["signature"])
            for m in told["models"]
        ),
    )
    yield "\n## Data of runs\n"
    yield from _table(("run", "data", "version", "objects", "bytes", "asked for"), _data_of_runs(told["runs"]))
    yield "\n## Versions of the data\n"
    yield from _table(
        ("version", "data", "objects", "bytes", "named at", "by"),
        ((one["id"], one["prefix"], one["objects"], one["bytes"], one["at"], one["by"]) for one in told["data"]),
    )
    yield "\n## Who approved what\n"
    answers = [(run["id"], one) for run in told["runs"] for one in run["approvals"]]
    yield from _table(
        ("run", "answer", "by", "at", "reason"),
        (
            (run, "approved" if one["approved"] else "rejected", one["by"], one["at"], one["reason"])
            for run, one in answers
        ),
    )
    yield "\n## Safeguards\n"
    yield from _table(
        ("control", "state", "met by", "how it stands"),
        ((one["control"], "met" if one["met"] else "NOT MET", one["by"], one["detail"]) for one in told["safeguards"]),
    )
    yield "\n## Controls\n"
    yield from _table(
        ("rule", "wants", "sources", "state", "met by", "not met by", "waived"),
        (
            (one["rule"], one["wants"], "; ".join(one["sources"]), one["state"], _named(one["met_by"]), _open(one),
             _waived(one))
            for one in told["controls"]
        ),
    )  # fmt: skip
    yield "\n## What AWS Config says\n"
    yield from _table(
        ("rule", "policy", "state", "complies", "does not comply"),
        (
            (one["rule"], one["policy"], one["state"], _named(one["complies"]), _open(one) or one["detail"])
            for one in told["compliance"]
        ),
    )
    yield "\n## Resources\n"
    yield from _table(
        ("type", "name", "encrypted with"), ((one["type"], one["name"], one["key"]) for one in told["resources"])
    )


def _data_of_runs(runs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for run in runs:
        for one in (run["data"] or {}).values():
            version = one["digest"] if one["complete"] else "more than is recorded"
            yield run["id"], one["prefix"], version, one["objects"], one["bytes"], "yes" if "copies" in one else "no"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _open(control: Mapping[str, Any]) -> str:
    return _named([f"{one['resource']}: {one['detail']}" for one in control["open"]])


def _waived(control: Mapping[str, Any]) -> str:
    said = (one["waiver"] for one in control["waived"])
    return "; ".join(sorted({f"by {one['owner']} until {one['expires']}: {one['reason']}" for one in said}))


def _table(heads: Sequence[str], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + " --- |" * len(heads)
    for row in rows:
        yield f"| {' | '.join(_plain(value) for value in row)} |"


def _plain(value: Any) -> str:
    """Text on one line that markdown does not read as something else."""
    text = " ".join(("" if value is None else str(value)).split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<|" else sign for sign in text)


def _counted(told: Mapping[str, Any]) -> str:
    states = ", ".join(f"{number} {state}" for state, number in sorted(count(told["controls"]).items()))
    counts = ", ".join(f"{name} {len(told[name])}" for name in ("resources", "models", "runs"))
    return f"{counts}; controls: {states}"


def _find(value: Any, name: str) -> Any:
    """The first value of this name, at whatever depth."""
    if isinstance(value, Mapping):
        if value.get(name):
            return value[name]
        return next((found for item in value.values() if (found := _find(item, name))), None)
    if isinstance(value, list | tuple):
        return next((found for item in value if (found := _find(item, name))), None)
    return None


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _text(told: Mapping[str, Any]) -> str:
    import json

    return json.dumps(told, indent=2, default=str) + "\n"
