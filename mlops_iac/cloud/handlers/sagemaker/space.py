"""aws:sagemaker/space:Space."""

from __future__ import annotations

from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.cloud.handlers.sagemaker._settling import Settling


class Space(Settling):
    """CreateSpace, DescribeSpace, UpdateSpace, DeleteSpace. No app runs in one here."""

    type = "aws:sagemaker/space:Space"
    service = "sagemaker"
    create_op, read_op = "CreateSpace", "DescribeSpace"
    update_op, delete_op = "UpdateSpace", "DeleteSpace"
    name_input, name_limit, prefix_input = "spaceName", 63, ""
    identity = ("domainId", "spaceName")
    required = frozenset({"domainId"})
    replace_on = frozenset({"ownershipSettings", "spaceSharingSettings"})
    id_from = "arn"
    key = {"DomainId": "domainId", "SpaceName": "spaceName"}
    computed = {"arn": "SpaceArn", "homeEfsFileSystemUid": "HomeEfsFileSystemUid", "url": "Url"}
    refreshed = {"spaceDisplayName": "SpaceDisplayName"}
    formats = {"arn": "arn:{partition}:sagemaker:{region}:{account}:space/{domainId}/{spaceName}"}
    tags = TagCalls(put="AddTags", take="DeleteTags", list="ListTags")
    create_calls = 3
