"""What a team may say about the container that its model serves in, where it is not the framework's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from mlops_iac.blueprints.parts.serve_options import ServeOptions, Serverless
from mlops_iac.config.section import Section
from mlops_iac.core import lmi
from mlops_iac.core.errors import Problem
from mlops_iac.core.gpus import gpus_of, named
from mlops_iac.core.instance_types import processor_of
from mlops_iac.pipelines.steps.folders import VariableName

Image = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{64}$"
    ),
    Field(examples=[f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme-vllm@sha256:{'0' * 64}"]),
]
RESERVED: Final = ("SAGEMAKER_", "AWS_")


class _Container(Section):
    startup_minutes: int = Field(
        default=10,
        ge=1,
        le=60,
        description="How long it may take to fetch the weights, and then to load them; SageMaker's usual is less.",
    )


class Lmi(_Container):
    kind: Literal["lmi"] = Field(
        description="AWS's container for large models: DJL Serving with vLLM. It reads weights in Hugging Face's form "
        "and has its own form of requests; your inference.py is not used."
    )
    version: str = Field(
        default=lmi.versions()[0], description=f"Of DJL Serving: {', '.join(lmi.versions())}.",
        examples=list(lmi.versions()),
    )  # fmt: skip
    tensor_parallel_degree: int | None = Field(
        default=None, ge=1, le=16, description="GPUs that share one copy of the model. Left out: all of the machine's."
    )
    max_model_len: int | None = Field(
        default=None,
        ge=16,
        le=10_000_000,
        description="Tokens of a prompt and its answer together, at most. Left out: what the model says, which may "
        "need more memory than the GPUs have.",
    )
    dtype: Literal["auto", "bf16", "fp16", "fp32"] = Field(
        default="auto", description="Numbers that weights are computed in; auto: those they are stored in."
    )
    quantize: Literal["fp8", "bitsandbytes"] | None = Field(
        default=None,
        description="Put weights into fewer bits while they are loaded. Left out: they stay as `quantise.py` wrote "
        "them.",
    )
    gpu_memory_percent: int = Field(
        default=90, ge=10, le=98, description="How much of each GPU's memory vLLM takes, for weights and cache."
    )

    @field_validator("version")
    @classmethod
    def _check_version(cls, value: str) -> str:
        if value not in lmi.versions():
            raise ValueError(f"`{value}` is no version that is known; known are {', '.join(lmi.versions())}")
        return value


class Own(_Container):
    kind: Literal["own"] = Field(
        description="A container of your own, from ECR in the stack's region: it answers GET /ping and POST "
        "/invocations on port 8080 and finds the model in /opt/ml/model."
    )
    image: Image = Field(description="By its digest, so that what serves is what was tried.")
    environment: dict[VariableName, Annotated[str, StringConstraints(max_length=1024)]] = Field(
        default={}, max_length=50, description="Variables that it starts with."
    )

    @field_validator("environment")
    @classmethod
    def _check_environment(cls, value: dict[str, str]) -> dict[str, str]:
        if taken := sorted(name for name in value if name.startswith(RESERVED)):
            raise ValueError(f"`{taken[0]}`: names that start with {' or '.join(RESERVED)} are SageMaker's own")
        return value


Server = Annotated[Lmi | Own, Field(discriminator="kind")]


class ServerOptions(ServeOptions):
    """The options of a blueprint whose models may need another server than the framework's."""

    server: Server | None = Field(
        default=None,
        description="The container that serves: `lmi`, AWS's for large models, on GPUs; or `own`. Left out: the "
        "framework's, with your inference.py. The embedded cloud runs no containers: a stack with one is for AWS.",
        json_schema_extra={"x-beside": {"serving": {"flavour": "realtime", "instance_type": "ml.g5.xlarge"}}},
    )

    @field_validator("server")
    @classmethod
    def _check_machines(cls, value: Lmi | Own | None, info: ValidationInfo) -> Lmi | Own | None:
        serving = info.data.get("serving")
        if value is None or serving is None:
            return value
        if isinstance(serving, Serverless):
            raise ValueError("serverless endpoints have no GPUs and little memory: say `serving: {flavour: realtime}`")
        if isinstance(value, Lmi):
            _check_gpus(value, serving.instance_type)
        return value

    @property
    def not_embedded(self) -> Iterable[Problem]:
        """What the embedded cloud cannot run: containers."""
        yield from getattr(super(), "not_embedded", ())
        if self.server is not None:
            yield Problem(
                path="mlops-iac:options.server",
                summary="The embedded cloud runs no containers.",
                detail=f"`server: {{kind: {self.server.kind}}}` is one, and what vLLM or your own server answers would "
                "be made up here.",
                hint="leave `server` out for this stack, and inference.py answers; or deploy it with --cloud aws.",
            )


def _check_gpus(asked: Lmi, instance_type: str) -> None:
    if processor_of(instance_type) != "gpu":
        raise ValueError(f"AWS's container for large models needs GPUs, and `{instance_type}` has none")
    known = gpus_of(instance_type)
    degree = asked.tensor_parallel_degree
    if known and degree and degree > known.count:
        raise ValueError(f"`tensor_parallel_degree` is {degree}, and `{named(instance_type)}` has {known.count}")
