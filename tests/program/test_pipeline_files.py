"""A team's pipelines in YAML: what they do to the blueprint's, and what is said about each mistake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.core.errors import ConfigError, PipelineError, Problem
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromParameter, FromStep
from mlops_iac.program.pipeline_files import MOST_FILES, Written, read_pipelines

OWN = training(TabularBatchOptions())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "team/pipelines").mkdir(parents=True)
    return tmp_path / "team"


def read(folder: Path, **files: str) -> dict[str, Written]:
    for name, text in files.items():
        (folder / f"pipelines/{name.replace('_', '-')}.yaml").write_text(text)
    return {one.pipeline.name: one for one in read_pipelines(folder.parent, folder, (OWN,))}


def changed(folder: Path, text: str) -> Pipeline:
    return read(folder, training=f"extends: training\n{text}")["training"].pipeline


def refused(folder: Path, **files: str) -> list[Problem]:
    with pytest.raises(ConfigError) as error:
        read(folder, **files)
    return [*error.value.problems]


def names(pipeline: Pipeline) -> list[str]:
    return [step.name for step in pipeline.ordered]


def test_without_files_the_blueprints_pipelines_are_as_they_are(folder: Path) -> None:
    assert read(folder)["training"] == Written(pipeline=OWN)
    (folder / "pipelines").rmdir()
    assert [*read(folder)] == ["training"]


def test_a_file_that_changes_nothing_changes_nothing(folder: Path) -> None:
    assert changed(folder, "steps: {}") == OWN


def test_a_step_is_added_and_others_wait_for_it(folder: Path) -> None:
    pipeline = changed(
        folder,
        """
steps:
  augment:
    kind: processing
    script: augment.py
    inputs: {train: prepare.train}
    outputs: {train: {zone: features, folder: more}}
  train:
    channels: {train: augment.train}
""",
    )
    assert names(pipeline) == ["validate", "prepare", "augment", "train", "evaluate", "gate", "register", "deploy"]
    train = pipeline.get_step("train")
    assert train.channels == {"train": FromStep(step="augment", output="train")}  # type: ignore[attr-defined]
    assert train.script == "train.py", "what is not written stays"  # type: ignore[attr-defined]


def test_a_step_is_taken_away_with_the_parameters_that_only_it_read(folder: Path) -> None:
    pipeline = changed(folder, "steps:\n  gate:\n  register:\n  deploy:\n")
    assert names(pipeline) == ["validate", "prepare", "train", "evaluate"]
    assert [parameter.name for parameter in pipeline.parameters] == ["data", "hyperparameters"]


def test_a_step_is_moved_behind_another(folder: Path) -> None:
    assert "evaluate" in changed(folder, "steps: {deploy: {after: [evaluate]}}").get_step("deploy").after


def test_a_step_with_a_kind_is_written_anew(folder: Path) -> None:
    step = "{kind: processing, script: v.py, inputs: {data: parameters.data}, outputs: {data: {zone: raw}}}"
    validate = changed(folder, f"steps: {{validate: {step}}}").get_step("validate")
    assert (validate.script, validate.outputs["data"].zone) == ("v.py", "raw")  # type: ignore[attr-defined]


def test_machines_know_where_they_are_written(folder: Path) -> None:
    pipeline = changed(folder, "steps: {train: {job: {max_minutes: 5}}, prepare: {script: p.py}}")
    told = {step.name: job.settings for step in pipeline.ordered for job in step.jobs()}
    assert told["train"] == "team/pipelines/training.yaml: steps.train.job"
    assert told["prepare"] == "instances.prepare", "as the options say it"


def test_a_parameter_is_changed_and_one_is_added(folder: Path) -> None:
    pipeline = changed(
        folder,
        """
parameters:
  data: {default: raw/new/}
  rows: {type: number, default: 3, minimum: 1, maximum: 9, description: How many rows are looked at.}
steps:
  validate: {arguments: {rows: parameters.rows}}
""",
    )
    assert pipeline.defaults["data"] == "raw/new/"
    assert pipeline.get_step("validate").arguments["rows"] == FromParameter(parameter="rows")  # type: ignore[attr-defined]


def test_a_team_has_pipelines_of_its_own(folder: Path) -> None:
    text = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  copy: {kind: processing, script: c.py, inputs: {data: parameters.data}, outputs: {data: {zone: curated}}}
"""
    found = read(folder, refresh=text, again="extends: training\nsteps: {deploy: }\n")
    assert [*found] == ["training", "again", "refresh"]
    assert names(found["refresh"].pipeline) == ["copy"]
    assert found["training"].document is None
    assert found["again"].file == "team/pipelines/again.yaml"


