"""What account is made of: a key, a bucket for states, a key for approved plans, and for each code host a way in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from mlops_iac.blueprints.account.options import AccountOptions, Host
from mlops_iac.components._kit.site import Site
from mlops_iac.components.account import (
    CiAccess,
    CiAccessArgs,
    ReviewKey,
    ReviewKeyArgs,
    StateStore,
    StateStoreArgs,
    hosts,
    rights,
)
from mlops_iac.components.encryption import Encryption
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core import environment as env
from mlops_iac.core.access import parse_principal
from mlops_iac.core.errors import ConfigError, Problem


def build(site: Site, stack: StackConfig, options: AccountOptions) -> env.Environment:
    """Make the account's own: a line for each thing that it gets. Protected unless the stack file says otherwise: every
    other stack's state is in it."""
    site = site if stack.origin(("protect",)) else replace(site, protect=True)
    encryption = Encryption(site.named("encryption"))
    key = encryption.ref
    state = StateStore(site.named("state"), StateStoreArgs(key=key, keep_versions_days=options.keep_versions_days))
    review = _make_review_key(site, stack, options)
    asking = [*review.verifying(), *review.guarding()] if review else []
    ways = {
        name: CiAccess(
            site.named(f"ci-{name}"),
            CiAccessArgs(
                trusted=trusted,
                provider_exists=host.provider_exists,
                previewing=[*state.reading(), *asking],
                deploying=[
                    *state.writing(),
                    *state.guarding(),
                    *rights.guarding(site.named(f"ci-{name}"), key),
                    *asking,
                ],
            ),
        )
        for name, host, trusted in _hosts(options)
    }
    return tell(site, encryption, state, ways, review)


def tell(
    site: Site, encryption: Encryption, state: StateStore, ways: dict[str, CiAccess], review: ReviewKey | None
) -> env.Environment:
    """Where states go, and by whom: what `mlops-iac.yaml` says for all stacks, and what CI asks for."""
    secrets = _secrets_provider(site, encryption)
    client = {"PULUMI_BACKEND_URL": state.backend_url, "MLOPS_IAC_SECRETS_PROVIDER": secrets}
    services: dict[str, Any] = {
        "state": env.Service(endpoint=_any(state.backend_url), credentials="the caller's own", client=_any(client))
    }
    if review:
        services["plan-review"] = env.Service(endpoint=_any(review.key_arn), credentials="those of a reviewer")
    for name, way in ways.items():
        for verb, role in (("preview", way.preview_role_arn), ("deploy", way.deploy_role_arn)):
            services[f"ci-{name}-{verb}"] = env.Service(
                endpoint=_any(way.provider_arn), credentials=_any(role), client={"AWS_REGION": site.region}
            )
    return env.Environment(
        team=site.team,
        environment=site.environment,
        blueprint=site.blueprint,
        region=site.region,
        account_id=_any(site.account_id),
        stores={
            "state": env.Store(
                bucket=_any(state.bucket_name), zones={"state": ".pulumi/"}, key_arn=_any(encryption.key_arn or "")
            )
        },
        pipelines={},
        services=services,
    )


def _make_review_key(site: Site, stack: StackConfig, options: AccountOptions) -> ReviewKey | None:
    if options.plan_review is None:
        return None
    problems = [*_unfit_reviewers(site, stack, options.plan_review.reviewers)]
    if problems:
        raise ConfigError.of(problems)
    return ReviewKey(site.named("review"), ReviewKeyArgs(reviewers=options.plan_review.reviewers))


def _unfit_reviewers(site: Site, stack: StackConfig, reviewers: Sequence[str]) -> Iterator[Problem]:
    for index, one in enumerate(reviewers):
        named, path = parse_principal(one), f"options.plan_review.reviewers.{index}"
        if named.partition and named.partition != site.partition:
            detail = f"`{one}` is in partition `{named.partition}`, and {site.region} is in `{site.partition}`."
            hint = "no key is used across partitions: name a principal of this one."
            yield stack.problem(path, "A reviewer cannot use this key.", detail, hint)
        if named.kind == "role" and named.name.startswith(f"{site.stack}-ci-"):
            detail = f"`{one}` is a role by which pipelines plan and deploy: it would approve what it has planned."
            hint = "name persons, a permission set, or a role that nothing plans or deploys with."
            yield stack.problem(path, "What plans and deploys is no reviewer.", detail, hint)
        if one in reviewers[:index]:
            yield stack.problem(path, "A reviewer is named twice.", f"`{one}`.", "name everybody once.")


def _hosts(options: AccountOptions) -> Iterator[tuple[str, Host, hosts.Trusted]]:
    ci = options.ci
    if ci.github:
        yield "github", ci.github, hosts.github(ci.github.repository, ci.github.branch, ci.github.environments)
    if ci.gitlab:
        yield "gitlab", ci.gitlab, hosts.gitlab(ci.gitlab.project, ci.gitlab.branch, ci.gitlab.host)
    if ci.azure_devops:
        azure = ci.azure_devops
        connections = (azure.preview_connection, azure.deploy_connection)
        trusted = hosts.azure_devops(azure.organization, azure.organization_id, azure.project, connections)
        yield "azure-devops", azure, trusted


def _secrets_provider(site: Site, encryption: Encryption) -> pulumi.Output[str] | str:
    """As Pulumi names it. By the key's own ARN, so that the role needs no right to its alias."""
    if encryption.key_arn is None:
        return "passphrase"
    return pulumi.Output.concat("awskms:///", encryption.key_arn, f"?region={site.region}")


def _any(value: Any) -> Any:
    """An Output where the record says text: the record is read back only after all values are known."""
    return value
