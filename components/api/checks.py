"""What an API cannot be, said before anything is made."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from mlops_iac.core.errors import BlueprintError

if TYPE_CHECKING:
    from mlops_iac.components._kit import Site
    from mlops_iac.components.api.args import ApiArgs

_APPLICATION = re.compile(r"[a-z][a-z0-9-]{0,30}")


def check(site: Site, args: ApiArgs) -> None:
    """Raise BlueprintError with what to do instead."""
    if site.profile == "regulated" and args.vpc_endpoint_id is None:
        raise BlueprintError(
            "An API cannot be on the internet here.",
            "`security: regulated` allows none; an API inside the network needs an interface endpoint of execute-api "
            "(`vpc_endpoint_id`), and this blueprint makes none.",
            hint="leave `api` out, and ask the endpoint from inside the network, or choose `security: standard`.",
        )
    if args.endpoint.flavour == "async":
        raise BlueprintError(
            "An asynchronous endpoint has no API.",
            "Its requests and answers are objects of the lake, and an API answers at once.",
            hint="serve realtime or serverless, or leave `api` out.",
        )
    _check_ranges(args)
    _check_ways(args)


def _check_ranges(args: ApiArgs) -> None:
    for name, value, least, most in (
        ("rate", args.rate, 0.1, 10_000),
        ("burst", args.burst, 1, 5_000),
        ("timeout_seconds", args.timeout_seconds, 0.05, 29),
    ):
        if not least <= value <= most:
            detail = f"The API's `{name}` is {value:g}; it may be {least:g} to {most:,}."
            raise BlueprintError("Value out of range.", detail, hint=f"set `{name}` within these bounds.")
    for source in args.sources:
        try:
            ipaddress.ip_network(source)
        except ValueError as error:
            detail = f"The API's `sources` has `{source}`: {error}."
            raise BlueprintError(
                "Not a network.", detail, hint="write a CIDR block, such as 203.0.113.0/24."
            ) from error


def _check_ways(args: ApiArgs) -> None:
    """What belongs to one way in says nothing with another."""
    for name, given, way in (
        ("accounts", bool(args.accounts), "iam"),
        ("user_pool_arn", args.user_pool_arn is not None, "cognito"),
        ("quota", args.quota is not None, "api-key"),
    ):
        if given and args.auth != way:
            detail = f"`{name}` belongs to `auth: {way}`; this API has `auth: {args.auth}`."
            raise BlueprintError("Options do not go together.", detail, hint=f"leave `{name}` out, or set auth: {way}.")
    wrong = [name for name in args.applications if not _APPLICATION.fullmatch(name)]
    if args.auth == "api-key" and (wrong or not args.applications):
        detail = f"The API's `applications` has `{wrong[0]}`." if wrong else "The API has no `applications`."
        hint = "name at least one, in 1 to 31 of a-z, 0-9 and hyphens, a letter first."
        raise BlueprintError("Not the name of an application.", detail, hint=hint)
