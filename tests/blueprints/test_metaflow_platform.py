"""metaflow-platform under Pulumi's mocks: what it makes, and what it refuses with the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.core.errors import MlopsError
from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import STACK
from tests.support.flows import flow_text
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import ACCOUNT, REGION, Made, run_program


def write(root: Path, files: dict[str, str] | None = None, more: str = "") -> Path:
    (root / "stacks").mkdir()
    (root / "code").mkdir()
    found = {"flow.py": flow_text(), "requirements.txt": "metaflow>=2.19\n"} if files is None else files
    for name, text in found.items():
        (root / "code" / name).parent.mkdir(exist_ok=True)
        (root / "code" / name).write_text(text)
    stack = STACK.replace("tabular-batch", "metaflow-platform")
    (root / "stacks/Pulumi.screening-dev.yaml").write_text(stack + more)
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return run_program(load(write(tmp_path_factory.mktemp("metaflow")), "screening-dev").run)


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/metaflow-platform.tree.txt", "\n".join(made.tree()) + "\n")


def test_tasks_reach_the_datastore_and_the_table_and_no_more(made: Made) -> None:
    statements = json.loads(made.get("batch-job-policy", "RolePolicy")["policy"])["Statement"]
    by_sid = {one["Sid"]: one for one in statements}
    assert any(resource.endswith("/metaflow/*") for resource in by_sid["LakeWrite"]["Resource"])
    assert by_sid["FlowItems"]["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    assert by_sid["FlowItems"]["Resource"] == [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/screening-dev-flow"]


def refusal(root: Path) -> MlopsError:
    with pytest.raises(MlopsError) as refused:
        run_program(load(root, "screening-dev").run)
    return refused.value


def test_a_flow_that_is_not_there_is_told_at_its_line(tmp_path: Path) -> None:
    options = "  mlops-iac:options:\n    flows: {training: flw.py}\n"
    root = write(tmp_path, {"flow.py": flow_text(), "requirements.txt": "metaflow"}, options)
    problem = refusal(root).problems[0]
    assert problem.summary == "A flow is missing."
    assert problem.line == 9
    assert "Did you mean `flow.py`?" in problem.hint


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    options = "  mlops-iac:options:\n    flows: {one: one.py, two: two.py, three: three.py}\n"
    files = {"one.py": flow_text("Same"), "two.py": flow_text("Same"), "three.py": "def x(:\n"}
    problems = refusal(write(tmp_path, files, options)).problems
    assert {one.summary for one in problems} == {
        "Metaflow is missing.",
        "The flow is no Python.",
        "Two flows have one name.",
    }


def test_a_flow_outside_the_code_folder_is_not_read(tmp_path: Path) -> None:
    root = write(tmp_path, {"requirements.txt": "metaflow"})
    (root / "elsewhere.py").write_text(flow_text())
    (root / "code/flow.py").symlink_to(root / "elsewhere.py")
    assert refusal(root).summary == "A flow is missing."


def test_a_pipeline_of_steps_is_refused_with_the_reason(tmp_path: Path) -> None:
    step = "steps:\n  look: {kind: notify, subject: hello, message: hello}\n"
    files = {"flow.py": flow_text(), "requirements.txt": "metaflow", "look.py": "", "pipelines/own.yaml": step}
    error = refusal(write(tmp_path, files))
    assert "on Metaflow the team's own flow is the pipeline" in str(error)


def test_the_option_of_other_blueprints_says_where_to_go(tmp_path: Path) -> None:
    root = write(tmp_path, more="  mlops-iac:options:\n    orchestrator: metaflow\n")
    file = root / "stacks/Pulumi.screening-dev.yaml"
    file.write_text(file.read_text().replace("metaflow-platform", "tabular-batch"))
    with pytest.raises(MlopsError) as refused:
        load(root, "screening-dev")
    assert "`blueprint: metaflow-platform`" in str(refused.value)
