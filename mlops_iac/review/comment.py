"""The comment on a pull request: what loses data, one line per environment, then each that changes.

What is foreign in it (names, values, errors) is escaped; a mark that nobody sees lets it be found again and updated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlops_iac.cost.words import cost_in_words, dollars, unpriced_in_words
from mlops_iac.render.errors import render_error
from mlops_iac.render.escape import code_block, code_span, markdown, prose
from mlops_iac.render.stateful import render_markdown_losses
from mlops_iac.render.steps import render_changes
from mlops_iac.render.tables import render_markdown_table
from mlops_iac.review.layers import list_layers
from mlops_iac.review.policies import policy_lines, verdict
from mlops_iac.review.review import Review
from mlops_iac.review.size import Section, fit

HEAD = ("environment", "create", "update", "replace", "delete", "US dollars a month", "")
OPS = ("create", "update", "replace", "delete")


@dataclass(frozen=True, kw_only=True)
class Comment:
    text: str
    """At most as long as was asked for."""
    whole: str
    """The same, uncut."""

    @property
    def is_cut(self) -> bool:
        return self.text != self.whole


def render_comment(
    reviews: Sequence[Review],
    *,
    of: str,
    longest: int,
    link: str = "",
    left_out: Mapping[str, str] | None = None,
) -> Comment:
    """``of`` is what is previewed, a stack's name or a project's: another preview's comment has another mark.

    ``longest`` is what the host takes, in characters, ``link`` where a reader finds the whole. ``left_out`` are the
    environments that were not previewed, with the reason.
    """
    one = reviews[0] if len(reviews) == 1 and not left_out else None
    head = [mark(of), _title(reviews, left_out or {}), *_losses(reviews, one), *_table(reviews)]
    head += [*_unchanged(reviews), *_left_out(left_out or {})]
    sections = [_section(review, alone=review is one) for review in _by_weight(reviews)]
    foot = _foot(reviews)
    whole = "\n\n".join([*head, *(section.forms[0] for section in sections), *foot]) + "\n"
    return Comment(text=fit(head, sections, foot, longest=longest, link=link), whole=whole)


def mark(of: str) -> str:
    """By which the comment is found again."""
    return f"<!-- mlops-iac preview of {re.sub(r'[^A-Za-z0-9._/]+', '-', of).strip('-')} -->"


def _title(reviews: Sequence[Review], left_out: Mapping[str, str]) -> str:
    if len(reviews) == 1 and not left_out:
        (one,) = reviews
        said = "cannot be previewed" if one.error else render_changes(one.changes, color=False)
        return f"### {code_span(one.stack)}: {said}"
    changed, count = sum(review.changed for review in reviews), len(reviews) + len(left_out)
    wrong = sum(review.error is not None for review in reviews)
    failed = f", {wrong} cannot be previewed" if wrong else ""
    return f"### Preview: {changed} of {count} environments {'changes' if changed == 1 else 'change'}{failed}"


def _losses(reviews: Sequence[Review], one: Review | None) -> Iterator[str]:
    lost = {"" if one else review.stack: review.losses for review in reviews if review.losses}
    if lost:
        yield render_markdown_losses(lost)


def _by_weight(reviews: Sequence[Review]) -> list[Review]:
    """Those that change, or cannot be: what loses data first, then what is wrong, then as they came."""
    told = [review for review in reviews if review.is_told]
    return sorted(told, key=lambda review: (not review.losses, review.error is None, not review.is_refused))


def _table(reviews: Sequence[Review]) -> Iterator[str]:
    rows = [_row(review) for review in _by_weight(reviews)]
    if rows:
        yield render_markdown_table(HEAD, rows)


def _row(review: Review) -> tuple[str, ...]:
    name = code_span(review.stack)
    if review.error:
        return (name, *("" for _ in OPS), "", f"error: {markdown(review.error.summary)}")
    counts = (str(review.changes.get(op) or "") for op in OPS)
    cost = cost_in_words(review.cost) if review.cost else ""
    said = ["**loses data**" if review.losses else "", verdict(review.policy)]
    return (name, *counts, cost, ", ".join(filter(None, said)))


def _unchanged(reviews: Sequence[Review]) -> Iterator[str]:
    names = [code_span(review.stack) for review in reviews if not review.is_told]
    if len(reviews) > 1 and names:
        yield _folded(f"{len(names)} without changes", ", ".join(names))


def _left_out(left_out: Mapping[str, str]) -> Iterator[str]:
    if left_out:
        lines = [f"- {code_span(stack)}: {markdown(why)}" for stack, why in left_out.items()]
        yield _folded(f"{len(left_out)} not previewed: this change cannot touch them", "\n".join(lines))


def _section(review: Review, *, alone: bool) -> Section:
    """What is told of one environment: all of it, without the folded part, and without its resources."""
    title = [] if alone else [f"#### {code_span(review.stack)}"]
    if review.error:
        return Section(("\n\n".join([*title, code_block(render_error(review.error, color=False))]),))
    short = [*title, *_notes(review), *_cost(review), *_policies(review), *_pipelines(review)]
    listed = list_layers(review.layers)
    layers = ["\n".join(["**By layer**", "", *listed.lines])] if listed.lines else []
    details = [_folded("Every changed property", code_block(review.details))] if listed.is_cut else []
    forms = [*short, *layers, *details], [*short, *layers], short
    return Section(tuple("\n\n".join(form) for form in forms))


def _notes(review: Review) -> Iterator[str]:
    yield from (f"_{prose(note)}_" for note in review.notes)


def _cost(review: Review) -> Iterator[str]:
    if review.cost is None:
        return
    lines = [f"**Cost** {cost_in_words(review.cost)} US dollars a month"]
    lines += [f"- {line}" for line in _dearer(review)]
    if missing := unpriced_in_words(review.cost.unpriced):
        lines.append(f"- {markdown(missing)}")
    yield "\n".join(lines)


def _dearer(review: Review) -> Iterator[str]:
    """The lines of the bill that change most; of an environment that is new, the dearest."""
    assert review.cost is not None
    sides = [
        {(item.layer, item.what): (item.idle + item.used).usual for item in side.items} if side else {}
        for side in (review.cost.before, review.cost.after)
    ]
    changes = {key: sides[1].get(key, 0.0) - sides[0].get(key, 0.0) for key in {**sides[0], **sides[1]}}
    dearest = sorted((key for key in changes if abs(changes[key]) >= 0.005), key=lambda key: -abs(changes[key]))
    for layer, what in dearest[:4]:
        amount = changes[layer, what]
        yield f"{'+' if amount > 0 else '−'}{dollars(abs(amount))} {code_span(layer)}: {markdown(what)}"


def _policies(review: Review) -> Iterator[str]:
    if lines := list(policy_lines(review.policy)):
        yield "\n".join(["**Policies**", *lines])


def _pipelines(review: Review) -> Iterator[str]:
    for change in review.pipelines:
        lines = [f"- {sentence.markdown()}" for sentence in change.sentences]
        yield "\n".join([f"**Pipeline {code_span(change.pipeline)}**", *lines])


def _foot(reviews: Sequence[Review]) -> list[str]:
    told = (review.cost for review in reviews if review.changed and review.cost)
    priced = next((cost for cost in told if cost.was or cost.becomes), None)
    if priced is None:
        return []
    said = priced.to_json()["prices"]
    return [f"<sub>Cost: list prices of {said}, with the use that `mlops-iac:usage` assumes, before and after.</sub>"]


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"
