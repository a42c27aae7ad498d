"""llm-finetuning: a language model tuned on a team's own text, measured by a task suite, behind an endpoint."""

from __future__ import annotations

from mlops_iac.blueprints.llm_finetuning.blueprint import LlmFinetuning
from mlops_iac.blueprints.llm_finetuning.options import LlmFinetuningOptions

__all__ = ["LlmFinetuning", "LlmFinetuningOptions"]
