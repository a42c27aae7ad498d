"""aws:sagemaker/userProfile:UserProfile."""

from __future__ import annotations

from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.cloud.handlers.sagemaker._settling import Settling


class UserProfile(Settling):
    """CreateUserProfile, DescribeUserProfile, UpdateUserProfile, DeleteUserProfile. A profile that owns spaces is not
    deleted, as on AWS."""

    type = "aws:sagemaker/userProfile:UserProfile"
    service = "sagemaker"
    create_op, read_op = "CreateUserProfile", "DescribeUserProfile"
    update_op, delete_op = "UpdateUserProfile", "DeleteUserProfile"
    name_input, name_limit, prefix_input = "userProfileName", 63, ""
    identity = ("domainId", "userProfileName")
    required = frozenset({"domainId"})
    references = {"userSettings.executionRole": "role", "userSettings.securityGroups": "security group"}
    replace_on = frozenset({"singleSignOnUserIdentifier", "singleSignOnUserValue"})
    id_from = "arn"
    key = {"DomainId": "domainId", "UserProfileName": "userProfileName"}
    computed = {"arn": "UserProfileArn", "homeEfsFileSystemUid": "HomeEfsFileSystemUid"}
    formats = {"arn": "arn:{partition}:sagemaker:{region}:{account}:user-profile/{domainId}/{userProfileName}"}
    tags = TagCalls(put="AddTags", take="DeleteTags", list="ListTags")
    create_calls = 4
