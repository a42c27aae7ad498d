"""Two people for one model: who started a run may not approve it.

Who is who is said by the cloud, never by what somebody typed: who answers by STS, who started by CloudTrail's history
of events, which nobody of the account can change. CloudTrail tells of a call some minutes after it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.calls import calling
from mlops_iac.runs.names import execution_name
from mlops_iac.runs.pages import pages
from mlops_iac.runs.run import Run
from mlops_iac.runs.runners import runner_for

AROUND: Final = timedelta(minutes=5)
"""How far a start may be from when the orchestrator says it was."""


def check_second(environment: Environment, clients: Clients, run: Run) -> str:
    """The ARN of who answers. Raises RunError when that is who started the run, or when nobody knows who did."""
    answers, started = who_answers(clients), find_starter(environment, clients, run)
    if started is None:
        raise RunError(
            "Nobody knows yet who started the run.",
            f"CloudTrail has no event of the start of run {run.id}; it tells of a call within about 15 minutes, and "
            "for 90 days.",
            hint="try again in some minutes; whoever answers needs the right cloudtrail:LookupEvents.",
        )
    if is_same(answers, started):
        raise RunError(
            "A second person is needed.",
            f"Run {run.id} was started by {started}, and you are {answers}; {environment.stack} has `approvals: "
            "two-person`.",
            hint="let somebody else look at the run and approve it, with credentials of their own.",
        )
    return answers


def who_answers(clients: Clients) -> str:
    with calling("sts:GetCallerIdentity"):
        return str(clients("sts").get_caller_identity()["Arn"])


def find_starter(environment: Environment, clients: Clients, run: Run) -> str | None:
    """The ARN of who started it; None when CloudTrail does not tell."""
    known = runner_for(environment, environment.pipelines[run.pipeline], clients).started_by
    if known is None:
        return None
    event_name, key = known
    asked: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": event_name}],
        "StartTime": run.started - AROUND,
        "EndTime": run.started + AROUND,
    }
    wanted = execution_name(environment.stack, run.id)
    with calling("cloudtrail:LookupEvents", run.id):
        for listed in pages(clients("cloudtrail").lookup_events, "Events", next_key="NextToken", **asked):
            event = _read(listed["CloudTrailEvent"])
            given = event.get("requestParameters") or {}
            if given.get(key) == wanted and not event.get("errorCode"):
                return str(event.get("userIdentity", {}).get("arn", "")) or None
    return None


def is_same(one: str, other: str) -> bool:
    """Whether two ARNs are of one person: equal, or called alike in two roles (a session is called like who has it)."""
    return one == other or _person(one) == _person(other)


def _person(arn: str) -> tuple[str, str]:
    """Account, and the last part: the user's name, or the session's."""
    return arn.split(":")[4] if arn.count(":") > 4 else "", arn.rpartition("/")[2]


def _read(text: str) -> dict[str, Any]:
    try:
        found = read_json(text)
    except NotStrictJson:
        return {}
    return found if isinstance(found, dict) else {}
