"""The README, read and done: its commands in its order, by the real CLI, on real data, each printing what is shown.

Each test goes on where the last one stopped, and looks behind what was shown.
"""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from mlops_iac.cloud.process import EmbeddedCloud
from tests.docs.pages import CHECKOUT, read_blocks
from tests.docs.reader import Reader
from tests.e2e.conftest import Cli
from tests.support.leftovers import find_leftovers
from tests.support.rights import allowed_idle_rights, idle_rights

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("readme-story")]

Story = tuple[Cli, Path]
README = CHECKOUT / "README.md"


def clients_of(folder: Path):
    return EmbeddedCloud(folder / ".mlops-iac/cloud").clients("eu-west-1")


@pytest.fixture(scope="module")
def readme(story: Story) -> Reader:
    return Reader(README, story[1])


def test_new_writes_the_stack_file(story: Story, readme: Reader):
    readme.until("mlops-iac new --team screening --env dev --blueprint tabular-batch")
    text = (story[1] / "stacks/Pulumi.screening-dev.yaml").read_text()
    assert "mlops-iac:code: examples/screening" in text


def test_preview_works_before_anything_is_running(story: Story, readme: Reader):
    cli, folder = story
    shown = readme.until("mlops-iac preview screening-dev")
    body = cli("preview", "screening-dev", "--json").json
    assert body["changeSummary"]["create"] == len(body["steps"])
    assert f"{len(body['steps'])} to create" in shown
    assert not (folder / ".mlops-iac/state").exists()
    assert not (folder / ".mlops-iac/cloud/cloud.json").exists()


def picture() -> str:
    (drawn,) = [block.text for block in read_blocks(README) if block.kind == "mermaid"]
    return drawn


def test_the_picture_in_the_readme_is_what_graph_draws(story: Story):
    cli, _ = story
    assert cli("graph", "screening-dev").out == picture()


def test_up_makes_what_the_preview_showed(story: Story, readme: Reader):
    cli, folder = story
    promised = cli("preview", "screening-dev", "--json").json["changeSummary"]
    done = readme.until("mlops-iac up screening-dev --yes")
    assert f"{promised['create']} created" in done
    checkpoint = folder / ".mlops-iac/state/.pulumi/stacks/mlops-iac/screening-dev.json"
    assert stat.S_IMODE(checkpoint.stat().st_mode) == 0o600


def test_up_again_changes_nothing_and_the_preview_says_so(story: Story):
    cli, _ = story
    assert set(cli("up", "screening-dev", "--yes", "--json").json["changeSummary"]) == {"same"}
    cli("preview", "screening-dev", "--expect-no-changes")


def test_the_picture_of_what_is_deployed_is_the_same(story: Story):
    cli, _ = story
    assert cli("graph", "screening-dev").out == picture()
    drawn = cli("graph", "screening-dev", "--resources").out
    assert drawn == cli("graph", "screening-dev", "--resources", "--preview").out


def test_outputs_name_the_bucket_and_the_pipeline(story: Story):
    cli, _ = story
    assert cli("outputs", "screening-dev", "stores.lake.bucket").out.startswith("screening-dev-lake-")
    assert cli("outputs", "screening-dev", "--json").json["pipelines"]["training"]["target"] == "step-functions"


def test_predict_before_the_first_run_says_what_to_do(story: Story):
    cli, _ = story
    done = cli("predict", "screening-dev", "--data", "examples/screening/sample.json", code=1)
    assert "mlops-iac run screening-dev training" in done.err


def test_data_goes_into_the_lake_encrypted_and_tagged(story: Story, readme: Reader):
    cli, folder = story
    readme.until("mlops-iac data put screening-dev examples/screening/data raw/")
    assert "breast_cancer.csv" in cli("data", "ls", "screening-dev", "raw/").out
    bucket = cli("outputs", "screening-dev", "stores.lake.bucket").out.strip()
    s3 = clients_of(folder)("s3")
    head = s3.head_object(Bucket=bucket, Key="raw/breast_cancer.csv")
    assert head["ServerSideEncryption"] == "aws:kms"
    tags = s3.get_object_tagging(Bucket=bucket, Key="raw/breast_cancer.csv")["TagSet"]
    assert {"Key": "mlops-iac:stack", "Value": "screening-dev"} in tags


def test_a_run_trains_evaluates_and_deploys_a_model(story: Story, readme: Reader):
    cli, _ = story
    readme.until("mlops-iac run screening-dev training --follow")
    (latest,) = cli("runs", "screening-dev", "--json").json["runs"]
    run = cli("runs", "screening-dev", latest["id"], "--json").json
    assert run["status"] == "succeeded"
    assert run["metrics"]["auc"] > 0.98
    assert [(s["name"], s["status"]) for s in run["steps"]] == [
        (name, "succeeded") for name in ("validate", "prepare", "train", "evaluate", "gate", "register", "deploy")
    ]


