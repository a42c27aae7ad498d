"""metaflow-platform: a team's own Metaflow flows, on queues that scale to zero."""

from __future__ import annotations

from mlops_iac.blueprints.metaflow_platform.blueprint import MetaflowPlatform
from mlops_iac.blueprints.metaflow_platform.options import MetaflowPlatformOptions

__all__ = ["MetaflowPlatform", "MetaflowPlatformOptions"]
