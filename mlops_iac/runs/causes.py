"""Why a step failed, in words, and what to do about it: one table, from what the cloud and the log say to a remedy.

A cause is told once: the one line that says most, without the frames that SageMaker and its toolkits put around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import Match

from mlops_iac.runs.run import TIME_LIMIT, Run, StepRun


@dataclass(frozen=True)
class Cause:
    """What happened in one line, and an action; the action is empty when only the log can say more."""

    words: str
    remedy: str = ""


@dataclass(frozen=True)
class Rule:
    name: str
    pattern: re.Pattern[str]
    """Found in the reason or in the end of the log."""
    words: Callable[[Match[str], Run, StepRun], str] | None
    """None: the line that was found is what happened."""
    remedy: Callable[[Match[str], Run, StepRun], str]


CONTAINER_ENDED = "Essential container in task exited"
"""All that Batch says of a container that failed; the step launcher's last line says why."""

DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "google": "google-api-python-client",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Modules whose package on PyPI has another name: https://pypi.org/project/<name>/"""


def minutes(seconds: str) -> str:
    count = max(1, round(int(seconds) / 60))
    return "1 minute" if count == 1 else f"{count} minutes"


def option(step: StepRun, name: str) -> str:
    """The stack file's setting for a step's machine."""
    return f"`{step.settings}.{name}`" if step.settings else f"{name.replace('_', ' ')} of step `{step.name}`"


def package_of(module: str) -> str:
    top = module.split(".")[0]
    return DISTRIBUTIONS.get(top, top)


RULES = (
    Rule(
        "time limit",
        TIME_LIMIT,
        lambda match, run, step: f"stopped after {minutes(match[1])}" if match[1] else "stopped at its time limit",
        lambda match, run, step: f"raise {option(step, 'max_minutes')} in the stack file, or the step's "
        f"`timeout_minutes` in the pipeline's, and `mlops-iac up {run.stack}`.",
    ),
    Rule(
        "missing module",
        re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'"),
        None,
        lambda match, run, step: f"add `{package_of(match[1])}` to requirements.txt in the code folder, and run again.",
    ),
    Rule(
        "no data",
        re.compile(r"No S3 objects found.*"),
        None,
        lambda match, run, step: f"put data there: `mlops-iac data put {run.stack} PATH raw/`.",
    ),
    Rule(
        "no items",
        re.compile(r"(there is no item in [^\s;]+?)(?:[.;]?(?:\s|$))|States\.ItemReaderFailed: (.+)"),
        lambda match, run, step: match[1] or f"its list cannot be read: {match[2]}",
        lambda match, run, step: "put a list with one item at least there "
        f"(`mlops-iac data put {run.stack} PATH raw/`), or have the step that makes it write one.",
    ),
    Rule(
        "memory",
        re.compile(r"exit code:? 137\b|ExitCode 137\b|MemoryError\b.*|OutOfMemoryError\b.*|Unable to allocate .*"),
        lambda match, run, step: f"ran out of memory ({match[0].strip()})",
        lambda match, run, step: f"choose a type with more memory under {option(step, 'instance_type')}, "
        "or read the data in parts.",
    ),
    Rule(
        "disk",
        re.compile(r"No space left on device"),
        lambda match, run, step: "ran out of disk space",
        lambda match, run, step: f"raise {option(step, 'volume_gib')} in the stack file, "
        f"and `mlops-iac up {run.stack}`.",
    ),
    Rule(
        "no network",
        re.compile(
            r"Temporary failure in name resolution|Name or service not known|getaddrinfo failed|NameResolutionError"
            r"|nodename nor servname|Network is unreachable|\[Errno -[23]\]"
        ),
        lambda match, run, step: f"has no network ({match[0]})",
        lambda match, run, step: "jobs run without a network: put what it downloads into the lake "
        f"(`mlops-iac data put {run.stack} PATH raw/`), and packages into requirements.txt.",
    ),
    Rule(
        "flavour",
        re.compile(r"endpoint/([\w-]+)\W*: a real-time endpoint cannot become a serverless one"),
        lambda match, run, step: f"endpoint {match[1]} is real-time and cannot become serverless; it serves as before",
        lambda match, run, step: "delete it, which ends its answers until the next run "
        f"(`mlops-iac env {run.stack} -- aws sagemaker delete-endpoint --endpoint-name {match[1]}`), and run again; "
        "or set `serving.flavour: realtime`.",
    ),
    Rule(
        "quota",
        re.compile(r"ResourceLimitExceeded.*|CapacityError.*|InsufficientInstanceCapacity.*"),
        None,
        lambda match, run, step: "ask AWS for a higher quota (Service Quotas, Amazon SageMaker), "
        f"or choose another type under {option(step, 'instance_type')}.",
    ),
)  # fmt: skip
"""The first that is found is told; what says more stands before what says less."""


def find_cause(run: Run, step: StepRun, log: Sequence[str] = ()) -> Cause:
    """The cause of a failed step. ``log`` are the last lines of its log."""
    reason = step.reason or run.error
    if reason == CONTAINER_ENDED and log:
        reason = log[-1].removeprefix("mlops-iac: ")
    for rule in RULES:
        match = rule.pattern.search(reason) or rule.pattern.search("\n".join(log))
        if match:
            words = rule.words(match, run, step) if rule.words else match[0].strip()
            return Cause(words, rule.remedy(match, run, step))
    return Cause(headline(reason) or "no reason is given")


FRAME = re.compile(
    r"AlgorithmError: (?:See job logs for more information(?:: )?)?|ExecuteUserScriptError:\s*|ClientError: (?=\S)"
)
"""What SageMaker and its toolkits put before a script's own words."""

RAISED = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt)\b(?::.*)?")
"""The last line of a traceback."""


def headline(reason: str) -> str:
    """The one line of a reason that tells most: what the script raised, where SageMaker's frame stands around it."""
    said = re.search(r'ErrorMessage "(.*?)"$', reason, re.MULTILINE | re.DOTALL)
    text = said[1] if said else FRAME.sub("", reason.strip(), count=1) or reason
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    raised = [line for line in lines if RAISED.fullmatch(line)]
    if raised:
        return raised[-1]
    return (lines[-1] if said else lines[0]) if lines else ""
