"""What a team may say about an environment that answers questions from documents. Every option has a default."""

from __future__ import annotations

from pydantic import Field

from mlops_iac.blueprints.parts.adopt_options import ServingAdopt
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.serve_options import ServeOptions, Serverless, Serving
from mlops_iac.blueprints.parts.spark_options import SparkOptions
from mlops_iac.blueprints.parts.training_options import Gate, Instances, Machine, ScriptName, Scripts, TrainingOptions
from mlops_iac.blueprints.parts.vector_options import VectorOptions


class RagScripts(Scripts):
    embed: ScriptName = Field(default="embed.py", description="Makes a vector of each chunk and of each question.")


class RagInstances(Instances):
    embed: Machine = Field(default=Machine(), description="Machines that make vectors.")


class RagOptions(SparkOptions, VectorOptions, FoundationOptions, ServeOptions, TrainingOptions):
    """Parse, chunk, embed and index documents, and answer questions from the versions that pass the gate."""

    adopt: ServingAdopt = Field(
        default=ServingAdopt(),
        description="Layers that are there already: used, and never deleted. `mlops-iac adopt` writes this.",
    )
    scripts: RagScripts = Field(default=RagScripts(), description="The scripts of the pipeline, in your code folder.")
    instances: RagInstances = Field(default=RagInstances(), description="The machines of each step.")
    serving: Serving = Field(default=Serverless(flavour="serverless"), description="How vectors of questions are made.")
    gate: Gate = Field(
        default=Gate(metric="recall_at_5", at_least=0.8),
        description="What the answers to the question set must reach for the new documents to answer.",
        json_schema_extra={"x-written": True},
    )
