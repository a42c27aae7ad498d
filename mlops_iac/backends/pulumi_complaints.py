"""What the Pulumi CLI, or the AWS provider behind it, complains about: as our errors, each with what to do.

The words are those of the CLI (recorded: ``tests/golden/pulumi/complaints.json``) and of the provider
(pulumi/pulumi-aws, ``provider/resources.go``). What is not known here is passed on in the CLI's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mlops_iac.core.errors import (
    AuthenticationError,
    CloudError,
    ConfigError,
    MlopsError,
    StackNotFound,
    StateError,
    UsageError,
)

LOG_IN = "run `pulumi login`, or `pulumi login --local` to keep the state in a folder of your own."
SAY_WHICH = "set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to what the stack was made with."
SIGN_IN = "sign in, say with `aws sso login`, and set AWS_PROFILE; `aws sts get-caller-identity` must answer."

Explain = Callable[[str], MlopsError]

# First match wins.
EXPLANATIONS: tuple[tuple[str, Explain], ...] = (
    (
        r"PULUMI_ACCESS_TOKEN must be set",
        lambda said: AuthenticationError("Nobody is logged in to a Pulumi backend.", said, hint=LOG_IN),
    ),
    (
        r"invalid access token|\[401\]",
        lambda said: AuthenticationError("The Pulumi backend refused the login.", said, hint=LOG_IN),
    ),
    (
        r"passphrase must be set|unable to find either `PULUMI_CONFIG_PASSPHRASE`",
        lambda said: AuthenticationError("The stack's passphrase is not set.", said, hint=SAY_WHICH),
    ),
    (
        r"incorrect passphrase",
        lambda said: AuthenticationError("Wrong passphrase.", said, hint=SAY_WHICH),
    ),
    (
        r"No valid credential sources",
        lambda said: AuthenticationError("There are no AWS credentials.", said, hint=SIGN_IN),
    ),
    (
        r"Invalid credentials configured|[Ss]ecurity token included in the request is (invalid|expired)",
        lambda said: AuthenticationError("AWS refused the credentials.", said, hint=SIGN_IN),
    ),
    (
        r"SSO session has expired|ExpiredToken|failed to refresh cached credentials",
        lambda said: AuthenticationError("The AWS credentials have expired.", said, hint=SIGN_IN),
    ),
    (
        r"failed to get shared config profile",
        lambda said: AuthenticationError(
            "There is no such AWS profile.", said, hint="`aws configure list-profiles` shows them; set AWS_PROFILE."
        ),
    ),
    (
        r"unable to validate AWS credentials",
        lambda said: AuthenticationError("The AWS credentials cannot be used.", said, hint=SIGN_IN),
    ),
    (
        r"missing region information",
        lambda said: ConfigError("The region is missing.", said, hint="set `aws:region` in the stack file."),
    ),
    (
        r"the stack is currently locked by|\[409\] Conflict",
        lambda said: StateError(
            "The stack is locked.",
            said,
            hint="wait until the other update is done; `pulumi cancel` frees it when its process is no more.",
        ),
    ),
    (
        r"no stack named .* found",
        lambda said: StackNotFound("No such stack.", said, hint="`mlops-iac up STACK --cloud aws` makes it."),
    ),
    (
        r"unable to open state directory|read \"\.pulumi/meta\.yaml\"|unable to open bucket",
        lambda said: StateError(
            "The Pulumi backend cannot be opened.", said, hint="check PULUMI_BACKEND_URL, or run `pulumi login` again."
        ),
    ),
    (
        r"performing HTTP request: .*/api/",
        lambda said: StateError(
            "The Pulumi backend cannot be reached.", said, hint="check the network, or use `pulumi login --local`."
        ),
    ),
    (
        r"Could not automatically download and install|no resource plugin",
        lambda said: CloudError(
            "A Pulumi plugin is missing.",
            said,
            hint="run the `pulumi plugin install` command above where there is a network.",
        ),
    ),
    (
        r"failed to load language plugin|no language plugin|could not find pulumi-language-python",
        lambda said: UsageError(
            "The Pulumi CLI is not complete.",
            said,
            hint="`pulumi-language-python` belongs beside `pulumi` on the PATH; install the CLI anew.",
        ),
    ),
    (
        r"virtual environment|virtualenv",
        lambda said: ConfigError(
            "The virtual environment is missing.",
            said,
            hint="make the one that `runtime.options.virtualenv` in Pulumi.yaml names, and install the project there.",
        ),
    ),
)


def explain(said: str, otherwise: str = "Pulumi stopped.", *, resource: str = "") -> MlopsError:
    """The CLI's complaint in three parts; ``otherwise`` is the summary of one that is not known."""
    detail = complaint(said)
    for words, answer in EXPLANATIONS:
        if re.search(words, said):
            return answer(detail)
    return CloudError(otherwise, detail, resource=resource)


def complaint(said: str) -> str:
    """Of all that the CLI printed, the errors; each once, with the lines that belong to it."""
    found: list[str] = []
    taking = False
    for line in said.splitlines():
        text = re.sub(r"^\s*(std(out|err):)?\s*", "", line)
        match = re.search(r"\berror: (.*)", text)
        if match:
            taking = True
            text = match[1]
        elif not text or not line.startswith(" "):
            taking = False
        if taking and text not in found:
            found.append(text)
    return "\n".join(found) or said.strip()
