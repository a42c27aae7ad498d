"""What Acme adds keeps the laws that mlops-iac's own components, steps, blueprints and policies keep."""

from __future__ import annotations

import pytest
from acme_mlops.kept import LettersKept
from acme_mlops.ledger import Ledger
from acme_mlops.letter import LetterStep
from acme_mlops.letterbox import Letterbox, LetterboxArgs

from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import Output, ProcessingStep
from mlops_iac.testing.contracts import (
    BLUEPRINT_LAWS,
    COMPONENT_LAWS,
    POLICY_LAWS,
    STEP_LAWS,
    SYSTEM_LAWS,
    TRAINING_CONTEXTS,
    BlueprintCase,
    ComponentCase,
    PolicyCase,
    StepCase,
    SystemCase,
)

DATA = Parameter(name="data", type="prefix", default="raw/", description="Where the data is.")
CHECK = ProcessingStep(
    name="check", script="check.py", inputs={"data": DATA.ref}, outputs={"data": Output(zone="curated")}
)
LETTER = LetterStep(name="letter", about=CHECK.output("data"))

LETTERBOX = ComponentCase(kind=Letterbox, args=lambda ground: LetterboxArgs(key=ground.encryption.ref))
STEP = StepCase(kind=LetterStep, pipeline=Pipeline(name="checks", parameters=(DATA,), steps=(CHECK, LETTER)))
CONTEXTS = tuple({name: value for name, value in one.items() if name != "orchestrator"} for one in TRAINING_CONTEXTS)
BLUEPRINT = BlueprintCase(name="acme-letters", contexts=CONTEXTS)
"""Its options are tabular-batch's, without the choice of an orchestrator, and one more."""


@pytest.mark.parametrize("law", COMPONENT_LAWS, ids=lambda law: law.__name__)
def test_the_letterbox_keeps(law):
    law(LETTERBOX)


@pytest.mark.parametrize("law", STEP_LAWS, ids=lambda law: law.__name__)
def test_the_kind_of_step_keeps(law):
    law(STEP)


@pytest.mark.parametrize("law", BLUEPRINT_LAWS, ids=lambda law: law.__name__)
def test_the_blueprint_keeps(law):
    law(BLUEPRINT)


@pytest.mark.parametrize("law", POLICY_LAWS, ids=lambda law: law.__name__)
def test_the_policy_keeps(law):
    law(PolicyCase(kind=LettersKept))


@pytest.mark.parametrize("law", SYSTEM_LAWS, ids=lambda law: law.__name__)
def test_the_ledger_keeps(law):
    law(SystemCase(kind=Ledger, written={"book": "churn"}))
