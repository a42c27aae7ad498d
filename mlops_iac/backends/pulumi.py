"""The Pulumi CLI over AWS, through Pulumi's Automation API: the same verbs, the same events.

The program it runs is this project's own `__main__.py`, so what is previewed here is what `pulumi up` does.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.backends import ignore
from mlops_iac.backends.pulumi_events import Recorder
from mlops_iac.backends.pulumi_options import keywords
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError, MlopsError, StackNotFound, StateError, UsageError
from mlops_iac.engine.event import OnEvent, Result
from mlops_iac.engine.options import DEFAULTS, Options
from mlops_iac.engine.values import Secret

if TYPE_CHECKING:
    from pulumi.automation import Stack

    from mlops_iac.clients import Clients

INSTALL_HINT = "install it from https://www.pulumi.com/docs/install/ or leave --cloud out to deploy on this machine."

# What the CLI says, to what it means and what to do. First match wins; the CLI's own words stay in the detail.
EXPLANATIONS: tuple[tuple[str, str, str], ...] = (
    ("PULUMI_ACCESS_TOKEN must be set", "No Pulumi backend.", "run `pulumi login`, or `pulumi login --local`."),
    ("passphrase must be set", "No passphrase.", "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE."),
    ("incorrect passphrase", "Wrong passphrase.", "set PULUMI_CONFIG_PASSPHRASE to the one the stack was made with."),
    ("No valid credential sources found", "No AWS credentials.", "run `aws sso login`, or set AWS_PROFILE."),
    ("unable to validate AWS credentials", "AWS refused the credentials.", "ask `aws sts get-caller-identity`."),
    (
        "the stack is currently locked",
        "Another update is running.",
        "wait, or `pulumi cancel` when its process is gone.",
    ),
)


class PulumiBackend:
    """One stack, by the Pulumi CLI on this machine. UsageError when there is no CLI."""

    place = "AWS, by the Pulumi CLI"

    def __init__(self, root: Path, stack: str) -> None:
        self.root, self.stack = root, stack
        if shutil.which("pulumi") is None:
            raise UsageError(
                "The Pulumi CLI is not installed.", "`--cloud aws` drives it, and there is no `pulumi` on the PATH.",
                hint=INSTALL_HINT,
            )  # fmt: skip

    def preview(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        self._check_program()
        more = keywords(options, "preview")
        return self._operate(lambda stack, told: stack.preview(on_event=told, **more), on_event, create=True)

    def up(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        self._check_program()
        more = keywords(options, "up")
        return self._operate(lambda stack, told: stack.up(on_event=told, **more), on_event, create=True)

    def refresh(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        more = keywords(options, "refresh")
        if preview:
            return self._operate(lambda stack, told: stack.preview_refresh(on_event=told, **more), on_event)
        return self._operate(lambda stack, told: stack.refresh(on_event=told, **more), on_event)

    def destroy(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        more = keywords(options, "destroy")
        if preview:
            return self._operate(lambda stack, told: stack.preview_destroy(on_event=told, **more), on_event)
        return self._operate(lambda stack, told: stack.destroy(on_event=told, **more), on_event)

    def remove(self) -> None:
        self._select().workspace.remove_stack(self.stack)

    def outputs(self) -> dict[str, Any]:
        found = self._ask(lambda: self._select().outputs())
        return {name: Secret(output.value) if output.secret else output.value for name, output in found.items()}

    def environment(self) -> Environment:
        outputs = self.outputs()
        if "data" not in outputs:
            raise StateError("The environment is not complete.", "Its last update did not reach its end.")
        return Environment.from_outputs(outputs)

    def clients(self) -> Clients:
        from mlops_iac.clients import Clients

        return Clients.aws(self.outputs()["region"])

    def _check_program(self) -> None:
        """Read the stack file first: its errors have lines, the CLI's would not."""
        from mlops_iac.program import load

        load(self.root, self.stack)

    def _select(self, *, create: bool = False) -> Stack:
        from pulumi import automation

        open_stack = automation.create_or_select_stack if create else automation.select_stack
        return self._ask(lambda: open_stack(stack_name=self.stack, work_dir=str(self.root)))

    def _operate(
        self, operation: Callable[[Stack, Callable[[Any], None]], object], on_event: OnEvent, *, create: bool = False
    ) -> Result:
        stack = self._select(create=create)
        recorder = Recorder(on_event)
        started = time.monotonic()
        error: MlopsError | None = None
        try:
            self._ask(lambda: operation(stack, recorder))
        except MlopsError as problem:
            error = problem
        return recorder.result(time.monotonic() - started, error)

    def _ask(self, question: Callable[[], Any]) -> Any:
        """Ask the CLI; what it complains about becomes one of our errors."""
        from pulumi.automation import CommandError, StackNotFoundError

        try:
            return question()
        except StackNotFoundError as error:
            raise StackNotFound(
                "No such environment.", f"The Pulumi backend has no stack `{self.stack}`.",
                hint=f"`mlops-iac up {self.stack} --cloud aws` makes it.",
            ) from error  # fmt: skip
        except CommandError as error:
            raise explain(str(error)) from error


def explain(said: str) -> MlopsError:
    """The CLI's complaint in three parts."""
    for words, summary, hint in EXPLANATIONS:
        if words in said:
            return CloudError(summary, said.strip(), hint=hint)
    return CloudError("Pulumi stopped.", said.strip())
