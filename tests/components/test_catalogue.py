"""How a client finds the environment."""

from __future__ import annotations

import pulumi

from components.catalogue import Catalogue, CatalogueArgs
from tests.components.world import run, site


def test_the_profile_is_one_parameter_that_holds_all_values() -> None:
    profile = {"MLOPS_IAC_STACK": "screening-dev", "AWS_REGION": pulumi.Output.from_input("eu-west-1")}
    made = run(lambda: Catalogue(site().named("catalogue"), CatalogueArgs(profile=profile)))
    parameter = made.get("catalogue-parameter")
    assert parameter.inputs["name"] == "/mlops-iac/screening-dev-catalogue"
    assert parameter.document("value") == {"AWS_REGION": "eu-west-1", "MLOPS_IAC_STACK": "screening-dev"}
