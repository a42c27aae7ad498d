"""Types whose names need not be unique: one whose create was cut is found by its name, where one alone has it."""

from __future__ import annotations

from collections.abc import Mapping

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class FoundByName(Resource):
    """What a type says is `listed`: the id and the name of each there is."""

    def listed(self, api: Api, inputs: Props) -> Mapping[str, str]:
        """Id to name."""
        raise NotImplementedError

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        name = inputs.get(self.name_input)
        if not isinstance(name, str):
            return None
        listed = self.listed(self.api(scope, inputs), inputs)
        found = [id for id, known in listed.items() if known == name]
        return self.read(scope, found[0], inputs) if len(found) == 1 else None
