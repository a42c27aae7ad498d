"""aws:ec2/launchTemplate:LaunchTemplate."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

OUTSIDE = frozenset({"name", "namePrefix", "tags", "region", "defaultVersion", "updateDefaultVersion", "description"})
"""Inputs that are about the template; all others are in its versions."""


class LaunchTemplate(Ec2Resource):
    """CreateLaunchTemplate; every change of what is inside makes a new version (CreateLaunchTemplateVersion), and
    ``updateDefaultVersion`` makes it the default. A read refreshes version numbers and tags."""

    type = "aws:ec2/launchTemplate:LaunchTemplate"
    tag_type, ids_param = "launch-template", "LaunchTemplateIds"
    create_op, read_op, delete_op = "CreateLaunchTemplate", "DescribeLaunchTemplates", "DeleteLaunchTemplate"
    wrapped = "LaunchTemplateData"
    renames = {
        "name": "LaunchTemplateName",
        "description": "VersionDescription",
        "vpcSecurityGroupIds": "SecurityGroupIds",
        "securityGroupNames": "SecurityGroups",
        "instanceMarketOptions.spotOptions": "SpotOptions",
    }
    extras = frozenset({"tags", "defaultVersion", "updateDefaultVersion"})
    name_input, name_limit = "name", 128
    key = {"LaunchTemplateId": "id"}
    item, read_item = "LaunchTemplate", "LaunchTemplates[0]"
    computed = {"id": "LaunchTemplateId", "latestVersion": "LatestVersionNumber"}
    refreshed = {"defaultVersion": "DefaultVersionNumber"}
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:launch-template/{id}"}

    def recomputes(self, changed: frozenset[str]) -> frozenset[str]:
        return frozenset({"latestVersion", "defaultVersion"} if changed - OUTSIDE else ())

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {"LaunchTemplateData": {}, **super().create_params(scope, inputs)}

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["latestVersion"] = outputs["defaultVersion"] = 1

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        found = self.api(scope, inputs).maybe("DescribeLaunchTemplates", LaunchTemplateNames=[inputs["name"]])
        templates = found["LaunchTemplates"] if found else []
        return self.read(scope, templates[0]["LaunchTemplateId"], inputs) if templates else None

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if changed - OUTSIDE or "description" in changed:
            inside = {key: value for key, value in outputs.items() if key in self._data_inputs(outputs)}
            params = self._params("CreateLaunchTemplateVersion", inside)
            params.setdefault("LaunchTemplateData", {})
            version = api("CreateLaunchTemplateVersion", LaunchTemplateId=outputs["id"], **params)
            outputs["latestVersion"] = version["LaunchTemplateVersion"]["VersionNumber"]
        wanted = outputs["latestVersion"] if outputs.get("updateDefaultVersion") else outputs.get("defaultVersion")
        if wanted and wanted != old.get("defaultVersion"):
            api("ModifyLaunchTemplate", LaunchTemplateId=outputs["id"], DefaultVersion=str(wanted))
            outputs["defaultVersion"] = wanted

    def _data_inputs(self, outputs: Props) -> set[str]:
        made = {"id", "arn", "latestVersion", "tagsAll"}
        return {key for key in outputs if key not in made | (OUTSIDE - {"description"})}
