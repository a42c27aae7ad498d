"""What blueprints have in common that run no pipelines of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mlops_iac.core.errors import PipelineError

if TYPE_CHECKING:
    from mlops_iac.blueprints import Compiled
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.pipelines.pipeline import Pipeline


class WithoutPipelines:
    """An environment that nobody runs anything in."""

    why_no_pipelines: ClassVar[str]
    """A sentence."""

    def pipelines(self, options: Any) -> Sequence[Pipeline]:
        return ()

    def compile(self, stack: StackConfig, options: Any, pipeline: Pipeline) -> Compiled:
        """Raises PipelineError."""
        raise PipelineError("A pipeline cannot be here.", f"`{pipeline.name}`: {self.why_no_pipelines}")
