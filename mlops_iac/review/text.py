"""What a preview on a terminal says below its changes: what pipelines do otherwise, and the cost."""

from __future__ import annotations

from typing import Any

from mlops_iac.cost.words import cost_in_words, unpriced_in_words
from mlops_iac.render.style import Style
from mlops_iac.review.review import Review


def render_review(review: Review, *, color: bool) -> str:
    """Empty where there is nothing to say: no pipeline changes, and nothing has a price or should have one."""
    style = Style(color)
    lines = []
    if review.cost and (review.cost.was or review.cost.becomes or review.cost.unpriced):
        lines.append(f"  {cost_in_words(review.cost)} US dollars a month; `mlops-iac cost {review.stack}` says of what")
        if missing := unpriced_in_words(review.cost.unpriced):
            lines.append(f"  {missing}")
    for change in review.pipelines:
        lines.append(f"\n  pipeline {style.paint(change.pipeline, 'bold')}")
        lines += [f"    {sentence.plain()}" for sentence in change.sentences]
    return "\n".join(lines)


def review_json(review: Review) -> dict[str, Any]:
    """What `preview --json` has besides Pulumi's own."""
    pipelines = [
        {"pipeline": change.pipeline, "changes": [sentence.plain() for sentence in change.sentences]}
        for change in review.pipelines
    ]
    return {
        **({"cost": review.cost.to_json()} if review.cost else {}),
        **({"pipelines": pipelines} if pipelines else {}),
    }
