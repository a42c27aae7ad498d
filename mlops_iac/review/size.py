"""A comment as long as its host takes: whole where it fits, else the longest parts are told more briefly."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LONGEST: Final = {"github": 65_000, "gitlab": 1_000_000, "azure-devops": 150_000}
"""Characters, below what each host takes: GitHub 65,536 (its API says so when it refuses one); GitLab 1,000,000
(https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics);
Azure DevOps 150,000 (https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions)."""

CUT: Final = "_This is not all of it: the host takes no longer comment. {}_"


@dataclass(frozen=True)
class Section:
    """A part in several forms, the longest first."""

    forms: tuple[str, ...]


def fit(head: Sequence[str], sections: Sequence[Section], foot: Sequence[str], *, longest: int, link: str) -> str:
    """Parts, separated by blank lines. The longest section is shortened first; the last to go is what comes first."""
    note = CUT.format(f"The rest: {link}" if link else "The whole is with the job's artifacts.")
    forms = [section.forms for section in sections]
    text = _joined([*head, *(form[0] for form in forms), *foot])
    if len(text) <= longest:
        return text
    room = longest - len(_joined([*head, note, *foot]))
    shown = _shortened(forms, room)
    if room < 0:
        return _joined([_lines(_joined(head), longest - len(note) - 4), note])
    return _joined([*head, *shown, note, *foot])


def _shortened(forms: Sequence[tuple[str, ...]], room: int) -> list[str]:
    """A form of each section, the longest shortened until all fit in ``room``; then the last are left out."""
    chosen = [0] * len(forms)
    total = sum(len(form[0]) + _BETWEEN for form in forms)
    longest = [(-len(form[0]), place) for place, form in enumerate(forms) if len(form) > 1]
    heapq.heapify(longest)
    while total > room and longest:
        length, place = heapq.heappop(longest)
        chosen[place] += 1
        form = forms[place]
        total += length + len(form[chosen[place]])
        if chosen[place] + 1 < len(form):
            heapq.heappush(longest, (-len(form[chosen[place]]), place))
    shown = [form[choice] for form, choice in zip(forms, chosen, strict=True)]
    while shown and total > room:
        total -= len(shown.pop()) + _BETWEEN
    return shown


_BETWEEN: Final = 2
"""Characters between two parts."""


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _lines(text: str, longest: int) -> str:
    """Whole lines only: a line of a table or of a list ends nothing that the next would have to end."""
    return text if len(text) <= longest else text[:longest].rpartition("\n")[0]
