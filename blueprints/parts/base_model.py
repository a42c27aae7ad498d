"""A base model in a bucket that is not the environment's own: only the jobs' role may read it, below its prefix.

The bucket's owner allows that too where it is another account (its policy, and that of its key); there a name cannot be
known before it exists, so what is granted here is exact, and what is asked of them is in the guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pulumi

from mlops_iac.blueprints.parts.base_model_options import BaseModelOptions
from mlops_iac.components._kit import Grant, Named
from mlops_iac.components._kit.site import Site
from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromBucket
from mlops_iac.pipelines.steps import ScriptStep, Step

if TYPE_CHECKING:
    from mlops_iac.components.identity import Role

READ, LIST, DECRYPT = ("s3:GetObject",), ("s3:ListBucket",), ("kms:Decrypt",)
OWNER = "base-model"


def asked(options: Any) -> BaseModelOptions:
    return options if isinstance(options, BaseModelOptions) else BaseModelOptions()


def outside(site: Site, options: BaseModelOptions) -> list[pulumi.Input[str]]:
    """Of another account's bucket, and what is read of it."""
    if options.base_model is None or options.base_model_account is None:
        return []
    return [*_arns(site, FromBucket(uri=options.base_model))]


def let_read(site: Site, options: BaseModelOptions, role: Role) -> None:
    """Objects below the prefix, their listing, and decryption through S3 of what lies in that bucket: the ARN of its
    key is the owner's to choose, so the encryption context is what tells it."""
    if options.base_model is None:
        return
    place, source = Named(site, OWNER), FromBucket(uri=options.base_model)
    bucket, objects = _arns(site, source)
    account = options.base_model_account or site.account_id
    keys = pulumi.Output.concat(f"arn:{site.partition}:kms:{site.region}:", account, ":key/*")
    site.ceiling.adopt((*READ, *LIST), bucket)
    site.ceiling.adopt(DECRYPT, keys)
    through_s3: dict[str, dict[str, Any]] = {
        "StringEquals": {"kms:ViaService": f"s3.{site.region}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, objects]},
    }
    below = {"StringLike": {"s3:prefix": f"{source.prefix}*"}}
    role.grant(
        Grant(owner=place.name, what="read", actions=READ, resources=(objects,)),
        Grant(owner=place.name, what="list", actions=LIST, resources=(bucket,), conditions=below),
        Grant(owner=place.name, what="decrypt", actions=DECRYPT, resources=(keys,), conditions=through_s3),
    )


def check(options: BaseModelOptions, pipelines: Sequence[Pipeline]) -> None:
    """PipelineError for a step that reads a bucket which the stack file does not name, or not as the jobs' role."""
    for pipeline in pipelines:
        if problems := [problem for step in pipeline.steps for problem in _problems(options, step)]:
            error = PipelineError.of(problems)
            error.pipeline = pipeline.name
            raise error


def _problems(options: BaseModelOptions, step: Step) -> Iterator[Problem]:
    for read in step.reads():
        if not isinstance(read.source, FromBucket):
            continue
        if options.base_model is None or not read.source.uri.startswith(options.base_model):
            named = f"`base_model: {options.base_model}`" if options.base_model else "no `base_model`"
            yield Problem(
                path=f"{step.name}.{read.field}",
                summary="The environment may not read this bucket.",
                detail=f"Step `{step.name}` reads `{read.source}`; the stack file has {named}.",
                hint="name it there, or put the files into the lake: `mlops-iac data put STACK FOLDER raw/…`.",
            )
        elif isinstance(step, ScriptStep) and step.compute != "sagemaker":
            yield Problem(
                path=f"{step.name}.compute",
                summary="A queue's containers may not read this bucket.",
                detail=f"Step `{step.name}` reads `{read.source}`, which only the role of SageMaker jobs may.",
                hint="use `compute: sagemaker` for this step.",
            )


def _arns(site: Site, source: FromBucket) -> tuple[str, str]:
    bucket = f"arn:{site.partition}:s3:::{source.bucket}"
    return bucket, f"{bucket}/{source.prefix}*"
