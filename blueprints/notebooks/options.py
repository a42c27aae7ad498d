"""What a team may say about a notebooks environment. Every option has a default that works."""

from __future__ import annotations

from pydantic import Field

from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.run_options import RunOptions
from mlops_iac.blueprints.parts.serve_options import ServeOptions, Serverless, Serving
from mlops_iac.blueprints.parts.studio_options import StudioAdopt, StudioOptions


class NotebooksOptions(FoundationOptions, ServeOptions, StudioOptions, RunOptions):
    """People with JupyterLab beside their data, and pipelines that are made of their notebooks."""

    adopt: StudioAdopt = Field(
        default=StudioAdopt(),
        description="Layers that are there already: used, and never deleted. `mlops-iac adopt` writes this.",
    )
    serving: Serving = Field(default=Serverless(flavour="serverless"), description="How a model serves predictions.")
