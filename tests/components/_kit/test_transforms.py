"""The way out: what a caller may change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_aws.kms import Key
from pulumi_aws.s3 import Bucket
from pulumi_aws.xray import Group

from mlops_iac.components._kit.transforms import ByType, Place, apply, merge, properties
from mlops_iac.components.data_lake import DataLake, DataLakeArgs
from mlops_iac.components.encryption import Encryption
from mlops_iac.core.errors import BlueprintError
from tests.components.world import run, site


def test_a_mapping_merges_key_by_key() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3}, "d": [2]}) == {"a": {"b": 3, "c": 2}, "d": [2]}


def test_a_callable_may_change_properties_and_options() -> None:
    def keep(props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        props["force_destroy"] = False
        opts.protect = True

    opts = pulumi.ResourceOptions()
    assert apply({"bucket": keep}, "bucket", Bucket, {"force_destroy": True}, opts) == {"force_destroy": False}
    assert opts.protect is True


def test_what_is_not_named_stays_as_it_is() -> None:
    assert apply({"other": {"a": 1}}, "bucket", Bucket, {"b": 2}, pulumi.ResourceOptions()) == {"b": 2}


def test_a_transform_reaches_the_real_resource() -> None:
    def keep(props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        opts.protect = True

    transforms = {"bucket": keep, "catalog": {"description": "Churn features"}, "policy": {"policy": "{}"}}
    made = run(lambda: DataLake(site().named("lake"), DataLakeArgs(transforms=transforms)))
    assert made.get("lake-bucket").protect is True
    assert made.get("lake-catalog").inputs["description"] == "Churn features"
    assert made.get("lake-policy").inputs["policy"] == "{}"


HERE = Path(__file__)


def lake(**transforms: Any) -> Any:
    return lambda: DataLake(site().named("lake"), DataLakeArgs(transforms=transforms))


def test_a_property_that_the_type_has_not_is_refused_where_it_was_written() -> None:
    with pytest.raises(BlueprintError) as caught:
        run(lake(bucket={"force_destory": True}))
    (problem,) = caught.value.problems
    assert problem.summary == "Unknown property."
    assert problem.detail == "`aws:s3/bucket:Bucket` has no property `force_destory`."
    assert problem.hint == "did you mean `force_destroy`?"
    assert (Path(problem.file).name, problem.line) == (HERE.name, line_of("return lambda: DataLake"))


def test_a_function_is_named_by_its_own_line() -> None:
    def wrong(props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        props["colour"] = "blue"

    with pytest.raises(BlueprintError) as caught:
        run(lake(bucket=wrong))
    (problem,) = caught.value.problems
    assert (Path(problem.file).name, problem.line) == (HERE.name, line_of("def wrong("))


def test_a_child_that_is_not_there_is_refused_where_it_was_written() -> None:
    with pytest.raises(BlueprintError, match="Unknown transform") as caught:
        run(lake(buckett={}))
    assert caught.value.problems[0].line == line_of("return lambda: DataLake")


def line_of(text: str) -> int:
    return next(
        number for number, line in enumerate(HERE.read_text().splitlines(), 1) if line.lstrip().startswith(text)
    )


def test_every_resource_of_a_type_is_changed_wherever_it_is_made() -> None:
    def program() -> None:
        place = replace(site(), transforms=ByType.of({Bucket: {"force_destroy": True}}, Place()))
        DataLake(place.named("lake"), DataLakeArgs())
        DataLake(place.named("attic"), DataLakeArgs())

    made = run(program)
    assert {one.name for one in made.of("aws:s3/bucket:Bucket") if one.inputs.get("forceDestroy")} == {
        "lake-bucket",
        "attic-bucket",
    }


def test_a_stacks_transform_has_the_last_word_and_may_change_options() -> None:
    def last(props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        props["force_destroy"] = False
        opts.protect = True

    def program() -> None:
        place = replace(site(), transforms=ByType.of({Bucket: last}, Place()))
        DataLake(place.named("lake"), DataLakeArgs(transforms={"bucket": {"force_destroy": True}}))

    bucket = run(program).get("lake-bucket")
    assert (bucket.inputs.get("forceDestroy"), bucket.protect) == (False, True)


def test_a_type_that_this_environment_does_not_have_is_no_mistake() -> None:
    def program() -> None:
        place = replace(site("sandbox"), transforms=ByType.of({Key: {"description": "ours"}}, Place()))
        DataLake(place.named("lake"), DataLakeArgs())

    assert run(program).of("aws:kms/key:Key") == []


@pytest.mark.parametrize("kind", [Group, Encryption, "aws:s3/bucket:Bucket"])
def test_a_type_that_no_component_makes_is_refused_where_it_was_written(kind: Any) -> None:
    with pytest.raises(BlueprintError, match="Unknown transform") as caught:
        ByType.of({kind: {}}, Place("__main__.py", 7))
    assert (caught.value.problems[0].file, caught.value.problems[0].line) == ("__main__.py", 7)
    assert caught.value.hint


def test_what_a_constructor_takes_is_known() -> None:
    assert {"bucket", "tags", "force_destroy"} <= properties(Bucket)
    assert not {"opts", "resource_name", "__props__", "__self__"} & properties(Bucket)
