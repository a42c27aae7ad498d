"""Resource options: honoured, or refused by name."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import CloudError, PlanError
from mlops_iac.engine.values.value import Secret
from tests.engine.conftest import Stack, errors, ops, step_of
from tests.engine.programs import Box, Thing

Options = pulumi.ResourceOptions


def one(name: str = "a", opts: Options | None = None, **inputs: Any) -> Any:
    def program() -> None:
        Thing(name, opts=opts, **inputs)

    return program


def test_ignored_changes_are_not_made(stack: Stack) -> None:
    stack.up(one(label="a", tags={"x": 1, "y": 1}))
    result = stack.up(one(label="a", tags={"x": 2, "y": 2}, opts=Options(ignore_changes=["tags.x"])))
    assert result.changes == {"update": 1, "same": 1}
    assert stack.cloud.things["a"]["tags"] == {"x": 1, "y": 2}


def test_a_change_may_be_made_to_replace(stack: Stack) -> None:
    stack.up(one(size=1, opts=Options(replace_on_changes=["size"])))
    assert stack.up(one(size=2, opts=Options(replace_on_changes=["size"]))).changes == {"replace": 1, "same": 1}


def test_what_is_protected_is_not_deleted_and_all_of_it_is_named_before_the_first_call(stack: Stack) -> None:
    def program() -> None:
        Thing("a", opts=Options(protect=True), label="a")
        Thing("b", label="b")
        Thing("c", opts=Options(protect=True), label="c")

    stack.up(program)
    stack.cloud.calls.clear()
    with pytest.raises(PlanError) as raised:
        stack.deployment.destroy()
    assert "::a" in str(raised.value)
    assert "::c" in str(raised.value)
    assert "::b" not in str(raised.value)
    assert stack.cloud.calls == []
    result = stack.up(lambda: None)
    assert isinstance(result.error, PlanError)
    assert stack.cloud.calls == []
    assert set(stack.records()) >= {"a", "b", "c"}


def test_protection_that_is_removed_is_removed_from_state(stack: Stack) -> None:
    stack.up(one(label="a", opts=Options(protect=True)))
    stack.up(one(label="a"))
    assert stack.deployment.destroy().outcome == "succeeded"


def test_what_is_to_be_kept_leaves_the_state_and_stays_in_the_cloud(stack: Stack) -> None:
    stack.up(one(label="a", opts=Options(retain_on_delete=True)))
    stack.deployment.destroy()
    assert set(stack.cloud.things) == {"a"}
    assert list(stack.store.get("dev")) == []


@pytest.mark.parametrize(
    "alias",
    [pulumi.Alias(name="old"), "urn:pulumi:dev::lab::fake:index:Thing::old"],
    ids=["by name", "by urn"],
)
def test_a_renamed_resource_is_the_same_resource(stack: Stack, alias: Any) -> None:
    stack.up(one("old", label="a"))
    result = stack.up(one("new", label="a", opts=Options(aliases=[alias])))
    assert result.changes == {"same": 2}
    assert stack.cloud.calls == []
    assert set(stack.records()) == {"lab-dev", "default", "new"}


def test_a_resource_may_change_its_type_token_and_its_parent(stack: Stack) -> None:
    stack.up(one(kind="Old", label="a"))

    def program() -> None:
        alias = pulumi.Alias(type_="fake:index:Old", parent=pulumi.ROOT_STACK_RESOURCE)
        Thing("a", opts=Options(parent=Box("box"), aliases=[alias]), kind="New", label="a")

    result = stack.up(program)
    assert stack.cloud.calls == []
    assert ops(result) == ["create box", "same a"]


def test_the_children_of_a_renamed_component_are_the_same_too(stack: Stack) -> None:
    def program(name: str, opts: Options | None = None) -> Any:
        def run() -> None:
            box = Box(name, opts=opts)
            thing = Thing(f"{name}-thing", opts=Options(parent=box), label="a")
            Thing("other", opts=Options(parent=box), label="b", source=thing.arn)

        return run

    stack.up(program("old"))
    result = stack.up(program("new", Options(aliases=[pulumi.Alias(name="old")])))
    assert stack.cloud.calls == []
    assert result.changes == {"same": 4}
    assert {record.parent.rsplit("::", 1)[1] for record in stack.records().values() if record.parent} == {
        "new",
        "lab-dev",
    }


def test_depends_on_is_kept_in_state_and_in_order(stack: Stack) -> None:
    def program() -> None:
        a = Thing("a", label="a")
        Thing("b", opts=Options(depends_on=[a]), label="b")

    stack.up(program)
    assert stack.cloud.calls == [("create", "a"), ("create", "b")]
    assert stack.records()["b"].dependencies == (stack.records()["a"].urn,)


def test_an_explicit_provider_decides_the_region(stack: Stack) -> None:
    class Fake(pulumi.ProviderResource):
        def __init__(self, name: str, region: str) -> None:
            super().__init__("fake", name, {"region": region})

    def program(region: str) -> Any:
        def run() -> None:
            there = Fake("there", region)
            Thing("a", opts=Options(provider=there), label="a")
            Thing("b", label="b")

        return run

    stack.up(program("us-east-1"))
    assert stack.cloud.things["a"]["region"] == "us-east-1"
    assert stack.cloud.things["b"]["region"] == "eu-west-1"
    assert stack.up(program("us-east-1")).changes == {"same": 4}
    result = stack.up(program("us-west-2"))
    assert result.changes == {"replace": 2, "same": 2}
    assert ops(result)[-1] == "delete-replaced there"
    assert "delete-replaced a" in ops(result)
    assert stack.cloud.things["a"]["region"] == "us-west-2"


def test_a_provider_option_that_changes_what_is_made_is_refused(stack: Stack) -> None:
    class Fake(pulumi.ProviderResource):
        def __init__(self, name: str) -> None:
            super().__init__("fake", name, {"refused": "yes"})

    result = stack.preview(lambda: Fake("tagged"))
    assert "`refused`" in str(result.error)


def test_more_outputs_may_be_made_secret(stack: Stack) -> None:
    def program() -> None:
        pulumi.export("arn", Thing("a", opts=Options(additional_secret_outputs=["arn"]), label="a").arn)

    assert stack.up(program).outputs == {"arn": Secret("arn:fake:a")}
    assert "arn:fake:a" not in stack.file.read_text()


def test_a_call_that_takes_longer_than_allowed_is_given_up_and_looked_up_next_time(stack: Stack) -> None:
    opts = Options(custom_timeouts=pulumi.CustomTimeouts(create="50ms"))
    stack.cloud.slow["create", "a"] = 0.3
    result = stack.up(one(label="a", opts=opts))
    assert "0.05 s" in errors(result)[0]
    assert len(stack.store.get("dev").pending) == 1
    stack.cloud.slow.clear()
    time.sleep(0.4)
    again = stack.up(one(label="a", opts=opts))
    assert again.outcome == "succeeded"
    assert stack.cloud.calls == [("find", "a")]


def test_a_time_limit_that_cannot_be_read_is_refused(stack: Stack) -> None:
    result = stack.preview(one(opts=Options(custom_timeouts=pulumi.CustomTimeouts(create="soon"))))
    assert "`soon`" in str(result.error)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plugin_download_url", {"plugin_download_url": "https://example.org"}),
        ("env_var_mappings", {"env_var_mappings": {"A": "B"}}),
        ("state_migrations", {"state_migrations": [lambda args: None]}),
    ],
)
def test_an_option_that_is_not_honoured_is_refused_by_name(stack: Stack, name: str, options: Any) -> None:
    result = stack.up(one(label="a", opts=Options(**options)))
    assert f"`{name}`" in errors(result)[0]
    assert stack.cloud.changing_calls() == []


def test_what_is_deleted_with_another_needs_no_call_of_its_own(stack: Stack) -> None:
    def program() -> None:
        a = Thing("a", label="a")
        b = Thing("b", opts=Options(deleted_with=a), label="b")
        Thing("c", label="c", source=b.arn)

    stack.up(program)
    assert stack.records()["b"].deleted_with == stack.records()["a"].urn
    result = stack.destroy()
    assert stack.cloud.calls == [("delete", "c"), ("delete", "a")]
    assert result.changes == {"delete": 4}
    assert list(stack.store.get("dev")) == []


def test_what_is_deleted_with_another_is_deleted_by_itself_when_the_other_stays(stack: Stack) -> None:
    def program(both: bool) -> Any:
        def run() -> None:
            a = Thing("a", label="a")
            if both:
                Thing("b", opts=Options(deleted_with=a), label="b")

        return run

    stack.up(program(True))
    stack.up(program(False))
    assert stack.cloud.calls == [("delete", "b")]


def test_what_is_deleted_with_another_stays_in_state_when_the_deletion_fails(stack: Stack) -> None:
    def program() -> None:
        Thing("b", opts=Options(deleted_with=Thing("a", label="a")), label="b")

    stack.up(program)
    stack.cloud.fails["delete", "a"] = CloudError("In use.")
    assert stack.destroy().outcome == "failed"
    assert {"a", "b"} <= set(stack.records())


def test_what_is_tied_to_a_replaced_resource_is_replaced_too(stack: Stack) -> None:
    def program(place: str) -> Any:
        def run() -> None:
            a = Thing("a", place=place)
            Thing("b", opts=Options(replace_with=[a]), size=1)
            Thing("c", opts=Options(deleted_with=a), size=1)

        return run

    stack.up(program("north"))
    result = stack.up(program("south"))
    assert result.changes == {"same": 1, "replace": 3}
    assert step_of(result, "b").replace_reasons == ("replaceWith",)
    # The old `c` is taken to have gone with the old `a`: no call of its own.
    assert [label[0] for call, label in stack.cloud.calls if call == "delete"] == ["b", "a"]


def test_a_changed_trigger_replaces_and_a_first_one_does_not(stack: Stack) -> None:
    def program(trigger: Any) -> Any:
        return one(opts=Options(replacement_trigger=trigger), size=1)

    stack.up(program(None))
    assert stack.up(program("1")).changes == {"same": 2}
    assert stack.up(program("1")).changes == {"same": 2}
    result = stack.up(program("2"))
    assert result.changes == {"same": 1, "replace": 1}
    assert step_of(result, "a").replace_reasons == ("replacementTrigger",)


def test_a_secret_trigger_is_not_in_clear_in_state(stack: Stack) -> None:
    def program() -> None:
        Thing("a", opts=Options(replacement_trigger=pulumi.Output.secret("swordfish")))

    stack.up(program)
    assert "swordfish" not in stack.file.read_text()
    assert stack.up(program).changes == {"same": 2}


def test_hidden_differences_are_made_and_not_shown(stack: Stack) -> None:
    stack.up(one(label="a", blob="before", size=1))
    result = stack.up(one(label="a", blob="after", size=2, opts=Options(hide_diffs=["blob"])))
    changes = step_of(result, "a").diff
    assert (changes["blob"].old, changes["blob"].new) == ("[hidden]", "[hidden]")
    assert (changes["size"].old, changes["size"].new) == (1, 2)
    assert stack.cloud.things["a"]["blob"] == "after"


def test_a_dependency_on_a_component_is_one_on_all_of_its_children(stack: Stack) -> None:
    def program() -> None:
        box = Box("box")
        Thing("a", opts=Options(parent=box), label="a")
        Thing("b", opts=Options(depends_on=[box]), label="b")

    stack.cloud.slow["create", "a"] = 0.1
    stack.up(program)
    assert stack.cloud.calls == [("create", "a"), ("create", "b")]
    assert stack.records()["a"].urn in stack.records()["b"].dependencies


def test_an_alias_may_name_another_project(stack: Stack) -> None:
    stack.up(one(label="a"))
    text = stack.file.read_text().replace("::lab::fake:index:Thing::a", "::old::fake:index:Thing::a")
    stack.file.write_text(text)
    result = stack.up(one(label="a", opts=Options(aliases=[pulumi.Alias(project="old")])))
    assert result.changes == {"same": 2}
    assert stack.cloud.calls == []


def test_a_version_names_a_default_provider_of_its_own(stack: Stack) -> None:
    stack.up(one(label="a", opts=Options(version="1.2.3")))
    assert (stack.records()["a"].provider or "").split("::")[3] == "default_1_2_3"


@pytest.mark.parametrize(("call", "kind"), [("update", "update"), ("delete", "delete")])
def test_every_call_has_a_time_limit_by_resource_and_operation(stack: Stack, call: str, kind: str) -> None:
    opts = Options(custom_timeouts=pulumi.CustomTimeouts(**{kind: "50ms"}))
    stack.up(one(label="a", size=1, opts=opts))
    stack.cloud.slow[call, "a"] = 0.4
    result = stack.up(one(label="a", size=2, opts=opts)) if call == "update" else stack.destroy()
    assert (
        f"The {kind} of a (fake:index:Thing) was not done after 0.05 s, the resource's own limit" in errors(result)[0]
    )
    assert [pending.kind for pending in stack.store.get("dev").pending.values()] == [f"{kind[:-1]}ing"]
    time.sleep(0.5)


def test_a_call_without_a_limit_of_its_own_has_the_engines(stack: Stack) -> None:
    stack.cloud.slow["create", "a"] = 0.4
    stack.limits = {"create": 0.05, "update": 1, "delete": 1, "read": 1}
    assert "the limit where the resource sets none" in errors(stack.up(one(label="a")))[0]
    time.sleep(0.5)


def test_a_resource_of_somebody_else_is_read_and_never_deleted(stack: Stack) -> None:
    stack.cloud.things["theirs"] = {"label": "theirs", "size": 7}

    def program() -> None:
        thing = Thing("a", opts=Options(id="theirs"))
        pulumi.export("arn", thing.arn)

    shown = stack.preview(program)
    assert stack.cloud.calls == []
    assert ops(shown) == ["read a"]
    assert stack.up(program).outputs == {"arn": "arn:fake:theirs"}
    assert stack.preview(program).outputs == {"arn": "arn:fake:theirs"}
    stack.deployment.destroy()
    assert set(stack.cloud.things) == {"theirs"}


def test_a_resource_to_read_that_is_not_there_is_named(stack: Stack) -> None:
    result = stack.up(one(opts=Options(id="gone")))
    assert "`gone`" in errors(result)[0]


def test_options_are_recorded_in_state_as_the_real_pulumi_records_them(stack: Stack) -> None:
    def program() -> None:
        hook = pulumi.ResourceHook("h1", lambda args: None)
        a = Thing("a", size=1)
        hooks = pulumi.ResourceHookBinding(before_create=[hook], after_delete=[hook])
        options = Options(
            deleted_with=a,
            replacement_trigger="t1",
            hooks=hooks,
            hide_diffs=["size"],
            ignore_changes=["x"],
            replace_on_changes=["y"],
        )
        Thing("b", options, size=1)
        Thing("c", Options(replace_with=[a]), size=1)

    stack.up(program)
    document = json.loads((Path(__file__).parent / "recorded/options.json").read_text())
    theirs = {fields["urn"]: fields for fields in document["deployment"]["resources"]}
    ours = {fields["urn"]: fields for fields in json.loads(stack.file.read_text())["checkpoint"]["latest"]["resources"]}
    values = {"id", "inputs", "outputs", "provider", "created", "modified", "additionalSecretOutputs"}
    things = [urn for urn in theirs if "Thing" in urn]
    assert len(things) == 3
    for urn in things:
        told = {key: value for key, value in theirs[urn].items() if key not in {*values, "propertyDependencies"}}
        assert {key: ours[urn].get(key) for key in told} == told
        assert set(ours[urn]) - values <= {*told, "propertyDependencies"}
    assert stack.up(program).changes == {"same": 4}
    assert stack.cloud.calls == []
