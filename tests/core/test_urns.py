"""URNs are taken apart in one place; nobody else cuts them as text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mlops_iac.core import urns
from mlops_iac.core.urns import STACK_TYPE, ProviderReference, Urn

ROOT = Path(__file__).parents[2]
PRODUCT = sorted(path for top in ("mlops_iac", "components", "blueprints") for path in (ROOT / top).rglob("*.py"))

STACK = f"urn:pulumi:a-dev::lab::{STACK_TYPE}::lab-a-dev"
BOX = "urn:pulumi:a-dev::lab::mlops-iac:index:Box::box"
THING = "urn:pulumi:a-dev::lab::mlops-iac:index:Box$aws:s3/bucket:Bucket::box-thing"


@pytest.mark.parametrize("text", [STACK, BOX, THING, f"{BOX}::with::colons", BOX[: -len("box")]])
def test_a_urn_is_taken_apart_and_put_together(text: str) -> None:
    assert str(urns.parse(text)) == text
    assert urns.parse(text).stack == "a-dev"


@pytest.mark.parametrize("text", ["", "box", "urn:pulumi:a::b::c", "urn:other:a::b::c::d", "urn:pulumi:a::b::::d"])
def test_what_is_no_urn_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="not a Pulumi URN"):
        urns.parse(text)


def test_a_childs_type_names_its_parents_except_the_stack() -> None:
    assert str(urns.parse(STACK).child("mlops-iac:index:Box", "box")) == BOX
    assert str(urns.parse(BOX).child("aws:s3/bucket:Bucket", "box-thing")) == THING
    assert urns.parse(THING).type == "aws:s3/bucket:Bucket"
    assert urns.make("b-dev", "lab", "aws:s3/bucket:Bucket", "box-thing", BOX) == str(
        urns.parse(THING).in_stack("b-dev")
    )


def test_a_reference_to_a_provider_is_its_urn_and_its_id() -> None:
    urn = "urn:pulumi:a-dev::lab::pulumi:providers:aws::default"
    assert ProviderReference.parse(f"{urn}::4-2") == (urn, "4-2")
    assert str(ProviderReference(urn, "4-2")) == f"{urn}::4-2"
    assert ProviderReference(urn, "4-2").type == "pulumi:providers:aws"
    assert Urn.parse(urn).type == "pulumi:providers:aws"


def test_nobody_else_cuts_urns_as_text() -> None:
    """Who writes `::` by itself, or the start of a URN, takes one apart or puts one together."""
    found = set()
    for path in PRODUCT:
        tree = ast.parse(path.read_text())
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said}
        if any(text == "::" or (isinstance(text, str) and text.startswith("urn:pulumi")) for text in texts):
            found.add(path.relative_to(ROOT).as_posix())
    assert found == {
        "mlops_iac/core/urns.py",
        "mlops_iac/engine/state/journal.py",  # a pattern that finds whole ones in what is left of a line
        "mlops_iac/cloud/iam/reference.py",  # ARNs
        "mlops_iac/doctor/checks/permissions.py",  # ARNs
    }
