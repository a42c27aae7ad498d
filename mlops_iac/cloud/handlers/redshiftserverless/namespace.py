"""aws:redshiftserverless/namespace:Namespace."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls

TAGS = TagCalls(key=("resourceArn", "arn"), list="ListTagsForResource", answer="tags")


class Namespace(Resource):
    """CreateNamespace, GetNamespace, UpdateNamespace, DeleteNamespace. Its tables lie in the cloud's folder and go with
    it. Where Secrets Manager has the administrator's password, the secret is there and opens the database; logs are not
    exported."""

    type = "aws:redshiftserverless/namespace:Namespace"
    service = "redshift-serverless"
    create_op, read_op = "CreateNamespace", "GetNamespace"
    update_op, delete_op = "UpdateNamespace", "DeleteNamespace"
    references = {
        "kmsKeyId": "key",
        "adminPasswordSecretKmsKeyId": "key",
        "iamRoles": "role",
        "defaultIamRoleArn": "role",
    }
    required = frozenset({"namespaceName"})
    name_input, name_limit, prefix_input = "namespaceName", 64, ""
    replace_on = frozenset({"dbName"})
    id_from = "namespaceName"
    key = {"namespaceName": "namespaceName"}
    item = "namespace"
    computed = {
        "arn": "namespaceArn",
        "namespaceId": "namespaceId",
        "adminPasswordSecretArn": "adminPasswordSecretArn",
        "dbName": "dbName",
    }
    refreshed = {"iamRoles": "iamRoles", "logExports": "logExports", "defaultIamRoleArn": "defaultIamRoleArn"}
    secret_outputs = frozenset({"adminUserPassword"})
    tags = TAGS
    create_calls = 6
