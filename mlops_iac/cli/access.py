"""``mlops-iac access``: who may work in an environment, and as what."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.auditing import MessageOption
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument
from mlops_iac.core.access import LEVELS

if TYPE_CHECKING:
    from mlops_iac.config.access import AccessSection
    from mlops_iac.config.stack_config import StackConfig

ACTIONS = ("list", "add", "remove")


def complete_actions(incomplete: str) -> list[str]:
    return [action for action in ACTIONS if action.startswith(incomplete)]


def complete_levels(incomplete: str) -> list[str]:
    return [level for level in LEVELS if level.startswith(incomplete)]


def access(
    stack: StackArgument,
    action: Annotated[
        str, typer.Argument(help="list, add or remove. Left out: list.", autocompletion=complete_actions)
    ] = "list",
    principal: Annotated[
        str | None,
        typer.Argument(help="A user's or a role's ARN, or a permission set of IAM Identity Center: `sso:NAME`."),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option("--as", metavar="LEVEL", help="viewer, scientist or admin.", autocompletion=complete_levels),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="The last day: 2027-01-31. Left out: no end.")
    ] = None,
    mfa: Annotated[
        bool, typer.Option("--mfa", help="Only after signing in with a second factor; for users, not for roles.")
    ] = False,
    message: MessageOption = "",
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show and say who may work in an environment: as viewer, as scientist, as admin.

    It stands in the stack file, so that a review sees it; the next `up` makes the roles, and takes them away.

    Example: mlops-iac access screening-dev add arn:aws:iam::111122223333:user/anna --as viewer
    """
    check(action, principal, level, until, mfa)
    if action == "list":
        show_access(stack, cloud, json=json)
    elif action == "add":
        change(stack, "add", principal or "", given(principal, level, until, mfa), message, cloud, json=json)
    else:
        change(stack, "remove", principal or "", None, message, cloud, json=json)


def check(action: str, principal: str | None, level: str | None, until: str | None, mfa: bool) -> None:
    """Raises UsageError for what does not go together, before a file is read."""
    from mlops_iac.core.access import LEVEL_WORDS
    from mlops_iac.core.errors import UsageError
    from mlops_iac.core.suggestions import did_you_mean

    if action not in ACTIONS:
        detail = f"It was told to `{action}`; it can {', '.join(ACTIONS)}."
        raise UsageError("No such action.", detail, hint=did_you_mean(action, ACTIONS) or "say add, list or remove.")
    if (action == "list") != (principal is None):
        detail = "`list` takes no principal." if action == "list" else f"`{action}` takes a principal."
        raise UsageError("A principal is missing, or one too many.", detail, hint=f"mlops-iac access STACK {action} …")
    if action != "add" and (level or until or mfa):
        raise UsageError(
            "This is for `add`.", "--as, --until and --mfa say what somebody may do.", hint="leave it out."
        )
    if action == "add" and level not in LEVELS:
        said = f"--as was given `{level}`." if level else "--as is missing."
        known = "; ".join(f"{name} {words}" for name, words in LEVEL_WORDS.items())
        hint = did_you_mean(level or "", LEVELS) or f"one of {', '.join(LEVELS)}."
        raise UsageError("As what?", f"{said} {known}.", hint=hint)


def given(principal: str | None, level: str | None, until: str | None, mfa: bool) -> dict[str, Any]:
    """The entry as the stack file has it. Raises UsageError for a principal that is none, and for no day."""
    from datetime import date

    from mlops_iac.core.access import parse_principal
    from mlops_iac.core.errors import UsageError

    try:
        parse_principal(principal or "")
    except ValueError as error:
        raise UsageError("This is no principal.", f"`{principal}`: {error}", hint="name one of these forms.") from None
    entry: dict[str, Any] = {"principal": principal, "as": level}
    if until:
        try:
            date.fromisoformat(until)
        except ValueError:
            raise UsageError("This is no day.", f"--until was given `{until}`.", hint="write 2027-01-31.") from None
        entry["until"] = until
    return {**entry, "mfa": True} if mfa else entry


