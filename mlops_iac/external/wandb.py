"""Weights & Biases, which tracks experiments."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops_iac.external.system import System, Text, Variable


class Wandb(System):
    """Weights & Biases: scripts log to it by its own client, `wandb.init()`."""

    title: ClassVar = "Weights & Biases"
    offers: ClassVar = "tracking"
    client: ClassVar = "wandb"
    source: ClassVar = "https://docs.wandb.ai/guides/track/environment-variables, and wandb/env.py of wandb 0.31.0"
    secrets: ClassVar = {"WANDB_API_KEY": "api_key"}
    usual_address: ClassVar = "https://api.wandb.ai"
    located: ClassVar = {"WANDB_BASE_URL": "{url}"}

    kind: Literal["wandb"]
    entity: Annotated[Text, Variable("WANDB_ENTITY")] = Field(
        description="The team, or the person, whose runs these are."
    )
    project: Annotated[Text, Variable("WANDB_PROJECT")] = Field(description="The project that runs are logged to.")
