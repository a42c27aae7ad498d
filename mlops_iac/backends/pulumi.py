"""The Pulumi CLI over AWS, through Pulumi's Automation API: the same verbs, the same events.

The program it runs is this project's own `__main__.py`, so what is previewed here is what `pulumi up` does.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.backends import read_environment
from mlops_iac.backends.judging import Judge
from mlops_iac.backends.pulumi_cli import find_cli
from mlops_iac.backends.pulumi_complaints import explain
from mlops_iac.backends.pulumi_events import Recorder
from mlops_iac.backends.pulumi_options import Verb, as_urns, keywords, named
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import MlopsError, StackNotFound
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.deciding.options import DEFAULTS, Options
from mlops_iac.engine.doing.interrupt import interrupt_sets
from mlops_iac.engine.event import OnEvent, Result, Summary, ignore
from mlops_iac.engine.values.value import Secret

if TYPE_CHECKING:
    from pulumi.automation import LocalWorkspace, PulumiCommand, Stack, UpdateSummary

    from mlops_iac.clients import Clients
    from mlops_iac.program import StackProgram


class PulumiBackend:
    """One stack, by the Pulumi CLI on this machine. UsageError when there is none that can be driven."""

    place = "AWS, by the Pulumi CLI"
    can_look = False

    def __init__(self, root: Path, stack: str) -> None:
        self.root, self.stack = root, stack
        self._cli: PulumiCommand = find_cli()
        self._outputs: dict[str, Any] | None = None

    def preview(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        judge = Judge.of(self._open_program())
        stack = self._select(create=True)
        given = self._given(stack, options, "preview")
        result = self._operate(lambda told: stack.preview(on_event=told, **given), on_event)
        return judge.foresee(result, self._whole(stack, options))

    def up(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        judge = Judge.of(self._open_program())
        stack = self._select(create=True)
        refused = None if options.plan or options.skip_preview else self._rehearse(stack, options, on_event, judge)
        if refused is not None:
            return refused
        given = self._given(stack, options, "up")
        result = self._operate(lambda told: stack.up(on_event=told, show_secrets=False, **given), on_event)
        return result if options.is_partial else judge.conclude(result)

    def _whole(self, stack: Stack, options: Options) -> Result | None:
        """A preview of the whole stack, for policies, when only a part of it is asked for."""
        if not options.is_partial:
            return None
        given = self._given(stack, options.whole, "preview")
        return self._operate(lambda told: stack.preview(on_event=told, **given), ignore)

    def _rehearse(self, stack: Stack, options: Options, on_event: OnEvent, judge: Judge) -> Result | None:
        """The Automation API's `up` skips the preview that `pulumi up` begins with. Answers what is refused, if any."""
        given = self._given(stack, options, "preview")
        result = self._operate(lambda told: stack.preview(on_event=told, **given), ignore)
        foreseen = judge.conclude(result, self._whole(stack, options))
        if foreseen.outcome == "succeeded":
            return None
        on_event(Summary(changes={}, seconds=foreseen.seconds, outcome=foreseen.outcome))
        return replace(foreseen, steps=(), changes={}, failures=())

    def refresh(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        stack = self._select()
        given = self._given(stack, options, "refresh")
        if preview:
            return self._operate(lambda told: stack.preview_refresh(on_event=told, **given), on_event)
        return self._operate(lambda told: stack.refresh(on_event=told, show_secrets=False, **given), on_event)

    def destroy(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        stack = self._select()
        given = self._given(stack, options, "destroy")
        if preview:
            return self._operate(lambda told: stack.preview_destroy(on_event=told, **given), on_event)
        return self._operate(lambda told: stack.destroy(on_event=told, show_secrets=False, **given), on_event)

    def remove(self) -> None:
        """Pulumi would delete the stack's file with it; the team keeps theirs."""
        self._select()
        self._ask(lambda: self._workspace.remove_stack(self.stack, preserve_config=True))
        self._outputs = None

    def outputs(self) -> dict[str, Any]:
        """The CLI is asked once, and again after each operation: a command asks for them more than once."""
        if self._outputs is None:
            found = self._ask(self._select().outputs)
            self._outputs = {
                name: Secret(output.value) if output.secret else output.value for name, output in found.items()
            }
        return dict(self._outputs)

    def history(self) -> list[dict[str, Any]]:
        return [history_entry(one) for one in self._ask(lambda: self._select().history(show_secrets=False))]

    def resources(self) -> list[dict[str, Any]]:
        """What the state holds, providers and components left out, as Pulumi writes it; secrets are not revealed."""
        state = self._ask(self._select().export_stack).deployment or {}
        held = state.get("resources") or ()
        return [one for one in held if one.get("custom") and not one["type"].startswith("pulumi:")]

    def environment(self) -> Environment:
        return read_environment(self.outputs(), f"mlops-iac up {self.stack} --cloud aws")

    def export(self) -> str:
        exported = self._ask(self._select().export_stack)
        return json.dumps({"version": exported.version, "deployment": exported.deployment})

    def clients(self, *, quick: bool = False) -> Clients:
        """With the person's own credentials: of the stack's ``aws:profile``, or found as the AWS CLI finds them."""
        from mlops_iac.clients import Clients
        from mlops_iac.program import open_stack

        profile = open_stack(self.root, self.stack).settings.values.get("aws:profile")
        return Clients.aws(self.outputs()["region"], profile or None)

    def keep(self) -> None:
        """AWS keeps what it answers for."""

    @cached_property
    def _workspace(self) -> LocalWorkspace:
        from pulumi.automation import LocalWorkspace

        from mlops_iac.config.company import read_company

        quiet = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
        secrets = read_company(self.root).secrets_provider
        return LocalWorkspace(
            work_dir=str(self.root), pulumi_command=self._cli, env_vars=quiet, secrets_provider=secrets
        )

    def _open_program(self) -> StackProgram:
        """Read the stack file first: its errors have lines, the CLI's would not."""
        from mlops_iac.program import open_stack

        return open_stack(self.root, self.stack)

    def _select(self, *, create: bool = False) -> Stack:
        """The stack, which becomes the one that `pulumi` works on in this folder too."""
        from pulumi.automation import Stack

        try:
            return self._ask(lambda: Stack.select(self.stack, self._workspace))
        except StackNotFound:
            if create:
                return self._ask(lambda: Stack.create(self.stack, self._workspace))
            there = [found.name for found in self._ask(self._workspace.list_stacks)]
            hint = did_you_mean(self.stack, there) if there else f"`mlops-iac up {self.stack} --cloud aws` makes it."
            raise StackNotFound(
                "No such environment.", f"The Pulumi backend has no stack `{self.stack}`.", hint=hint
            ) from None

    def _given(self, stack: Stack, options: Options, verb: Verb) -> dict[str, Any]:
        """What the Automation API is told, with resources by URN. Raises UsageError for what it cannot be told."""
        given = keywords(options, verb)
        if options.names_resources:
            known = self._known(stack, options, verb)
            for word in {"target", "exclude", "replace"} & given.keys():
                given[word] = as_urns(given[word], known)
        return given

    def _known(self, stack: Stack, options: Options, verb: Verb) -> set[str]:
        """URNs in the state; and, when that does not hold all that is named, those that the program would add."""
        state = self._ask(stack.export_stack).deployment or {}
        known = {resource["urn"] for resource in state.get("resources") or ()}
        if verb in ("preview", "up") and not set(named(options)) <= _names(known):
            preview = self._operate(lambda told: stack.preview(on_event=told), ignore)
            known |= {step.urn for step in preview.steps}
        return known

    def _operate(self, operation: Callable[[Callable[[Any], None]], object], on_event: OnEvent) -> Result:
        """Run it. Ctrl-C reaches the CLI by itself, which finishes and records what is in flight; we wait for it."""
        self._outputs = None
        recorder = Recorder(on_event)
        cancelled = threading.Event()
        started = time.monotonic()
        error: MlopsError | None = None
        with interrupt_sets(cancelled):
            try:
                self._ask(lambda: operation(recorder), recorder.complaints)
            except MlopsError as problem:
                error = problem
        return recorder.result(time.monotonic() - started, error, cancelled=cancelled.is_set())

    def _ask(self, question: Callable[[], Any], complaints: Callable[[], str] = str) -> Any:
        """Ask the CLI; what it complains about becomes one of our errors. ``complaints`` tells what its events said."""
        from pulumi.automation import CommandError

        try:
            return question()
        except CommandError as error:
            raise explain(complaints() or str(error)) from error


def history_entry(one: UpdateSummary) -> dict[str, Any]:
    """As Pulumi writes it. The Automation API answers times of UTC that do not say so."""
    return {
        "kind": one.kind,
        "startTime": int(one.start_time.replace(tzinfo=UTC).timestamp()),
        "endTime": int(one.end_time.replace(tzinfo=UTC).timestamp()) if one.end_time else None,
        "message": one.message,
        "environment": dict(one.environment or {}),
        "result": one.result,
        "resourceChanges": dict(one.resource_changes or {}),
    }


def _names(known: Iterable[str]) -> set[str]:
    from mlops_iac.core import urns

    return {word for urn in known for word in (urn, urns.parse(urn).name)}
