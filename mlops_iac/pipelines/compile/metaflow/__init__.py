"""On Metaflow the team's flow is the pipeline: it is read here, never run, and nothing of ours is compiled to it."""

from __future__ import annotations

from mlops_iac.pipelines.compile.metaflow.flow import REASON, Flow, read_flow

__all__ = ["REASON", "Flow", "read_flow"]
