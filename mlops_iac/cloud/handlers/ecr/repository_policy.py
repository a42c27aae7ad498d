"""aws:ecr/repositoryPolicy:RepositoryPolicy."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource


class RepositoryPolicy(Resource):
    """SetRepositoryPolicy makes and changes, GetRepositoryPolicy, DeleteRepositoryPolicy. Kept, not enforced."""

    type = "aws:ecr/repositoryPolicy:RepositoryPolicy"
    service = "ecr"
    create_op, read_op = "SetRepositoryPolicy", "GetRepositoryPolicy"
    update_op, delete_op = "SetRepositoryPolicy", "DeleteRepositoryPolicy"
    renames = {"policy": "policyText", "repository": "repositoryName"}
    documents = frozenset({"policy"})
    required = frozenset({"policy", "repository"})
    name_input = ""
    identity = ("repository",)
    id_from = "repository"
    key = {"repositoryName": "repository"}
    computed = {"registryId": "registryId"}
    refreshed = {"policy": "policyText"}
    upserts = True
