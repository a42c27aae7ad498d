"""What of an operation is shown on a terminal of a given size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.event import Op, Step, StepDone, Summary
from mlops_iac.render.layout import lay_out, lay_out_end, render_lines
from mlops_iac.render.tree import Tree
from tests.render.conftest import STACK, Clock, Story, component, resource

REFUSED = CloudError("Cloud refused a request.", "S3 says no.")


def drawn(tree: Tree, *, height: int = 24, width: int = 80) -> list[str]:
    return render_lines(lay_out(tree.frame(), height), width=width, color=False)


def test_what_runs_stands_under_its_layer_with_the_time_it_has_taken(story, tree, clock):
    story.begin(component("lake"), resource("lake", "bucket"), resource("lake", "policy"))
    story.end(resource("lake", "bucket"), after=1.5)
    clock.now += 2
    assert drawn(tree) == [
        "   ⠴ lake          3.5 s  DataLake: 1 created",
        "       + bucket    1.5 s  created aws:s3/bucket:Bucket",
        "       ⠴ policy    3.5 s  creating aws:s3/bucket:Bucket",
        "",
        "  3.5 s  1 running, 1 created",
    ]


def test_what_a_refresh_finds_first_is_not_counted_as_done(story, tree):
    gone = resource("lake", "bucket", Op.DELETE)
    story.begin(component("lake"), gone)
    tree(StepDone(step=gone, seconds=1.0, found=True))
    assert not any("bucket" in line or "deleted" in line for line in drawn(tree))


def test_a_layer_that_is_done_is_one_line(story, tree):
    bucket = resource("lake", "bucket")
    story.begin(component("lake"), bucket).end(bucket, after=1).end(component("lake"))
    tree(Summary(changes={}, seconds=1, outcome="succeeded"))
    assert drawn(tree) == ["   ✓ lake    1.0 s  DataLake: 1 created", "", "  1.0 s  2 created"]


def test_no_layer_is_ticked_off_before_its_last_resource(story, tree):
    """A component tells its outputs when its program is through; its resources are registered meanwhile, and later."""
    bucket, late = resource("lake", "bucket"), resource("lake", "late")
    story.begin(component("lake"), bucket).end(bucket, after=1).end(component("lake"))
    assert drawn(tree)[0].split()[:2] == ["·", "lake"]
    story.begin(late)
    assert drawn(tree)[0].split()[1] == "lake"
    story.end(late, after=1)
    tree(Summary(changes={}, seconds=2, outcome="succeeded"))
    assert drawn(tree)[0].split()[:2] == ["✓", "lake"]


def test_a_layer_whose_component_is_still_open_is_not_ticked_off(story, tree):
    bucket = resource("lake", "bucket")
    story.begin(component("lake"), bucket).end(bucket, after=1)
    assert drawn(tree)[0].split()[0] == "·"


def test_unchanged_layers_are_only_counted(story, tree):
    steps = component("lake", Op.SAME), resource("lake", "bucket", Op.SAME)
    story.begin(*steps).end(*steps)
    assert drawn(tree) == ["  0.0 s  2 unchanged"]


def test_a_replacement_is_counted_once_and_its_parts_take_time(story, tree):
    new, old = (resource("lake", "bucket", op, logical=False) for op in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED))
    whole = resource("lake", "bucket", Op.REPLACE)
    story.begin(component("lake", Op.SAME), new).end(new, after=2)
    story.begin(whole).end(whole).begin(old).end(old, after=1)
    lines = drawn(tree)
    assert "DataLake: 1 replaced" in lines[0]
    assert [line.split()[:2] for line in lines[1:3]] == [["++", "bucket"], ["--", "bucket"]]
    assert lines[-1] == "  3.0 s  1 replaced"


def test_a_failure_stays_in_sight_and_at_the_end(story, tree):
    bucket = resource("lake", "bucket")
    story.begin(component("lake"), bucket).fail(bucket, REFUSED, after=0.5)
    assert drawn(tree)[:2] == [
        "   ✗ lake          0.5 s  DataLake: 1 failed",
        "       ✗ bucket    0.5 s  creating aws:s3/bucket:Bucket failed",
    ]
    end = render_lines(lay_out_end(tree.frame()), width=80, color=False)
    assert [line.split()[:2] for line in end] == [["✗", "lake"], ["✗", "bucket"]]


def test_after_a_failure_no_layer_is_ticked_off(story, tree):
    """Its components are closed, and still nobody knows whether they are whole."""
    bucket, machine = resource("lake", "bucket"), resource("flow", "machine")
    story.begin(component("lake"), bucket, component("flow"), machine).fail(bucket, REFUSED).end(machine)
    story.end(component("lake"), component("flow"))
    tree(Summary(changes={}, seconds=1, outcome="failed"))
    end = render_lines(lay_out_end(tree.frame()), width=80, color=False)
    assert [line.split()[:2] for line in end] == [["✗", "lake"], ["✗", "bucket"], ["·", "flow"]]


def test_a_destroy_knows_its_layers_before_their_components_are_deleted(story, tree):
    bucket = resource("lake", "bucket", Op.DELETE)
    story.begin(bucket).end(bucket, after=1)
    assert drawn(tree)[0].split()[:2] == ["·", "lake"]
    story.begin(component("lake", Op.DELETE)).end(component("lake", Op.DELETE))
    assert drawn(tree)[0].split()[:2] == ["✓", "lake"]


def test_when_there_is_no_room_layers_that_are_done_are_one_line_together(story, tree):
    for number in range(12):
        bucket = resource(f"layer{number}", "bucket")
        story.begin(component(f"layer{number}"), bucket).end(bucket, after=1).end(component(f"layer{number}"))
    story.begin(component("flow"), resource("flow", "machine"))
    lines = drawn(tree, height=10)
    assert lines[0].startswith("   · 12 layers at rest")
    assert "layer0, layer1" in lines[0]
    assert [line.split()[1] for line in lines[1:3]] == ["flow", "machine"]
    assert len(lines) <= 10


def test_when_more_runs_than_fits_the_longest_running_stay(story, tree, clock):
    story.begin(component("lake"))
    for number in range(30):
        clock.now += 1
        story.begin(resource("lake", f"bucket{number}"))
    lines = drawn(tree, height=8)
    assert [line.split()[1] for line in lines[:5]] == [f"lake-bucket{n}" for n in range(5)]
    assert lines[5].split() == ["…", "and", "25", "more"]
    assert len(lines) == 8


def test_a_narrow_terminal_cuts_names_and_leaves_out_notes(story, tree):
    story.begin(component("lake"), resource("lake", "a-bucket-with-a-very-long-name-indeed"))
    lines = drawn(tree, width=30)
    assert lines[1].endswith("…    0.0 s")
    assert all(len(line) <= 30 for line in lines)


def test_there_are_no_colour_codes_unless_asked_for(story, tree):
    story.begin(component("lake"), resource("lake", "bucket"))
    frame = tree.frame()
    assert not any("\033" in line for line in render_lines(lay_out(frame, 24), width=80, color=False))
    assert any("\033" in line for line in render_lines(lay_out(frame, 24), width=80, color=True))


def test_the_stack_and_default_providers_have_no_line(story, tree):
    stack = Step(op=Op.CREATE, urn=STACK, type="pulumi:pulumi:Stack", name="x", custom=False)
    provider = Step(
        op=Op.CREATE, urn="urn:pulumi:a-dev::mlops-iac::pulumi:providers:aws::default_7", type="pulumi:providers:aws",
        name="default_7",
    )  # fmt: skip
    story.begin(stack, provider).end(provider, stack)
    assert drawn(tree) == ["  0.0 s  1 created"]


@pytest.mark.parametrize(("seconds", "text"), [(3.25, "3.2 s"), (99.94, "99.9 s"), (125, "2 m 05 s")])
def test_time_is_told_in_at_most_eight_cells(seconds, text, story, tree):
    story.begin(component("lake"), resource("lake", "bucket")).end(resource("lake", "bucket"), after=seconds)
    assert f"{text:>8}" in drawn(tree)[0]


MOVES = st.lists(
    st.tuples(st.sampled_from(["begin", "end", "fail"]), st.integers(0, 4), st.integers(0, 6), st.floats(0, 90)),
    max_size=60,
)


@given(moves=MOVES, height=st.integers(1, 40), width=st.integers(20, 120))
def test_no_frame_is_higher_or_wider_than_its_terminal(moves, height, width):
    clock = Clock()
    tree = Tree(clock)
    story = Story(tree, clock)
    for what, layer, child, seconds in moves:
        name = f"layer{layer}"
        if child == 0:
            getattr(story, "end" if what == "fail" else what)(component(name))
        elif what == "fail":
            story.fail(resource(name, f"thing{child}"), REFUSED, seconds)
        elif what == "end":
            story.end(resource(name, f"thing{child}"), after=seconds)
        else:
            story.begin(resource(name, f"thing{child}"))
        lines = drawn(tree, height=height, width=width)
        assert len(lines) <= height
        assert all(len(line) <= width for line in lines)
