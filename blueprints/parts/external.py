"""Systems of others: who may use them, by which way, and what is told of them. Nothing of theirs is made or deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core import environment as env
from mlops_iac.core.errors import ConfigError, PipelineError, Problem
from mlops_iac.external import System
from mlops_iac.pipelines.compile.bindings import ExternalBinding
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import QueryStep

if TYPE_CHECKING:
    import pulumi

    from mlops_iac.components._kit import Site
    from mlops_iac.components.identity import Role

OWNER = "external"
READ, DECRYPT = ("secretsmanager:GetSecretValue",), ("kms:Decrypt",)
TAKEN = frozenset({"flows", "notebooks", "retrieval"})
"""What environments offer themselves in one word."""
NOBODY = "none"
"""Credentials of a system that is used without any."""


def systems(options: Any) -> dict[str, System]:
    """By the names that the team gave them."""
    return dict(options.external) if isinstance(options, FoundationOptions) else {}


def used(pipelines: Sequence[Pipeline]) -> frozenset[str]:
    """Those that a step names."""
    return frozenset(name for pipeline in pipelines for step in pipeline.steps for name in getattr(step, "uses", ()))


# What is refused -----------------------------------------------------------------------------------------------------


def check(stack: StackConfig, options: FoundationOptions) -> None:
    """ConfigError, at its line, for each system that cannot be used as it is written."""
    if problems := [*_taken(stack, options), *_unreachable(stack, options), *_alike(stack, options)]:
        raise ConfigError.of(problems)


def _taken(stack: StackConfig, options: FoundationOptions) -> Iterator[Problem]:
    for name in sorted(TAKEN & options.external.keys()):
        detail = f"`{name}` is a service of environments themselves; so are {', '.join(sorted(TAKEN - {name}))}."
        yield stack.problem(f"options.external.{name}", "This name is taken.", detail, "choose another one.")


def _unreachable(stack: StackConfig, options: FoundationOptions) -> Iterator[Problem]:
    for name, system in options.external.items():
        path = f"options.external.{name}"
        if stack.security.value == "regulated" and system.private_link is None:
            detail = f"`{name}` ({system.title}) is on the internet; a regulated environment has no way there."
            hint = "name the vendor's endpoint service for AWS PrivateLink: `private_link`; or leave the system out."
            yield stack.problem(path, "A regulated environment reaches nothing on the internet.", detail, hint)
        elif system.private_link and f".{stack.region}." not in system.private_link:
            detail = f"`{system.private_link}` is not of {stack.region}, where the environment is."
            hint = "ask the vendor for the endpoint service of this region."
            yield stack.problem(f"{path}.private_link", "An endpoint service is of another region.", detail, hint)
        place = f".secretsmanager:{stack.region}:"
        if system.secret and system.secret.startswith("arn:") and place[1:] not in system.secret:
            detail = f"`{name}` names a secret of another region; jobs read secrets of {stack.region}."
            yield stack.problem(f"{path}.secret", "A secret is in another region.", detail, "replicate it here.")
        if system.secret_key_arn and not system.secret:
            detail = f"`{name}` names a key and no secret that it encrypts."
            yield stack.problem(f"{path}.secret_key_arn", "A key without a secret.", detail, "say `secret` too.")


def _alike(stack: StackConfig, options: FoundationOptions) -> Iterator[Problem]:
    """Two systems that are read by the same variables."""
    known: dict[str, str] = {}
    for name, system in options.external.items():
        twice = next((one for one in system.all_variables() if one in known), None)
        if twice:
            detail = f"`{known[twice]}` and `{name}` both set `{twice}`, which one client reads."
            hint = "one environment uses one of them; the other belongs to a stack of its own."
            yield stack.problem(f"options.external.{name}", "Two systems have the same variables.", detail, hint)
        known |= dict.fromkeys(system.all_variables(), name)


def check_uses(options: Any, pipelines: Sequence[Pipeline]) -> None:
    """PipelineError for a step that uses a system which its job cannot reach, or has no credentials for."""
    for pipeline in pipelines:
        if problems := [problem for step in pipeline.steps for problem in _problems(options, step)]:
            error = PipelineError.of(problems)
            error.pipeline = pipeline.name
            raise error


def _problems(options: Any, step: Any) -> Iterator[Problem]:
    known, field = systems(options), "source" if isinstance(step, QueryStep) else "uses"
    for name in getattr(step, "uses", ()):
        system = known.get(name)
        if system is None:
            continue  # told with the names that there are, as the pipeline is compiled
        if options.adopt.network is None and system.private_link is None:
            yield Problem(
                path=f"{step.name}.{field}",
                summary="A job has no way to the internet.",
                detail=f"Step `{step.name}` uses `{name}` ({system.title}, {system.endpoint}); the environment's own "
                "network leads to AWS's services only.",
                hint="adopt a network with a way out (`adopt.network`), or name the vendor's endpoint service for AWS "
                f"PrivateLink (`external.{name}.private_link`).",
            )
        elif system.secret is None and system.needs_secret:
            yield Problem(
                path=f"{step.name}.{field}",
                summary="A job has no credentials for a system.",
                detail=f"Step `{step.name}` uses `{name}` ({system.title}), which has no `secret`.",
                hint=f"put the credentials into AWS Secrets Manager and name the secret: `external.{name}.secret`.",
            )


# What jobs are given -------------------------------------------------------------------------------------------------


def bound(options: Any) -> dict[str, ExternalBinding]:
    """What pipelines are tied to."""
    return {
        name: ExternalBinding(
            kind=system.kind,
            variables=system.variables,
            fetched={variable: f"{system.secret}#{key}" for variable, key in system.secrets.items()}
            if system.secret
            else {},
        )
        for name, system in systems(options).items()
    }


def let_use(site: Site, options: Any, pipelines: Sequence[Pipeline], role: Role) -> None:
    """Let jobs read the secrets of the systems that a step of theirs names, and those of no other."""
    from mlops_iac.components._kit import Grant

    known = systems(options)
    for name in sorted(used(pipelines) & known.keys()):
        system = known[name]
        if system.secret is None:
            continue
        secret = _arn(site, system.secret)
        site.ceiling.adopt(READ, secret)
        role.grant(Grant(owner=OWNER, what=f"read {name.replace('_', ' ')}", actions=READ, resources=(secret,)))
        if system.secret_key_arn:
            site.ceiling.adopt(DECRYPT, system.secret_key_arn)
            through = {
                "StringEquals": {"kms:ViaService": f"secretsmanager.{site.region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:SecretARN": secret},
            }
            role.grant(
                Grant(
                    owner=OWNER,
                    what=f"decrypt {name.replace('_', ' ')}",
                    actions=DECRYPT,
                    resources=(system.secret_key_arn,),
                    conditions=through,
                )
            )


def _arn(site: Site, secret: str) -> pulumi.Input[str]:
    """Secrets Manager ends a secret's ARN with a hyphen and six characters of its own."""
    if not secret.startswith("arn:"):
        return site.arn("secretsmanager", f"secret:{secret}-??????")
    return secret if _is_whole(secret) else f"{secret}-??????"


def _is_whole(arn: str) -> bool:
    end = arn.rpartition("-")[2]
    return len(end) == 6 and end.isalnum()


# What is told of them ------------------------------------------------------------------------------------------------


def tell_external(options: Any) -> dict[str, env.Service]:
    """By name: where each is, by which secret one signs in, and what the vendor's own client reads."""
    return {
        name: env.Service(
            endpoint=system.endpoint,
            credentials=system.secret or NOBODY,
            client=system.variables,
            secrets=dict(system.secrets) if system.secret else None,
        )
        for name, system in systems(options).items()
    }
