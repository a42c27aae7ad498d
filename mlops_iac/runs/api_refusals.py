"""What API Gateway's refusals mean to whoever asked, and what to do about each."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from mlops_iac.core.environment import Api, Environment
from mlops_iac.core.errors import RunError
from mlops_iac.core.strict_json import read_json

TOKEN: Final = "MLOPS_IAC_API_TOKEN"  # noqa: S105 - the variable's name
"""The environment variable that holds a token of the user pool: a command line is for everybody to read."""


class Said(NamedTuple):
    """An API's answer."""

    status: int
    kind: str
    """Its content type."""
    body: bytes


class _Remedy(NamedTuple):
    status: int
    words: str
    """A pattern of what AWS says; empty: whatever it says."""
    summary: str
    hint: str


_REMEDIES: Final = (
    _Remedy(
        400, "", "The endpoint did not take the request.", "`mlops-iac status {stack}` says whether a model serves yet."
    ),
    _Remedy(401, "expired", "The token has expired.", f"sign in again and set {TOKEN} to the new identity token."),
    _Remedy(
        401,
        "",
        "The token lets nobody in.",
        f"set {TOKEN} to an identity token (not an access token) of the pool {{pool}}.",
    ),
    _Remedy(
        403,
        "not authorized",
        "You may not ask this API.",
        "your role needs execute-api:Invoke on it, and the options `sources` and `accounts` of `api` must let you in.",
    ),
    _Remedy(403, "token.*expired", "Your credentials have expired.", "sign in to AWS again."),
    _Remedy(
        403, "security token", "Your credentials are not known.", "`mlops-iac env {stack}` prints those of this cloud."
    ),
    _Remedy(
        403,
        "Forbidden",
        "The key lets nobody in.",
        "the application was taken out of `api.applications`, its key was switched off, or the API was made anew: "
        "`mlops-iac up {stack}` makes what the stack file says.",
    ),
    _Remedy(
        403,
        "Missing Authentication Token",
        "The API has no such path.",
        "`mlops-iac up {stack}`: what is deployed is another API than its stack file says.",
    ),
    _Remedy(413, "", "Request is too large.", "send fewer rows at a time: an endpoint may take less than its API."),
    _Remedy(
        424,
        "",
        "Model failed.",
        "send the columns that the model was trained on; `mlops-iac predict {stack}` without --through shows what the "
        "model wrote.",
    ),
    _Remedy(429, "Limit Exceeded", "The quota is used up.", "wait for the next period, or raise `api.quota`."),
    _Remedy(429, "", "Too many requests at once.", "ask more slowly, or raise `api.rate` and `api.burst`."),
    _Remedy(
        500,
        "",
        "The API failed.",
        "its role must be able to ask the endpoint: `mlops-iac up {stack} --refresh` sets right what was changed by "
        "hand.",
    ),
    _Remedy(502, "", "The endpoint failed.", "`mlops-iac logs {stack}` shows what it wrote."),
    _Remedy(504, "", "No answer came in time.", "raise `api.timeout_seconds`, or ask the endpoint itself."),
)


def explained(environment: Environment, api: Api, said: Said) -> RunError:
    """The refusal in AWS's words, with what to do."""
    words = _words(said)
    detail = f"{urlsplit(api.url).hostname} answered {said.status}: {words}"
    for remedy in _REMEDIES:
        if said.status == remedy.status and re.search(remedy.words, words):
            hint = remedy.hint.format(stack=environment.stack, pool=api.user_pool_id)
            return RunError(remedy.summary, detail, hint=hint)
    return RunError("The API refused a request.", detail)


def _words(said: Said) -> str:
    """API Gateway writes ``message``, and ``Message`` where IAM refuses."""
    text = said.body.decode("utf-8", "replace")
    try:
        found = read_json(text)
    except ValueError:
        return text[:500]
    return str(found.get("message") or found.get("Message") or "") if isinstance(found, dict) else text[:500]
