"""How an environment stands, by its files on this machine alone: what is written, what is deployed, what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cli.options import CloudName
from mlops_iac.core.errors import MlopsError, StackNotFound

if TYPE_CHECKING:
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.config.value import Value
    from mlops_iac.core.prices import Money
    from mlops_iac.engine.state.snapshot import Snapshot
    from mlops_iac.program.blueprinted import Program


LOOKED_AT: Final = 20
"""Operations, the newest first, among which the last `up` is looked for."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    stack: str
    blueprint: str = ""
    version: int = 1
    """Of the blueprint, which the stack file is written for."""
    latest: int = 1
    """Of the blueprint, here."""
    """Empty for an ordinary Pulumi program, and where the stack file cannot be read."""
    region: str = ""
    resources: int = 0
    """Deployed ones; 0 where nothing is."""
    first_up: datetime | None = None
    last: str = ""
    """The last operation: ``update``, ``refresh`` or ``destroy``."""
    last_result: str = ""
    last_at: datetime | None = None
    changed: tuple[str, ...] | None = None
    """Settings of the stack file that differ from those of the last `up`. None: that is not known."""
    expires: datetime | None = None
    monthly: Money | None = None
    """What a month costs of what is deployed, with the use that the stack file assumes; None where nothing is."""
    value: Value | None = None
    """What it is for; None where the stack file cannot be read."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: MlopsError | None = None
    """What is wrong with the stack file, or with the state."""

    @property
    def is_deployed(self) -> bool:
        return self.resources > 0

    @property
    def cost_share(self) -> float | None:
        """Of what it is expected to bring in a month, that it costs. None where either is not known."""
        expected = self.value.expected_usd_a_month if self.value else None
        return self.monthly.usual / expected if self.monthly and expected else None

    def is_expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now


def read_standing(root: Path, stack: str, cloud: CloudName = CloudName.EMBEDDED) -> Standing:
    """Starts no cloud and asks none; for AWS the Pulumi CLI is asked for the state. What is wrong is told in its
    place. Raises StackNotFound when there is neither a stack file nor a state."""
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.config.project import list_stacks

    backend = EmbeddedBackend(root, stack)
    facts: dict[str, Any] = {"stack": stack}
    if stack in list_stacks(root):
        try:
            program = _load(root, stack)
        except MlopsError as error:
            program, facts["error"] = None, error
    elif stack in backend.store.stacks():
        program = None
    else:
        raise unknown_stack(stack, [*list_stacks(root), *backend.store.stacks()])
    if program:
        config = program.config
        facts |= {"blueprint": config.blueprint, "region": config.region}
        facts |= {"version": config.blueprint_version, "latest": config.latest_version, "value": config.value}
    try:
        facts |= _deployed(backend, program) if cloud is CloudName.EMBEDDED else _elsewhere(root, stack, program)
    except MlopsError as error:
        facts["error"] = error
    return Standing(**facts)


def expiry_notes(root: Path, stack: str, cloud: CloudName) -> list[str]:
    """For a preview: when the environment may be destroyed; empty where its stack file says nothing of it."""
    from mlops_iac.config.load import load_stack

    try:
        said = load_stack(root, stack, options_model=None).expires
        standing = read_standing(root, stack, cloud) if said else None
    except MlopsError:  # of another form, which the preview itself is about
        return []
    if standing is None or said is None:
        return []
    if standing.expires is None:
        return [f"`mlops-iac destroy --expired` may destroy it {said} after its first `up` (`mlops-iac:expires`)."]
    over = "It has expired" if standing.is_expired(datetime.now(UTC)) else "It expires"
    moment = f"{standing.expires:%Y-%m-%d %H:%M} UTC"
    return [f"{over} on {moment}: `mlops-iac destroy --expired` may destroy it (`mlops-iac:expires`)."]


def _load(root: Path, stack: str) -> Program | None:
    """None for a stack of an ordinary Pulumi program."""
    from mlops_iac.program.blueprinted import load
    from mlops_iac.program.stack_program import open_stack

    program = open_stack(root, stack)
    return None if program.options is None else load(root, stack)


def _deployed(backend: EmbeddedBackend, program: Program | None) -> dict[str, Any]:
    from mlops_iac.core.expiry import ends_at

    snapshot = backend.store.find(backend.stack)
    first_up = _first_up(snapshot) if snapshot else None
    expires = program.config.expires if program else None
    facts: dict[str, Any] = {"first_up": first_up, "expires": ends_at(expires, first_up) if expires else None}
    if snapshot is None:
        return facts
    made = [record for record in snapshot if record.custom and not record.is_provider]
    outputs = next((record.outputs for record in snapshot if record.is_stack and not record.delete), {})
    facts |= {"resources": len(made), "outputs": dict(outputs)}
    histories = backend.store.histories(backend.stack, limit=LOOKED_AT)
    if histories:
        newest = histories[0]
        ended = newest.get("endTime")
        facts |= {"last": str(newest.get("kind", "")), "last_result": str(newest.get("result", ""))}
        facts["last_at"] = datetime.fromtimestamp(ended, UTC) if isinstance(ended, int) else None
    if program:
        facts |= {
            "monthly": _price([(one.type, one.inputs) for one in made], outputs, program),
            "changed": _changed(histories, program),
        }
    return facts


def _elsewhere(root: Path, stack: str, program: Program | None) -> dict[str, Any]:
    """Of what the Pulumi CLI deployed. It writes no configuration of ours into its history."""
    from mlops_iac.backends.pulumi import PulumiBackend
    from mlops_iac.core.expiry import ends_at

    backend = PulumiBackend(root, stack)
    expires = program.config.expires if program else None
    try:
        histories, made = backend.history(), backend.resources()
    except StackNotFound:
        return {"expires": ends_at(expires, None) if expires else None}
    began = min((entry["startTime"] for entry in histories), default=None)
    first_up = datetime.fromtimestamp(began, UTC) if began else None
    newest = histories[0] if histories else {}
    ended = newest.get("endTime")
    return {
        "first_up": first_up,
        "expires": ends_at(expires, first_up) if expires else None,
        "resources": len(made),
        "outputs": backend.outputs(),
        "last": newest.get("kind", ""),
        "last_result": newest.get("result", ""),
        "last_at": datetime.fromtimestamp(ended, UTC) if ended else None,
        "monthly": _price([(one["type"], one.get("inputs") or {}) for one in made], backend.outputs(), program),
    }


def _first_up(snapshot: Snapshot) -> datetime | None:
    created = next((record.created for record in snapshot if record.is_stack), None)
    try:
        return datetime.fromisoformat(created) if created else None
    except ValueError:
        return None


def _price(
    made: Sequence[tuple[str, Mapping[str, Any]]], outputs: Mapping[str, Any], program: Program | None
) -> Money | None:
    """``made``: types and inputs."""
    from mlops_iac.cost.estimate import Resource, estimate
    from mlops_iac.cost.rates import Place
    from mlops_iac.engine.values.value import reveal

    if not made or program is None:
        return None
    resources = [Resource(layer="", type=type, inputs=inputs) for type, inputs in made]
    place = Place(region=program.config.region, usage=program.config.usage)
    return estimate(resources, reveal(outputs), place).total


def _changed(histories: Iterable[Mapping[str, Any]], program: Program) -> tuple[str, ...] | None:
    """Settings in clear only: what is a secret is not compared."""
    for entry in histories:
        if entry.get("kind") == "update" and isinstance(entry.get("config"), dict):
            before = {key: value for key, value in entry["config"].items() if isinstance(value, str)}
            now = {key: value for key, value in program.config.config.items() if key not in program.config.secret_keys}
            differing = {key for key in {*before, *now} if before.get(key) != now.get(key)}
            return tuple(sorted(differing - program.config.secret_keys))
    return None


def unknown_stack(stack: str, known: list[str]) -> StackNotFound:
    from mlops_iac.core.suggestions import did_you_mean

    hint = did_you_mean(stack, known) if known else "`mlops-iac new` makes one."
    return StackNotFound("No such environment.", f"`{stack}` has no stack file and no state here.", hint=hint)
