"""What a team itself says of its model, ``model_card.yaml`` in the code folder, for the card of each version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from mlops_iac.config.document import parse_document
from mlops_iac.config.problems import problems_of, within_limit
from mlops_iac.config.section import Section
from mlops_iac.config.text import read_text
from mlops_iac.core.errors import ConfigError

FILE: Final = "model_card.yaml"
"""In the team's code folder."""

STORED: Final = "model_card.json"
"""Beside the packed code, where the card writer reads it."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
"""As long as SageMaker's schema allows: https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards.html"""


class ModelCardWords(Section):
    """The keys are the fields of SageMaker's model card that only people can fill in."""

    purpose_of_model: Words | None = Field(default=None, description="Why the model was made.")
    intended_uses: Words | None = Field(default=None, description="What it is meant for, and what it is not.")
    factors_affecting_model_efficiency: Words | None = Field(
        default=None, description="What makes its answers worse: groups, places, seasons, missing values."
    )
    risk_rating: Literal["High", "Medium", "Low", "Unknown"] | None = Field(
        default=None, description="How much harm a wrong answer may do."
    )
    explanations_for_risk_rating: Words | None = Field(default=None, description="Why it is rated so.")
    business_problem: Words | None = Field(default=None, description="The problem that it helps with.")
    business_stakeholders: Words | None = Field(default=None, description="Whom it concerns.")
    line_of_business: Words | None = Field(default=None, description="The part of the organisation it belongs to.")
    ethical_considerations: Words | None = Field(default=None, description="What was weighed up.")
    caveats_and_recommendations: Words | None = Field(default=None, description="What users must know.")
    training_observations: Annotated[str, StringConstraints(min_length=1, max_length=1024)] | None = Field(
        default=None, description="What was seen while it was trained."
    )


def read_words(folder: Path, root: Path) -> bytes | None:
    """The team's words as JSON, or None where it wrote none.

    ``root`` is the project's folder. Raises ConfigError with the line of everything that is wrong.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    document = parse_document(read_text(path, root, shown), shown, what="model card")
    problems = list(document.problems)
    if not isinstance(document.values, dict):
        detail = f"A model card has keys: {', '.join(list(ModelCardWords.model_fields)[:3])}, …"
        raise ConfigError("This must be a mapping.", detail, hint="write `key: text`, a line each.", file=shown)
    words: ModelCardWords | None = None
    try:
        words = ModelCardWords.model_validate(document.values)
    except ValidationError as error:
        problems += problems_of(error, ModelCardWords, document.values, document, lambda at: at)
    if problems or words is None:
        raise ConfigError.of(within_limit(problems))
    return json.dumps(words.model_dump(exclude_none=True), indent=1).encode()
