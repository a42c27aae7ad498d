"""A kind of step: it leaves a letter about what another step made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.step import KeyOf, Read, Step


class LetterStep(Step):
    """Leaves word of what another step made: ``{"run": …, "about": …}``, where ``about`` is an S3 URI or an ARN."""

    kind: ClassVar[str] = "letter"
    compilers: ClassVar[dict[str, str]] = {"step-functions": "acme_mlops.letter:compile_letter"}

    about: Source
    """A folder, a model or a model package."""
    letterbox: Word = "letters"
    """The name of the letterbox in its environment."""

    def reads(self) -> Iterator[Read]:
        yield Read("about", self.about, ("folder", "model", "package"))

    def facts(self, key_of: KeyOf) -> dict[str, Any]:
        return {"letterbox": self.letterbox}


def compile_letter(step: LetterStep, context: Context) -> States:
    """Native: sqs:sendMessage."""
    bindings = context.bindings
    domain = "amazonaws.com.cn" if bindings.partition == "aws-cn" else "amazonaws.com"
    queue = f"{bindings.account_id}/{bindings.stack}-{step.letterbox}"
    letter = {
        "QueueUrl": f"https://sqs.{bindings.region}.{domain}/{queue}",
        "MessageBody": {"run.$": x.RUN, "about.$": context.uri(step.about)},
    }
    return {step.name: task("sqs:sendMessage", letter, context.next, generic="SQS.AmazonSQSException", ResultPath=None)}
