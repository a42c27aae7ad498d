"""aws:ecr/lifecyclePolicy:LifecyclePolicy."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource


class LifecyclePolicy(Resource):
    """PutLifecyclePolicy makes, GetLifecyclePolicy, DeleteLifecyclePolicy; a change replaces, as in Pulumi.
    Nothing expires here."""

    type = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    service = "ecr"
    create_op, read_op = "PutLifecyclePolicy", "GetLifecyclePolicy"
    delete_op = "DeleteLifecyclePolicy"
    renames = {"policy": "lifecyclePolicyText", "repository": "repositoryName"}
    documents = frozenset({"policy"})
    required = frozenset({"policy", "repository"})
    name_input = ""
    identity = ("repository",)
    replace_on = frozenset({"policy"})
    id_from = "repository"
    key = {"repositoryName": "repository"}
    computed = {"registryId": "registryId"}
    refreshed = {"policy": "lifecyclePolicyText"}
    upserts = True