def test_the_deployed_model_answers(readme: Reader):
    out = readme.until("mlops-iac predict screening-dev --data examples/screening/sample.json")
    assert len(re.findall(r"^row", out, re.MULTILINE)) == 5


def test_a_weak_model_is_refused_and_the_old_one_keeps_serving(story: Story, readme: Reader):
    cli, folder = story
    before = cli("predict", "screening-dev", "--data", "examples/screening/sample.json").out
    config = clients_of(folder)("sagemaker").describe_endpoint(EndpointName="screening-dev-endpoint")
    readme.until("mlops-iac run screening-dev training --follow --parameters examples/screening/weak.yaml")
    after = clients_of(folder)("sagemaker").describe_endpoint(EndpointName="screening-dev-endpoint")
    assert after["EndpointConfigName"] == config["EndpointConfigName"]
    assert readme.until("mlops-iac predict screening-dev --data examples/screening/sample.json") == before


def test_the_history_has_both_runs_with_metrics(story: Story):
    cli, _ = story
    runs = cli("runs", "screening-dev", "--json").json["runs"]
    assert [run["status"] for run in runs] == ["refused", "succeeded"]
    assert runs[0]["metrics"]["auc"] < 0.9 < runs[1]["metrics"]["auc"]
    logs = cli("logs", "screening-dev", runs[1]["id"], "train").out
    assert "auc" in logs.lower() or "trained" in logs.lower() or "accuracy" in logs.lower()


def test_every_right_of_a_role_is_needed_or_has_a_reason_to_be_idle(story: Story):
    """Each statement is taken away in thought: something that the runs above asked for must then be refused."""
    told = EmbeddedCloud(story[1] / ".mlops-iac/cloud").rights()
    assert told["refused"] == []
    assert idle_rights(told, "screening-dev") == allowed_idle_rights(Path(__file__).with_name("idle_rights.yaml"))


def test_a_right_that_is_taken_away_stops_the_run_and_the_error_says_what_to_grant(story: Story):
    cli, folder = story
    iam, role = clients_of(folder)("iam"), "screening-dev-compute-job-role"
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    left = [statement for statement in document["Statement"] if statement["Sid"] != "LakeRead"]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": left}))
    done = cli("run", "screening-dev", "training", "--follow", code=1)
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert f"assumed-role/{role}/SageMaker is not authorized to perform: s3:GetObject" in done.err
    assert f"hint: grant the role {role} `s3:GetObject` on `arn:aws:s3:::screening-dev-lake-" in done.err


def test_everything_survives_a_restart_of_the_cloud(story: Story):
    cli, _ = story
    cli("cloud", "stop")
    cli("cloud", "start")
    cli("preview", "screening-dev", "--expect-no-changes")
    assert cli("predict", "screening-dev", "--data", "examples/screening/sample.json").out.count("row") >= 5


def test_a_changed_option_changes_exactly_that(story: Story):
    cli, folder = story
    file = folder / "stacks/Pulumi.screening-dev.yaml"
    text = file.read_text()
    assert "# monthly_budget_usd: 100" in text
    file.write_text(text.replace("# monthly_budget_usd: 100", "monthly_budget_usd: 250"))
    preview = cli("preview", "screening-dev", "--json").json
    changed = [step for step in preview["steps"] if step["op"] != "same"]
    assert [step["op"] for step in changed] == ["update"]
    assert changed[0]["urn"].endswith("aws:budgets/budget:Budget::monitoring-budget")
    assert list(changed[0]["detailedDiff"]) == ["limitAmount"]
    assert cli("up", "screening-dev", "--yes", "--json").json["changeSummary"]["update"] == 1
    cli("preview", "screening-dev", "--expect-no-changes")


def test_a_second_team_lives_beside_it_untouched(story: Story):
    cli, folder = story
    cli("new", "--team", "churn", "--env", "dev", "--blueprint", "tabular-batch", "--code", "examples/screening")
    cli("up", "churn-dev", "--yes")
    clients = clients_of(folder)
    assert find_leftovers(clients, "churn-dev")
    before = find_leftovers(clients, "screening-dev")
    cli("destroy", "churn-dev", "--yes")
    assert find_leftovers(clients, "churn-dev") == []
    assert find_leftovers(clients, "screening-dev") == before
    cli("preview", "screening-dev", "--expect-no-changes")


def test_destroy_leaves_nothing(story: Story, readme: Reader):
    cli, folder = story
    assert find_leftovers(clients_of(folder), "screening-dev")
    readme.until("mlops-iac destroy screening-dev --yes")
    assert find_leftovers(clients_of(folder), "screening-dev") == []
    cli("outputs", "screening-dev", code=6)


def test_the_readme_ends_with_nothing_running(story: Story, readme: Reader):
    cli, _ = story
    readme.to_the_end()
    assert cli("cloud", "status", "--json").json["running"] is False
