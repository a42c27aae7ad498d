"""Which machine would do: pure, from what was taken of the one that is there.

Only types of the same generation and kind are compared (`m5.xlarge` with `c5`, `m5` and `r5`; `t3` with `t3`; a machine
with GPUs with its own family), so that a core is the same core and a job takes as long as it does now. Types of a
newer generation may be cheaper still.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from mlops_iac.core.gpus import MIB, gpus_of
from mlops_iac.core.machine_sizes import size_of
from mlops_iac.core.prices import hourly
from mlops_iac.runs.advice.use import Use

HEADROOM: Final = 1.25
"""A machine does when it has a quarter more than was taken."""
SHORT: Final = 0.9
"""Of its memory: who takes more may be killed by the next larger data set."""
FEWEST, ENOUGH = 3, 10
"""Jobs below which nothing is advised, and from which on the advice is sure."""
UNUSED: Final = 0.05
"""GPUs that are busy less than this are not used."""

Verdict = Literal["smaller", "fits", "short", "unknown"]
"""``short``: it takes nearly all memory that it has. ``unknown``: too little is known to say anything."""
Confidence = Literal["none", "some", "good"]

_TYPE: Final = re.compile(r"(ml\.)?([a-z]+)(\d[a-z0-9-]*)\.(.+)")
_ALIKE: Final = ("c", "m", "r")


@dataclass(frozen=True, kw_only=True)
class Sizing:
    verdict: Verdict
    better: str = ""
    """The type that would do; empty where there is none."""
    why: str = ""
    """What keeps it from being a verdict, or what it is short of."""


def confidence_of(jobs: int) -> Confidence:
    return "none" if jobs < FEWEST else "some" if jobs < ENOUGH else "good"


def find_better(
    instance_type: str, use: Use, jobs: int, offered: Iterable[str], region: str, allowed: Callable[[str], bool]
) -> Sizing:
    """``offered``: types that the service has for such a job; ``allowed``: whether the company allows one."""
    size, price = size_of(instance_type), hourly(instance_type, region)
    if jobs < FEWEST:
        return Sizing(verdict="unknown", why=f"{jobs} of {FEWEST} jobs that tell enough")
    if size is None or price is None:
        return Sizing(verdict="unknown", why=f"size or price of {instance_type} is not known here")
    if use.cores is None or use.memory_gib is None:
        return Sizing(verdict="unknown", why="no metrics of its CPU and memory")
    if gpus_of(instance_type) and (use.gpus is None or use.gpu_memory_gib is None):
        return Sizing(verdict="unknown", why="no metrics of its GPUs")
    fitting = [one for one in offered if allowed(one) and _is_alike(one, instance_type, use) and _does(one, use)]
    priced = sorted((found.usual, one) for one in fitting if (found := hourly(one, region)) is not None)
    if use.memory_gib > SHORT * size.memory_gib:
        better = next((one for _, one in priced if one != instance_type), "")
        return Sizing(
            verdict="short", better=better, why=f"it takes {use.memory_gib / size.memory_gib:.0%} of its memory"
        )
    cheaper = [one for cost, one in priced if cost < price.usual]
    return Sizing(verdict="smaller", better=cheaper[0]) if cheaper else Sizing(verdict="fits")


def _does(instance_type: str, use: Use) -> bool:
    size, gpus = size_of(instance_type), gpus_of(instance_type)
    if size is None or use.cores is None or use.memory_gib is None:
        return False
    if size.vcpus < HEADROOM * use.cores or size.memory_gib < HEADROOM * use.memory_gib:
        return False
    if not _uses_gpus(use):
        return True
    if gpus is None or use.gpus is None or use.gpu_memory_gib is None:
        return False
    # A model that is spread over several GPUs needs each one's share on each.
    return gpus.count >= use.gpus and gpus.count * gpus.memory_mib / MIB >= HEADROOM * use.gpu_memory_gib


def _uses_gpus(use: Use) -> bool:
    return bool(use.gpus and use.gpus > UNUSED) or bool(use.gpu_memory_gib and use.gpu_memory_gib > 1)


def _is_alike(one: str, now: str, use: Use) -> bool:
    found, there = _TYPE.fullmatch(one), _TYPE.fullmatch(now)
    if found is None or there is None or found[1] != there[1]:
        return False
    if gpus_of(now) and not _uses_gpus(use):
        return (found[2] in _ALIKE and found[3] == "5") or (found[2], found[3]) == (there[2], there[3])
    family, generation = found[2], found[3]
    if there[2] in _ALIKE:
        return family in _ALIKE and generation == there[3]
    return family == there[2] and generation == there[3]
