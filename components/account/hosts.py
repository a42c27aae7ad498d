"""Hosts of code whose pipelines AWS can trust by the tokens that they sign: where each is, and what its tokens say."""

from __future__ import annotations

from dataclasses import dataclass

AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Trusted:
    """What a token must say: to preview, and to deploy."""

    url: str
    """The provider's address, as the token's issuer."""
    audience: str
    preview: tuple[str, ...]
    deploy: tuple[str, ...]

    @property
    def host(self) -> str:
        """As IAM names the provider, and its condition keys begin."""
        return self.url.removeprefix("https://")


def github(repository: str, branch: str, environments: tuple[str, ...]) -> Trusted:
    """Previews from pull requests and from the branch; deployments from the environments, or the branch without any.

    Which branches an environment takes is said on GitHub: a token of an environment names no branch.
    https://docs.github.com/en/actions/reference/security/oidc
    """
    repo, ref = f"repo:{repository}", f"repo:{repository}:ref:refs/heads/{branch}"
    deploy = tuple(f"{repo}:environment:{name}" for name in environments) or (ref,)
    return Trusted(
        url="https://token.actions.githubusercontent.com",
        audience=AUDIENCE,
        preview=(f"{repo}:pull_request", ref),
        deploy=deploy,
    )


def gitlab(project: str, branch: str, host: str) -> Trusted:
    """Previews from every branch of the project, deployments from one.

    https://docs.gitlab.com/ci/cloud_services/aws/
    """
    refs = f"project_path:{project}:ref_type:branch:ref:"
    return Trusted(url=f"https://{host}", audience=AUDIENCE, preview=(f"{refs}*",), deploy=(f"{refs}{branch}",))


def azure_devops(organization: str, organization_id: str, project: str, connections: tuple[str, str]) -> Trusted:
    """Previews by one service connection and deployments by another: a token names nothing but its connection, and
    which branches may use one is said in Azure DevOps.

    https://docs.aws.amazon.com/vsts/latest/userguide/getting-started.html
    """
    preview, deploy = (f"sc://{organization}/{project}/{connection}" for connection in connections)
    return Trusted(
        url=f"https://vstoken.dev.azure.com/{organization_id}",
        audience="api://AzureADTokenExchange",
        preview=(preview,),
        deploy=(deploy,),
    )
