"""A team whose whole pipeline takes seconds: plain Python scripts, no packages, a model that is one number."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "validate.py": """
        import shutil
        shutil.copytree("/opt/ml/processing/input/data", "/opt/ml/processing/output/data", dirs_exist_ok=True)
        print("validate: the data is good")
    """,
    "prepare.py": """
        import pathlib, shutil
        for part in ("train", "test"):
            source = pathlib.Path("/opt/ml/processing/input/data/numbers.csv")
            target = pathlib.Path("/opt/ml/processing/output", part)
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    """,
    "train.py": """
        import json, os, pathlib
        rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "numbers.csv").read_text().split()
        mean = sum(float(row) for row in rows) / len(rows)
        pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps({"mean": mean}))
        print(f"train: the mean is {mean:g}")
    """,
    "evaluate.py": """
        import json, pathlib
        folder = pathlib.Path("/opt/ml/processing/output/evaluation")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "evaluation.json").write_text(json.dumps({"metrics": {"auc": 0.95}}))
    """,
    "inference.py": """
        import json, pathlib
        def model_fn(folder):
            return json.loads(pathlib.Path(folder, "model.json").read_text())["mean"]
        def input_fn(body, kind):
            return json.loads(body)["instances"]
        def predict_fn(rows, mean):
            return [row[0] - mean for row in rows]
        def output_fn(answers, accept):
            return json.dumps({"predictions": answers})
    """,
}

DATA = "1\n2\n3\n"
"""The mean is 2, so the model answers 5 for the row [7]."""


def write_tiny_team(root: Path, folder: str = "examples/tiny") -> Path:
    """The team's code in a folder of a project, and its data in ``data/`` of the project; answers the code's folder."""
    code = root / folder
    code.mkdir(parents=True)
    for name, text in FILES.items():
        write_script(code / name, text)
    (root / "data").mkdir(exist_ok=True)
    (root / "data/numbers.csv").write_text(DATA)
    (root / "rows.json").write_text('{"instances": [[7]]}')
    return code


ANOTHER = """
triggers:
  later: {kind: schedule, when: rate(1 day)}
parameters:
  data: {type: prefix, default: raw/}
steps:
  look:
    kind: processing
    script: validate.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated}}
"""

SEARCHED = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  find:
    kind: tune
    script: search.py
    channels: {train: parameters.data}
    objective: {metric: auc, regex: "auc is ([0-9.]+)"}
    strategy: grid
    ranges: {rate: [1, 2, 3]}
    max_parallel: 2
"""
"""A pipeline that tunes, and nothing else."""


def write_another_pipeline(code: Path) -> None:
    """A team's second pipeline, by the name that `Variants` gives to what a trigger comes after."""
    (code / "pipelines").mkdir(exist_ok=True)
    (code / "pipelines/a.yaml").write_text(ANOTHER)
    (code / "validate.py").touch()  # which it runs; a team of notebooks has no scripts


def write_script(path: Path, text: str) -> None:
    """A script from an indented text."""
    lines = text.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    path.write_text("\n".join(line[indent:] for line in lines).rstrip() + "\n")
