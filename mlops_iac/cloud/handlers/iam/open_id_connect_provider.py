"""aws:iam/openIdConnectProvider:OpenIdConnectProvider."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.cloud.regions import partition_of
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class OpenIdConnectProvider(Resource):
    """CreateOpenIDConnectProvider, GetOpenIDConnectProvider, DeleteOpenIDConnectProvider; audiences come and go one by
    one. Nobody's tokens are accepted here (AssumeRoleWithWebIdentity is not offered): it is a record that roles name.
    """

    type = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    service = "iam"
    create_op, read_op = "CreateOpenIDConnectProvider", "GetOpenIDConnectProvider"
    delete_op = "DeleteOpenIDConnectProvider"
    renames = {"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"}
    required = frozenset({"url", "clientIdLists"})
    name_input = ""
    identity = ("url",)
    shares_names = True
    replace_on = frozenset({"url"})
    id_from = "arn"
    key = {"OpenIDConnectProviderArn": "arn"}
    computed = {"arn": "OpenIDConnectProviderArn"}
    refreshed = {"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"}
    tags = TagCalls(
        key=("OpenIDConnectProviderArn", "arn"), put="TagOpenIDConnectProvider", take="UntagOpenIDConnectProvider"
    )
    regional = False

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """By its address, which AWS names it after."""
        partition, host = partition_of(self._region(scope, inputs)), inputs["url"].partition("://")[2]
        return super().find(scope, {**inputs, "arn": f"arn:{partition}:iam::{scope.account_id}:oidc-provider/{host}"})

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Any, outputs: dict[str, Any]) -> None:
        arn = outputs["arn"]
        if "thumbprintLists" in changed:
            prints = list(outputs.get("thumbprintLists") or ())
            api("UpdateOpenIDConnectProviderThumbprint", OpenIDConnectProviderArn=arn, ThumbprintList=prints)
        if "clientIdLists" in changed:
            before, after = set(old.get("clientIdLists") or ()), set(outputs.get("clientIdLists") or ())
            for name in sorted(after - before):
                api("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID=name)
            for name in sorted(before - after):
                api("RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID=name)
