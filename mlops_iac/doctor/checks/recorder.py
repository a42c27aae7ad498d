"""Whether AWS Config records here as the stack takes it to: a region of an account has one recorder, of ours or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mlops_iac.doctor.finding import Finding, failed, passed
from mlops_iac.doctor.subject import Subject

RECORDER: Final = "aws:cfg/recorder:Recorder"
RULE: Final = "aws:cfg/rule:Rule"


def check(subject: Subject) -> Iterator[Finding]:
    own = [one.inputs["name"] for one in subject.built.of(RECORDER)]
    if own:
        yield _look_for_others(subject, str(own[0]))
    elif subject.built.of(RULE):
        yield _look_for_one(subject)
    else:
        yield passed("no rule of AWS Config judges this stack")


def _look_for_others(subject: Subject, own: str) -> Finding:
    found = subject.clients("config").describe_configuration_recorders()["ConfigurationRecorders"]
    others = [one["name"] for one in found if one["name"] != own]
    if others:
        says = f"{subject.region} has the recorder {others[0]} already, and can have no other"
        return failed(says, "say `config: adopted`.")
    return passed(f"{subject.region} has no other recorder than this stack's")


def _look_for_one(subject: Subject) -> Finding:
    found: list[dict[str, Any]] = subject.clients("config").describe_configuration_recorder_status()[
        "ConfigurationRecordersStatus"
    ]
    if not found:
        says = f"{subject.region} has no recorder of AWS Config, so that rules judge nothing"
        return failed(says, "say `config: own`, or let the account's owner make one.")
    name = found[0]["name"]
    if not found[0]["recording"]:
        fix = f"start it: aws configservice start-configuration-recorder --configuration-recorder-name {name}"
        return failed(f"recorder {name} does not record", fix)
    return passed(f"recorder {name} of {subject.region} records")
