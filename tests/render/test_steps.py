"""What people read before and after an operation."""

from __future__ import annotations

import json

from mlops_iac.engine.event import Op, PropertyDiff, Result, Step
from mlops_iac.engine.layers import group_by_layer
from mlops_iac.engine.values.value import UNKNOWN, Secret
from mlops_iac.render.graph import render_dot, render_mermaid
from mlops_iac.render.pulumi_json import result_json
from mlops_iac.render.steps import render_preview, render_steps

STACK = "urn:pulumi:a-dev::mlops-iac::pulumi:pulumi:Stack::mlops-iac-a-dev"
LAKE = "urn:pulumi:a-dev::mlops-iac::mlops-iac:index:DataLake::lake"
BUCKET = "urn:pulumi:a-dev::mlops-iac::mlops-iac:index:DataLake$aws:s3/bucket:Bucket::lake-bucket"
FLOW = "urn:pulumi:a-dev::mlops-iac::mlops-iac:index:StepFunctions::flow"
MACHINE = "urn:pulumi:a-dev::mlops-iac::mlops-iac:index:StepFunctions$aws:sfn/stateMachine:StateMachine::flow-machine"


def step(urn: str, op: Op = Op.CREATE, *, parent: str = STACK, custom: bool = True, **fields) -> Step:
    qualified, name = urn.split("::")[2:]
    return Step(op=op, urn=urn, type=qualified.split("$")[-1], name=name, parent=parent, custom=custom, **fields)


def steps(op: Op = Op.CREATE, bucket_op: Op | None = None, **bucket) -> list[Step]:
    return [
        step(STACK, op, parent="", custom=False),
        step(LAKE, op, custom=False),
        step(BUCKET, bucket_op or op, parent=LAKE, **bucket),
        step(FLOW, op, custom=False),
        step(MACHINE, op, parent=FLOW, new={"dependencies": [BUCKET]}),
    ]


def test_resources_are_grouped_by_the_component_that_holds_them():
    assert {layer: [s.name for s in members] for layer, members in group_by_layer(steps()).items()} == {
        "lake": ["lake", "lake-bucket"],
        "flow": ["flow", "flow-machine"],
    }


def test_a_preview_of_a_new_environment_names_layers_and_resources():
    result = Result(steps=tuple(steps()), changes={"create": 5}, outputs={}, seconds=0.5)
    assert render_preview(result, color=False) == (
        "  lake  DataLake\n"
        "     + bucket  aws:s3/bucket:Bucket\n"
        "  flow  StepFunctions\n"
        "     + machine  aws:sfn/stateMachine:StateMachine\n"
        "\n"
        "  5 to create"
    )


def test_an_unchanged_environment_shows_only_the_count():
    result = Result(steps=tuple(steps(Op.SAME)), changes={"same": 5}, outputs={}, seconds=0.1)
    assert render_preview(result, color=False) == "  5 unchanged"


def test_a_change_shows_old_and_new_and_never_a_secret():
    diff = {
        "tags.owner": PropertyDiff(kind="update", old="a", new="b"),
        "token": PropertyDiff(kind="update", old=Secret("hunter2"), new=Secret("hunter3")),
        "bucket": PropertyDiff(kind="update-replace", old="x", new=UNKNOWN),
    }
    text = render_steps(steps(Op.SAME, Op.UPDATE, diff=diff), color=False)
    assert 'tags.owner: "a" → "b"' in text
    assert "token: [secret] → [secret]" in text
    assert "(known after up)  forces a replacement" in text
    assert "hunter" not in text


def test_a_changed_document_shows_what_changed_inside_it():
    old, new = (
        json.dumps({"States": {"Train": {"Type": "Task", "Retry": 1}}}),
        json.dumps({"States": {"Train": {"Type": "Task", "Retry": 2}}}),
    )
    text = render_steps(
        steps(Op.SAME, Op.UPDATE, diff={"definition": PropertyDiff(kind="update", old=old, new=new)}), color=False
    )
    assert "definition › States.Train.Retry: 1 → 2" in text
    assert "Type" not in text


def test_there_is_no_colour_unless_asked_for():
    result = Result(steps=tuple(steps()), changes={"create": 5}, outputs={}, seconds=0.5)
    assert "\033[" not in render_preview(result, color=False)
    assert "\033[" in render_preview(result, color=True)


def test_json_has_the_shape_of_pulumis_own_preview():
    changed = steps(Op.SAME, Op.UPDATE, diff={"tags.owner": PropertyDiff(kind="update", old="a", new="b")})
    body = result_json(Result(steps=tuple(changed), changes={"same": 4, "update": 1}, outputs={}, seconds=1.0))
    assert set(body) == {"config", "steps", "duration", "changeSummary"}
    assert [(s["op"], s["urn"]) for s in body["steps"]] == [("same", STACK), ("update", BUCKET)]
    assert body["steps"][1]["diffReasons"] == ["tags"]
    assert body["steps"][1]["detailedDiff"] == {"tags.owner": {"kind": "update", "inputDiff": True}}
    assert body["duration"] == 1_000_000_000


def test_the_picture_has_a_box_a_layer_and_an_arrow_a_dependency():
    assert render_mermaid(steps()).splitlines() == [
        "flowchart LR",
        '  flow["flow<br/>1 resource"]',
        '  lake["lake<br/>1 resource"]',
        "  lake --> flow",
    ]
    assert '  "lake-bucket" -> "flow-machine";' in render_dot(steps(), resources=True)


def many(layers: int, each: int = 3, op: Op = Op.CREATE) -> list[Step]:
    found: list[Step] = []
    for number in range(layers):
        layer = f"layer{number}"
        parent = f"urn:pulumi:a-dev::p::mlops-iac:index:DataLake::{layer}"
        found.append(Step(op=op, urn=parent, type="mlops-iac:index:DataLake", name=layer, custom=False))
        for member in range(each):
            urn = f"urn:pulumi:a-dev::p::aws:s3/bucket:Bucket::{layer}-{member}"
            found.append(Step(op=op, urn=urn, type="aws:s3/bucket:Bucket", name=f"{layer}-{member}", parent=parent))
    return found


def preview_of(steps: list[Step], **how: bool) -> str:
    return render_preview(Result(steps=tuple(steps), changes={"create": 1}, outputs={}, seconds=0), color=False, **how)


def test_a_preview_of_many_creates_has_a_line_a_layer():
    lines = preview_of(many(8)).splitlines()
    assert lines[0] == "  + layer0   3 resources  DataLake: 3 Bucket"
    assert len(lines) == 8 + 3, "a line a layer, an empty one, the counts, and how to see more"
    assert "preview --full" in lines[-1]


def test_all_of_them_can_be_had():
    assert "layer0-2" not in preview_of(many(8))
    for how in ({"full": True}, {"details": True}):
        assert preview_of(many(8), **how).count("aws:s3/bucket:Bucket") == 24


def test_a_short_preview_and_a_layer_that_was_there_are_not_folded():
    assert preview_of(many(2)).count("aws:s3/bucket:Bucket") == 6
    changed = many(8)
    changed[0] = Step(op=Op.SAME, urn=changed[0].urn, type=changed[0].type, name="layer0", custom=False)
    assert preview_of(changed).count("aws:s3/bucket:Bucket") == 3
