"""What is wanted of secrets, and what they hold: it travels into jobs, and works for persons on this machine.

A job's variables ``MLOPS_IAC_FETCH_1``, ``…_2`` say which variable gets what: ``WANDB_API_KEY=acme/wandb#api_key`` is
the value of `api_key` in the secret `acme/wandb` of AWS Secrets Manager, which is a JSON object. One that is no object
is the value itself. The key ``file:`` stands for a file that holds the whole secret. Of what a secret may hold, what it
lacks is left out; it must hold something.

Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

FETCH = "MLOPS_IAC_FETCH_"
WHOLE = "file:"

Keep = Callable[[str], str]
"""Keeps a secret in a file of its own, and says where."""


class NoSecret(Exception):
    """A secret cannot be had, for this reason; the text holds nothing of any secret."""


def asked(variables: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Secret to what is wanted of it: variable to key, in the order in which it was asked for."""
    wanted: dict[str, dict[str, str]] = {}
    numbered = [name for name in variables if name.startswith(FETCH)]
    for name in sorted(numbered, key=lambda one: int(one[len(FETCH) :])):
        variable, _, place = variables[name].partition("=")
        secret, _, key = place.rpartition("#")
        wanted.setdefault(secret, {})[variable] = key
    return wanted


def values_of(name: str, text: str, wanted: Mapping[str, str], keep: Keep) -> dict[str, str]:
    """Variables to their values. Raises NoSecret when the secret holds none of them."""
    if WHOLE in wanted.values():
        return {variable: keep(text) for variable in wanted}
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        return {next(iter(wanted)): text.strip()}
    found = {variable: str(held[key]) for variable, key in wanted.items() if held.get(key)}
    if not found:
        keys = ", ".join(f"`{key}`" for key in wanted.values())
        there = ", ".join(f"`{key}`" for key in held) or "nothing"
        raise NoSecret(f"The secret `{name}` has none of {keys}; it has {there}.")
    return found


def without_orders(variables: Mapping[str, str]) -> dict[str, str]:
    """The script's variables: where secrets are is none of its business."""
    return {name: value for name, value in variables.items() if not name.startswith(FETCH)}
