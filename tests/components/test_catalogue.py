"""How a client finds the environment."""

from __future__ import annotations

import pulumi

from mlops_iac.components.catalogue import Catalogue, CatalogueArgs
from tests.components.world import run, site


def test_the_profile_is_one_parameter_that_holds_all_values() -> None:
    def program() -> None:
        profile = {"MLOPS_IAC_STACK": "screening-dev", "AWS_REGION": pulumi.Output.from_input("eu-west-1")}
        Catalogue(site().named("catalogue"), CatalogueArgs(profile=profile))

    made = run(program)
    parameter = made.get("catalogue-parameter")
    assert parameter.inputs["name"] == "/mlops-iac/screening-dev-catalogue"
    assert parameter.document("insecureValue") == {"AWS_REGION": "eu-west-1", "MLOPS_IAC_STACK": "screening-dev"}
