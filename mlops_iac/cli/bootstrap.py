"""``mlops-iac bootstrap``: what an account needs once, as a stack like any other."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, YesOption

if TYPE_CHECKING:
    from mlops_iac.core.environment import Environment

TEAM, ENVIRONMENT, BLUEPRINT = "platform", "account", "account"
REVIEWERS = "    plan_review:\n      reviewers:\n"


def bootstrap(
    preview: Annotated[bool, typer.Option("--preview", help="Show what would be made, and make nothing.")] = False,
    region: Annotated[
        str | None, typer.Option("--region", help="AWS region, for a new stack file.  [default: eu-west-1]")
    ] = None,
    github: Annotated[
        str | None, typer.Option("--github", metavar="OWNER/NAME", help="Let this repository's pipelines in.")
    ] = None,
    gitlab: Annotated[
        str | None, typer.Option("--gitlab", metavar="GROUP/NAME", help="Let this project's pipelines in.")
    ] = None,
    reviewer: Annotated[
        list[str] | None,
        typer.Option("--reviewer", metavar="PRINCIPAL", help="Who may approve plans: an ARN, or sso:NAME. Repeatable."),
    ] = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Make what an account needs once: a bucket for states, a key for secrets, roles for pipelines without keys, and
    with --reviewer a key that signs approved plans.

    It is a stack of the blueprint `account`: the first call writes its file, `platform-account`, which you edit from
    then on; `preview`, `drift` and `destroy` know it by that name. Ends by saying how other stacks come to use it.

    Example: mlops-iac bootstrap --github acme/ml-platform --preview
    """
    from mlops_iac.cli.console import say
    from mlops_iac.cli.environments import open_backend, project_root

    root = project_root()
    stack = find_account(root)
    if stack is None:
        stack = write_account(root, region, github=github, gitlab=gitlab, reviewers=reviewer or [])
        say(f"Wrote stacks/Pulumi.{stack}.yaml\n")
    else:
        given = {"--region": region, "--github": github, "--gitlab": gitlab, "--reviewer": reviewer}
        refuse_changes(given, stack)
    if preview:
        from mlops_iac.cli.preview import preview as show_preview

        show_preview(stack, cloud=cloud, json=json)
        return
    from mlops_iac.cli.up import up

    up(stack, cloud=cloud, yes=yes, json=json)
    if not json:
        say("\n" + "\n".join(next_lines(open_backend(stack, cloud).environment(), cloud)))


def find_account(root: Path) -> str | None:
    """The stack of the blueprint `account` that the project has; None when it has none that can be read."""
    from mlops_iac.config.load import load_stack
    from mlops_iac.config.project import list_stacks
    from mlops_iac.core.errors import MlopsError

    for stack in list_stacks(root):
        with contextlib.suppress(MlopsError):
            if load_stack(root, stack, options_model=None).blueprint == BLUEPRINT:
                return stack
    return None


def write_account(
    root: Path, region: str | None, *, github: str | None, gitlab: str | None, reviewers: Sequence[str] = ()
) -> str:
    """Its stack file, as `new` writes one, with hosts and reviewers in it. Raises UsageError for what cannot be
    either's."""
    from mlops_iac.cli.blueprint import options_models
    from mlops_iac.scaffold.answers import DEFAULT_REGION, Answers
    from mlops_iac.scaffold.stack_file import new_stack

    models = options_models()
    said: dict[str, tuple[str, str | None]] = {"github": ("repository", github), "gitlab": ("project", gitlab)}
    hosts = {name: {key: value} for name, (key, value) in said.items() if value is not None}
    check_hosts(models[BLUEPRINT], hosts)
    check_reviewers(reviewers)
    answers = Answers(team=TEAM, environment=ENVIRONMENT, blueprint=BLUEPRINT, code="", region=region or DEFAULT_REGION)
    path = new_stack(root, answers, models)
    said_of = {
        "    # ci: {}\n": ["    ci:\n", *map(host_lines, hosts.items())] if hosts else [],
        "    # plan_review: null\n": [REVIEWERS, *map(reviewer_line, reviewers)] if reviewers else [],
    }
    text = path.read_text(encoding="utf-8")
    for default, lines in said_of.items():
        text = text.replace(default, "".join(lines)) if lines else text
    path.write_text(text, "utf-8")
    return answers.stack


def check_hosts(model: object, hosts: object) -> None:
    from pydantic import ValidationError

    from mlops_iac.core.errors import UsageError

    try:
        model.model_validate({"ci": hosts})  # type: ignore[attr-defined]
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        flag = f"--{wrong['loc'][1]}"
        detail = f"Value given: {wrong['input']}. It is written OWNER/NAME, as in the repository's address."
        raise UsageError(
            "This is no repository.", detail, hint=f"mlops-iac bootstrap {flag} acme/ml-platform"
        ) from None


def check_reviewers(reviewers: Sequence[str]) -> None:
    from mlops_iac.core.access import parse_principal
    from mlops_iac.core.errors import UsageError

    for one in reviewers:
        try:
            parse_principal(one)
        except ValueError as error:
            detail = f"Value given: {one}. {error}"
            raise UsageError("This is no reviewer.", detail, hint="mlops-iac bootstrap --reviewer ARN") from None


def reviewer_line(reviewer: str) -> str:
    return f"        - '{reviewer}'\n"


def host_lines(host: tuple[str, dict[str, str]]) -> str:
    name, said = host
    return f"      {name}:\n" + "".join(f"        {key}: {value}\n" for key, value in said.items())


def refuse_changes(flags: Mapping[str, str | list[str] | None], stack: str) -> None:
    """Raises UsageError: what the file says is changed in the file."""
    from mlops_iac.core.errors import UsageError

    given = [flag for flag, value in flags.items() if value]
    if given:
        detail = f"stacks/Pulumi.{stack}.yaml is there, and says what {', '.join(given)} would."
        raise UsageError("The account has its stack file.", detail, hint="edit the file, and leave the flags out.")


def next_lines(account: Environment, cloud: CloudName) -> list[str]:
    """How other stacks come to use it."""
    state = account.services["state"].client
    lines = ["For all stacks of this project, in Pulumi.yaml:", "  backend:", f"    url: {state['PULUMI_BACKEND_URL']}"]
    if state["MLOPS_IAC_SECRETS_PROVIDER"] != "passphrase":
        lines += ["and in mlops-iac.yaml:", f"  secrets_provider: {state['MLOPS_IAC_SECRETS_PROVIDER']}"]
    if key := account.services.get("plan-review"):
        lines += [
            "For stacks that two persons change, in mlops-iac.yaml:",
            f"  defaults: {{review: two-persons, review_key: {key.endpoint}}}",
            "  locked: [review, review_key]",
        ]
    roles = {name: service.credentials for name, service in account.services.items() if name.startswith("ci-")}
    lines += ["Roles for pipelines:", *(f"  {name}  {role}" for name, role in roles.items())] if roles else []
    if cloud is CloudName.EMBEDDED:
        lines += [
            "",
            "On this machine that is a rehearsal: states stay in .mlops-iac/. With --cloud aws it is your account.",
        ]
    return lines
