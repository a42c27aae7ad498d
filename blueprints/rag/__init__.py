"""rag: a team's documents to chunks that answer questions."""

from __future__ import annotations

from mlops_iac.blueprints.rag.blueprint import Rag
from mlops_iac.blueprints.rag.options import RagOptions

__all__ = ["Rag", "RagOptions"]