STEP = "kind: processing, script: a.py, inputs: {d: parameters.data}, outputs: {d: {zone: raw}}"


@pytest.mark.parametrize(
    ("text", "line", "path", "words"),
    [
        ("steps: {}", 1, "steps", "at least 1 item"),
        ("extends: trainin\nsteps: {}", 1, "extends", "did you mean `training`?"),
        ("extend: training", 1, "extend", "did you mean `extends`?"),
        ("steps:\n  a: {script: a.py}", 2, "steps.a", "A new step says its `kind`"),
        ("extends: training\nsteps:\n  trin: {script: a.py}", 3, "steps.trin", "did you mean `train`?"),
        ("steps:\n  a: {kind: procesing}", 2, "steps.a.kind", "did you mean `processing`?"),
        (f"steps:\n  a: {{{STEP},\n      scrip: a.py}}", 3, "steps.a.scrip", "did you mean `script`?"),
        ("extends: training\nsteps:\n  train: {job: {max_minutes: 0}}", 3, "train.job.max_minutes", "Value given: 0"),
        ("extends: training\nsteps:\n  train: {job: {settings: x}}", 3, "steps.train.job.settings", "not known here"),
        ("extends: training\nsteps:\n  gate:\n", 3, "register.gate", "It is taken away here."),
        ("extends: training\nsteps:\n  gat:\n", 3, "steps.gat", "did you mean `gate`?"),
        ("extends: training\nparameters: {dat: }\n", 2, "parameters.dat", "did you mean `data`?"),
        ("extends: training\nparameters: {dat: {type: string, default: x}}", 2, "parameters.dat", "No step reads"),
        ("extends: training\nparameters: {data: {type: integer}}", 2, "parameters.data.type", "prefix, string"),
        ("extends: training\nparameters: {data: {minimum: 3}}", 2, "parameters.data", "only a number has a minimum"),
        ("extends: training\nsteps:\n  validate: {after: [deploy]}", 3, "validate.after", "wait for each other"),
        ("extends: training\nsteps:\n  train: {channels: {train: prepare.trn}}", 3, "train.channels.train", "`train`?"),
        ("extends: training\nsteps:\n  train: {channels: {train: prepare}}", 3, "train.channels.train", "step.out"),
        (f"steps:\n  a: {{{STEP}}}", 2, "a.inputs.d", "no parameter `data`"),
        ("- a", 1, "", "must be a mapping"),
        ("steps:\n  A: {kind: processing}", 2, "steps", "wrong form"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_line(folder: Path, text: str, line: int, path: str, words: str) -> None:
    (problem, *_) = refused(folder, mine=text)
    assert (problem.file, problem.line) == ("team/pipelines/mine.yaml", line), problem
    assert path in problem.path
    assert words in str(problem)


def test_all_mistakes_of_all_files_are_told_at_once(folder: Path) -> None:
    found = refused(folder, one="steps: {a: {script: x}}", two="extends: x\nsteps: {b: {kind: y}}")
    assert [problem.file for problem in found] == ["team/pipelines/one.yaml"] + ["team/pipelines/two.yaml"] * 2


def test_the_blueprints_name_is_taken_unless_it_is_extended(folder: Path) -> None:
    (problem, *_) = refused(folder, training=f"steps:\n  a: {{{STEP}}}")
    assert "add `extends: training`" in problem.hint


def test_strangers_files_are_refused(folder: Path, tmp_path: Path) -> None:
    place = folder / "pipelines"
    (place / "a.yml").write_text("steps: {}")
    assert "end in .yaml" in refused(folder)[0].detail
    (place / "a.yml").unlink()
    assert "no name for a pipeline" in str(refused(folder, Not_A_Name="steps: {}")[0])
    (place / "Not-A-Name.yaml").unlink()
    os.symlink("/etc/passwd", place / "linked.yaml")
    assert "link out of the project" in str(refused(folder)[0])
    (place / "linked.yaml").unlink()
    os.mkfifo(place / "pipe.yaml")
    assert "not a file" in str(refused(folder)[0])
    (place / "pipe.yaml").unlink()
    for number in range(MOST_FILES + 1):
        (place / f"p{number}.yaml").write_text("steps: {}")
    assert "Too many" in refused(folder)[0].summary


def test_an_error_of_a_compiler_is_placed_at_its_step(folder: Path) -> None:
    written = read(folder, training="extends: training\nsteps:\n  train: {after: [prepare]}\n")["training"]
    error = written.placed(PipelineError.of([Problem(path="train", summary="No."), Problem(path="x", summary="No.")]))
    assert {problem.file for problem in error.problems} == {"team/pipelines/training.yaml"}
    assert {problem.path: problem.line for problem in error.problems} == {"train": 3, "x": 2}