def change(
    stack: str, action: str, principal: str, entry: dict[str, Any] | None, message: str, cloud: CloudName, *, json: bool
) -> None:
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.config.access_edit import with_entry, without_entry
    from mlops_iac.config.editing import replace_checked
    from mlops_iac.config.project import get_stack_path
    from mlops_iac.program import load
    from mlops_iac.runs.audit import check_message

    check_message(message)
    root = project_root()
    path = get_stack_path(root, stack)
    shown, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
    config = load(root, stack).config
    if entry is None:
        text, lines = without_entry(text, shown, own_index(config, principal))
    else:
        check_new(config, principal, shown)
        text, lines = with_entry(text, shown, entry)
    replace_checked(path, text, lambda: load(root, stack))
    trusted = f" as {entry['as']}" if entry else ""
    note(stack, cloud, f"{action} {principal}{trusted}", message)
    if json:
        show_json({"stack": stack, "file": shown, "action": action, "principal": principal, "entry": entry})
        return
    show("\n".join([f"{shown}{' no longer has' if entry is None else ''}:", "", *lines]))
    say(f"\nIt holds from the next `mlops-iac up {stack}` on.")


def own_index(config: StackConfig, principal: str) -> int:
    """Where the stack's own file names somebody. Raises UsageError where it does not."""
    from mlops_iac.core.errors import UsageError
    from mlops_iac.core.suggestions import did_you_mean

    names = [one.principal for one in config.access]
    if principal not in names:
        known = ", ".join(names) or "nobody"
        hint = did_you_mean(principal, names) or f"`mlops-iac access {config.stack}` lists them."
        raise UsageError("Nobody of this name.", f"`{principal}` is not among: {known}.", hint=hint)
    return names.index(principal)


def check_new(config: StackConfig, principal: str, file: str) -> None:
    """Raises ConfigError, at the line that has them, for somebody who is in already."""
    from mlops_iac.core.errors import ConfigError

    for index, one in enumerate(config.access):
        if one.principal == principal:
            place = config.place(f"access.{index}")
            raise ConfigError(
                "They are in already.",
                f"{place.file}:{place.line} names `{principal}` as {one.level}.",
                hint=f"`mlops-iac access {config.stack} remove …` first, or change that line.",
            )


def note(stack: str, cloud: CloudName, subject: str, message: str) -> None:
    """In the environment's own log, where there is an environment."""
    from mlops_iac.cli.auditing import write_down
    from mlops_iac.cli.environments import open_environment
    from mlops_iac.core.errors import StackNotFound, StateError

    try:
        opened = open_environment(stack, cloud, quick=True)
    except (StackNotFound, StateError):
        return
    write_down(opened, "access", subject, message)
    opened.keep()


def show_access(stack: str, cloud: CloudName, *, json: bool) -> None:
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.program import load
    from mlops_iac.render.tables import render_table

    config, roles = load(project_root(), stack).config, deployed_roles(stack, cloud)
    if json:
        told = [{**as_json(one), "role_arn": roles.get(one.level)} for one in config.access]
        show_json({"stack": stack, "access": told})
        return
    if not config.access:
        say(f"Nobody is named in {config.place().file}: only who administers the account may work in {stack}.")
        return
    rows = [
        (one.level, one.principal, str(one.until or ""), "yes" if one.mfa else "", roles.get(one.level, "not made yet"))
        for one in config.access
    ]
    show(render_table(("AS", "WHO", "UNTIL", "MFA", "ROLE"), rows, color=has_color(sys.stdout)))


def as_json(one: AccessSection) -> dict[str, Any]:
    return one.model_dump(mode="json", by_alias=True)


def deployed_roles(stack: str, cloud: CloudName) -> dict[str, str]:
    """Level to role, of what is deployed; empty where nothing is."""
    from mlops_iac.cli.environments import open_backend
    from mlops_iac.core.errors import StackNotFound

    try:
        return dict(open_backend(stack, cloud).outputs().get("access") or {})
    except StackNotFound:
        return {}
