"""What a team may say about the model that it begins with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mlops_iac.config.section import Section
from mlops_iac.pipelines.references import PREFIX

Prefix = Annotated[
    str, StringConstraints(pattern=PREFIX, max_length=1024), Field(examples=["s3://acme-models/llama-3.1-8b/"])
]
AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$"), Field(examples=["222222222222"])]


class BaseModelOptions(Section):
    """The options of a blueprint that tunes a model which is there already."""

    base_model: Prefix | None = Field(
        default=None,
        description="Where in S3 the weights are that a training begins with, such as s3://acme-models/llama-3.1-8b/: "
        "read by the jobs' role, never written; nothing is fetched from a hub. The bucket is in the stack's region. "
        "Left out: training begins from scratch.",
    )
    base_model_account: AccountId | None = Field(
        default=None, description="The account whose bucket `base_model` is. Left out: the stack's own."
    )
