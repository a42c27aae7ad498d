"""Every import goes down a floor, and the two wings do not know each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# package → what of ours it may import. `core` may be imported by all and is not repeated.
FLOORS: dict[str, set[str]] = {
    "mlops_iac.__main__": {"mlops_iac.cli"},
    "mlops_iac.core": set(),
    "mlops_iac.config": set(),
    "mlops_iac.external": {"mlops_iac.config"},
    "mlops_iac.pipelines": set(),
    "mlops_iac.components._kit": set(),
    "mlops_iac.engine": set(),
    "mlops_iac.clients": set(),
    "mlops_iac.components": {"mlops_iac.components._kit", "mlops_iac.pipelines"},
    "mlops_iac.components.orchestrator.dags": set(),  # travels to Airflow, where nothing of ours is
    "mlops_iac.cloud": {"mlops_iac.engine", "mlops_iac.clients"},
    "mlops_iac.cloud.plugin": {"mlops_iac.engine"},  # Pulumi's provider protocol over the handler port, and no more
    "mlops_iac.render": {"mlops_iac.engine", "mlops_iac.pipelines"},
    "mlops_iac.cost": {"mlops_iac.engine", "mlops_iac.pipelines", "mlops_iac.config"},
    "mlops_iac.policy": {"mlops_iac.engine"},
    "mlops_iac.review": {
        "mlops_iac.engine",
        "mlops_iac.pipelines",
        "mlops_iac.config",
        "mlops_iac.cost",
        "mlops_iac.policy",
        "mlops_iac.render",
    },
    "mlops_iac.blueprints": {
        "mlops_iac.components",
        "mlops_iac.components._kit",
        "mlops_iac.pipelines",
        "mlops_iac.config",
        "mlops_iac.external",
    },
    "mlops_iac.program": {
        "mlops_iac.blueprints",
        "mlops_iac.config",
        "mlops_iac.components._kit",
        "mlops_iac.pipelines",
        "mlops_iac.policy",
    },
    "mlops_iac.backends": {
        "mlops_iac.policy",
        "mlops_iac.program",
        "mlops_iac.engine",
        "mlops_iac.cloud",
        "mlops_iac.config",
        "mlops_iac.clients",
    },
    "mlops_iac.runs": {"mlops_iac.pipelines", "mlops_iac.clients", "mlops_iac.config"},
    "mlops_iac.runs.launcher": set(),  # travels into jobs, where nothing of ours is
    "mlops_iac.doctor": {
        "mlops_iac.backends",
        "mlops_iac.external",
        "mlops_iac.cloud",
        "mlops_iac.clients",
        "mlops_iac.config",
        "mlops_iac.pipelines",
        "mlops_iac.program",
    },
    "mlops_iac.adopting": {"mlops_iac.clients", "mlops_iac.config", "mlops_iac.runs"},
    "mlops_iac.relocating": {"mlops_iac.clients", "mlops_iac.config", "mlops_iac.engine", "mlops_iac.runs"},
    "mlops_iac.upgrading": {"mlops_iac.config", "mlops_iac.engine", "mlops_iac.program", "mlops_iac.render"},
    "mlops_iac.scaffold": {
        "mlops_iac.blueprints",
        "mlops_iac.config",
        "mlops_iac.pipelines",
        "mlops_iac.program",  # a pipeline that it writes is read back as a preview reads it
    },
    "mlops_iac.testing": {
        "mlops_iac.backends",
        "mlops_iac.external",
        "mlops_iac.runs",
        "mlops_iac.config",
        "mlops_iac.engine",
        "mlops_iac.clients",
        "mlops_iac.cloud",
        "mlops_iac.program",
        "mlops_iac.blueprints",
        "mlops_iac.components",
        "mlops_iac.components._kit",
        "mlops_iac.pipelines",
        "mlops_iac.policy",
    },
    "mlops_iac.cli": {
        "mlops_iac.policy",
        "mlops_iac.adopting",
        "mlops_iac.external",
        "mlops_iac.upgrading",
        "mlops_iac.relocating",
        "mlops_iac.backends",
        "mlops_iac.cloud",
        "mlops_iac.cloud.plugin",
        "mlops_iac.config",
        "mlops_iac.runs",
        "mlops_iac.render",
        "mlops_iac.review",
        "mlops_iac.cost",
        "mlops_iac.doctor",
        "mlops_iac.scaffold",
        "mlops_iac.clients",
        "mlops_iac.engine",
        "mlops_iac.blueprints",
        "mlops_iac.components",
        "mlops_iac.pipelines",
        "mlops_iac.program",  # `pipeline` reads what a stack says, and needs neither an engine nor a cloud
    },
}

# third-party packages that only some floors may import, whatever the depth of the import
HEAVY: dict[str, set[str]] = {
    "boto3": {"mlops_iac.clients", "mlops_iac.components.orchestrator.dags", "mlops_iac.runs.launcher"},
    "moto": {"mlops_iac.cloud"},
    "pulumi": {
        "mlops_iac.components",
        "mlops_iac.components._kit",
        "mlops_iac.blueprints",
        "mlops_iac.program",
        "mlops_iac.engine",
        "mlops_iac.backends",
        "mlops_iac.cloud.plugin",  # the protocol's message classes
        "mlops_iac.testing",  # contracts build against Pulumi's own mocks
    },
    "pulumi_aws": {"mlops_iac.components", "mlops_iac.program"},
    "typer": {"mlops_iac.cli"},
    "rich": {"mlops_iac.cli", "mlops_iac.render"},
}


def package_of(module: str) -> str | None:
    """The floor a module stands on: the longest name in the table that holds it."""
    names = [name for name in FLOORS if module == name or module.startswith(f"{name}.")]
    return max(names, key=len, default=None)


def sources() -> list[Path]:
    return sorted(
        ROOT / "mlops_iac" / top / path.relative_to(ROOT / top) if top != "mlops_iac" else path
        for top in ("mlops_iac", "components", "blueprints")
        for path in (ROOT / top).rglob("*.py")  # rglob follows no links: each file is found once
    )


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_every_import_goes_down_a_floor(path: Path) -> None:
    here = package_of(module_name(path))
    if here is None:
        assert module_name(path) == "mlops_iac", f"{path} stands on no floor: add its package to the table"
        return
    allowed = FLOORS[here] | {here, "mlops_iac.core"}
    wrong = []
    for line, name in imports(path):
        there = package_of(name)
        if there and there not in allowed:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
        top = name.partition(".")[0]
        if top in HEAVY and here not in HEAVY[top]:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}, which belongs to {sorted(HEAVY[top])}")
    assert not wrong, "\n".join(wrong)


def test_nothing_of_ours_is_imported_from_the_top() -> None:
    """In a wheel `components` and `blueprints` lie inside `mlops_iac`: a person's own folders may have these names."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted({*sources(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "docs").rglob("*.py")})
        for line, name in imports(path)
        if name.partition(".")[0] in ("components", "blueprints")
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_monitor_speaks_pulumi_in_the_engine() -> None:
    speakers = {
        path.name
        for path in (ROOT / "mlops_iac/engine").rglob("*.py")
        if any(name.partition(".")[0] == "pulumi" for _, name in imports(path))
    }
    assert speakers <= {"monitor.py", "program.py", "callbacks.py", "sdk.py", "wire.py"}
