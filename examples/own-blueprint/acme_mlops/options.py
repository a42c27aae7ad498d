"""What a team may say about an environment of acme-letters: what it may say of tabular-batch, and of its letters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops_iac.blueprints.tabular_batch import TabularBatchOptions


class LettersOptions(TabularBatchOptions):
    """Train and serve a model, and tell the rest of the company."""

    orchestrator: Literal["step-functions"] = Field(
        default="step-functions", description="What runs the pipelines. Only Step Functions writes letters."
    )
    letters_kept_days: int = Field(default=4, ge=1, le=14, description="How long a letter is kept, in days.")
