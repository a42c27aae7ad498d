"""The catalogue: blueprints as they are by default, side by side, and the prices that `blueprint list` shows."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from from_code.text import NOTE

REGION: Final = "eu-west-1"
FIRST_MODELS: Final = Path(__file__).with_name("first_models.json")
"""Seconds to the first model of each blueprint's example; ``tests/benchmarks/bench_first_model.py`` measures them."""
CLI: Final = (sys.executable, "-m", "mlops_iac.cli.main")


def catalogue_file() -> str:
    """``catalogue.json``: what a list tells of each blueprint, and what an environment costs idle, with every option
    left out."""
    from mlops_iac.blueprints import about, get_blueprint

    first = json.loads(FIRST_MODELS.read_text())["seconds"]
    found = {
        name: {
            "summary": get_blueprint(name).summary,
            **about(get_blueprint(name))._asdict(),
            "first_model_seconds": first.get(name),
            **priced,
        }
        for name, priced in _priced().items()
    }
    return json.dumps({"region": REGION, "blueprints": found}, indent=2, ensure_ascii=False) + "\n"


def catalogue_page() -> str:
    from mlops_iac.blueprints import BLUEPRINTS, about, get_blueprint
    from mlops_iac.blueprints.catalogue import idle_words

    first = json.loads(FIRST_MODELS.read_text())
    lines = [
        "# Blueprints",
        "",
        NOTE,
        f"Costs are of an idle environment in {REGION}, with every option left out: of `security: standard`, "
        "and of a `sandbox` where a bill of more than 5 $ falls by half.",
    ]
    where = f"on the embedded cloud ({first['machine']}, {first['measured']})"
    lines += [f"The first model: from `up` to the end of the example's first run {where}."]
    lines += ["", "| blueprint | for | runs on | first model | idle |", "|---|---|---|---|---|"]
    for name in BLUEPRINTS:
        told = about(get_blueprint(name))
        seconds = f"{one} s" if (one := first["seconds"].get(name)) else ""
        idle = idle_words(_priced()[name])
        lines.append(f"| [{name}](#{name}) | {told.use_for} | {told.orchestrator} | {seconds} | {idle} |")
    for name in BLUEPRINTS:
        lines += ["", f"## {name}", "", *_section(name)]
    return "\n".join(lines) + "\n"


def _section(name: str) -> list[str]:
    from mlops_iac.blueprints import about, get_blueprint

    blueprint, priced = get_blueprint(name), _priced()[name]
    told = about(blueprint)
    lines = [
        blueprint.summary,
        "",
        f"- For: {told.use_for}.",
        f"- Not for: {told.not_for}.",
        f"- Orchestrator: {told.orchestrator}. Work is done by {told.compute}.",
        f"- Layers: {', '.join(layer.replace('_', ' ') for layer in blueprint.layers)}.",
    ]
    for pipeline in blueprint.pipelines(blueprint.Options()):
        lines.append(f"- Pipeline `{pipeline.name}`: {' → '.join(step.name for step in pipeline.ordered)}.")
    folder = name.replace("-", "_")
    readme = f"[README](../blueprints/{folder}/README.md)"
    team = f", and the example team [{told.example}](../examples/{told.example}/README.md)" if told.example else ""
    lines += [f"- More: {readme}{team}.", "", "| idle | dollars a month |", "|---|---|"]
    lines += [f"| {item['layer']}: {item['what']} | {item['usual']:.2f} |" for item in priced["items"]]
    return [*lines, f"| as a `sandbox`, all in all | {priced['sandbox']['usual']:.2f} |"]


@functools.cache
def _priced() -> dict[str, Any]:
    from mlops_iac.blueprints import BLUEPRINTS

    return {name: _price(name) for name in BLUEPRINTS}


def _price(blueprint: str) -> dict[str, Any]:
    """Asked of the commands that a person has, in a project of its own with the code of the example's team."""
    from mlops_iac.blueprints import about, get_blueprint

    example = about(get_blueprint(blueprint)).example
    with tempfile.TemporaryDirectory() as folder:
        _run(folder, "init", ".", *(("--example", example) if example else ()))
        code = ("--code", f"examples/{example}") if example else ()
        team = ("--team", "catalogue", "--blueprint", blueprint, "--region", REGION, *code)
        _run(folder, "new", "--env", "dev", *team)
        _run(folder, "new", "--env", "sandbox", "--security", "sandbox", *team)
        found = json.loads(_run(folder, "cost", "catalogue-dev", "--json"))
        sandbox = json.loads(_run(folder, "cost", "catalogue-sandbox", "--json"))["idle"]
    items = [
        {"layer": item["layer"], "what": item["what"], "usual": item["idle"]["usual"]}
        for item in found["items"]
        if item["idle"]["usual"]
    ]
    return {"idle": found["idle"], "items": items, "sandbox": sandbox}


def _run(folder: str, *arguments: str) -> str:
    done = subprocess.run([*CLI, *arguments], cwd=Path(folder), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout
