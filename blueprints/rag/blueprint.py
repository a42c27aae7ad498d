"""The bill of materials of rag: a training blueprint whose model makes vectors, with a store that they lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.parts.training_blueprint import TrainingBlueprint
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.training_pipeline import job
from mlops_iac.blueprints.rag.options import RagOptions
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import IndexStep, Output, ProcessingStep

if TYPE_CHECKING:
    pass


class Rag(TrainingBlueprint):
    """Data lake, jobs that parse, chunk and embed, a vector store, a gate, and a function that answers questions."""

    name: ClassVar[str] = "rag"
    summary: ClassVar[str] = "Answer questions from documents: parse, chunk, embed, index, measure, switch."
    about: ClassVar[About] = About(
        use_for="handbooks, tickets or reports that people and language models ask questions of",
        not_for="rows of numbers (tabular-batch), or thousands of questions a second",
        orchestrator="Step Functions, SageMaker Pipelines or Airflow",
        compute="SageMaker jobs, S3 Vectors",
        example="library",
    )
    layers: ClassVar[tuple[str, ...]] = (*TrainingBlueprint.layers, "vector_store")
    Options: ClassVar[type[RagOptions]] = RagOptions

    def training(self, options: TrainingOptions) -> Pipeline:
        """``prepare`` leaves chunks as ``train`` and questions as ``test``; the index is asked before the gate."""
        assert isinstance(options, RagOptions)
        sized = {"dimension": options.vectors.dimension, **options.hyperparameters}
        whole = super().training(options.model_copy(update={"hyperparameters": sized}))
        prepare, train, evaluate = (whole.get_step(name) for name in ("prepare", "train", "evaluate"))
        embed = ProcessingStep(
            name="embed",
            script=options.scripts.embed,
            inputs={
                "model": train.output("model"), "chunks": prepare.output("train"), "questions": prepare.output("test"),
            },
            outputs={name: Output(zone="features", folder=name) for name in ("vectors", "questions")},
            job=job("embed", options.instances.embed),
        )  # fmt: skip
        index = IndexStep(
            name="index",
            vectors=embed.output("vectors"),
            questions=embed.output("questions"),
            top=options.vectors.top,
            keep=options.vectors.keep,
        )
        assert isinstance(evaluate, ProcessingStep)
        asked = evaluate.model_copy(update={"inputs": {**evaluate.inputs, "answers": index.output("answers")}})
        steps = [asked if step is evaluate else step for step in whole.steps]
        return whole.model_copy(update={"steps": (*steps[:3], embed, index, *steps[3:])})
