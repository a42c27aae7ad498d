"""One record of facts for each type that is made."""

from __future__ import annotations

import importlib
import re
from keyword import iskeyword

import botocore.session
import pulumi
import pytest

from mlops_iac.components._kit.facts import get_facts
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.facts import find_facts, known_types
from mlops_iac.core.resource_types import HELD, MADE
from tests.components.world import site
from tests.contracts.test_types_have_handlers import types

DEEPER = {
    "aws:ecr/repository:Repository",
    "aws:athena/workgroup:Workgroup",
    "aws:dynamodb/table:Table",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/vectorsIndex:VectorsIndex",
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket",
    "aws:sagemaker/featureGroup:FeatureGroup",
    "aws:sfn/stateMachine:StateMachine",
}
"""Types whose key is named inside another argument."""


@pytest.mark.parametrize("token", sorted(types()))
def test_every_type_that_components_make_has_a_record_that_is_true(token: str) -> None:
    """Tags and names are arguments of the resource's class; its constructor knows them."""
    facts = get_facts(token)
    arguments = _class_of(token)._internal_init.__code__.co_varnames  # type: ignore[attr-defined]
    assert facts.tags == ("tags" if "tags" in arguments else "")
    assert facts.name is None or facts.name.prop in arguments
    assert facts.key in ("", *arguments) or token in DEEPER


def test_every_record_names_a_service_of_aws() -> None:
    known = set(botocore.session.get_session().get_available_services())
    assert {find_facts(token).service for token in known_types()} <= known  # type: ignore[union-attr]


def test_a_type_without_a_record_is_refused_by_name() -> None:
    from mlops_iac.components._kit.base import Component
    from mlops_iac.components.catalogue import CatalogueNodes
    from tests.components.world import run

    class Stranger(pulumi.CustomResource):
        pulumi_type = "aws:sagemaker/modelPackageGroups:ModelPackageGroups"

    class Odd(Component):
        Nodes = CatalogueNodes

    with pytest.raises(BlueprintError, match="A resource type has no record") as caught:
        run(lambda: Odd(site().named("odd")).make("parameter", Stranger, {}))
    assert "`aws:sagemaker/modelPackageGroups:ModelPackageGroups`" in caught.value.detail
    assert "did you mean `aws:sagemaker/modelPackageGroup:ModelPackageGroup`?" in caught.value.hint


def test_the_two_tables_are_what_they_say() -> None:
    """What components make stands in one, what only a person's own program makes in the other."""
    named = "aws:sagemaker/endpoint:Endpoint"  # runs make it, under the name that a component gives
    assert set(MADE) == {*types(), named}
    assert all(facts.loses and not facts.name and not facts.tags for facts in HELD.values())
    assert list(MADE) == sorted(MADE)
    assert list(HELD) == sorted(HELD)


def _class_of(token: str) -> type:
    package, module, name = re.fullmatch(r"aws:(\w+)/(\w+):(\w+)", token).groups()  # type: ignore[union-attr]
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", module).lower()
    found: type = getattr(importlib.import_module(f"pulumi_aws.{keyword(package)}.{snake}"), name)
    return found


def keyword(package: str) -> str:
    """Python's name of a package that is called after a word of Python's."""
    return f"{package}_" if iskeyword(package) else package
