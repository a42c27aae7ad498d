"""A DAG file: Python that a person can read, made of tasks that are data.

Whatever a team wrote stands in it as a literal, never as code; ids and names of variables have only letters, digits and
underscores.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.pipelines.compile.airflow.operators import ATTEMPTS, HELPER, OPERATORS

WIDTH: Final = 116
_TAKEN: Final = frozenset({"dag", "mlops", "DAG", "Param", "datetime", "timedelta", *OPERATORS})

_HEAD: Final = '''\
"""{title}

Written by mlops-iac: a change here is lost with the next `up`.
"""

from datetime import datetime, timedelta, timezone

{imports}
import {helper} as mlops
from {helper} import DAG, Param

'''


def render(dag: Mapping[str, Any], tasks: Mapping[str, Mapping[str, Any]]) -> str:
    """The file. ``dag`` has: id, title, seconds, parameters (a JSON schema with a default), tags."""
    used = {task["operator"] for task in tasks.values()}
    return "".join(
        (
            _HEAD.format(title=_plain(dag["title"]), imports=_imports(used), helper=HELPER),
            *_opening(dag),
            *(_task(name, task) for name, task in tasks.items()),
            *_arrows(tasks),
        )
    )


def _imports(used: set[str]) -> str:
    found: dict[str, list[str]] = {}
    for name in sorted(used):
        found.setdefault(OPERATORS[name].module, []).append(name)
    provided = {module: names for module, names in found.items() if module != HELPER}
    return "\n".join(f"from {module} import {', '.join(names)}" for module, names in sorted(provided.items()))


def _opening(dag: Mapping[str, Any]) -> Iterator[str]:
    parameters = dag["parameters"]
    yield "with DAG(\n"
    for name, value in (
        ("dag_id", literal(dag["id"])),
        ("description", literal(dag["title"])),
        ("schedule", "None"),
        ("start_date", "datetime(2024, 1, 1, tzinfo=timezone.utc)"),
        ("catchup", "False"),
        ("is_paused_upon_creation", "False"),
        ("dagrun_timeout", f"timedelta(seconds={int(dag['seconds'])})"),
        ("default_args", '{"owner": mlops.OWNER, "retries": 0, "on_failure_callback": mlops.keep_failure}'),
        ("on_success_callback", "mlops.tell"),
        ("on_failure_callback", "mlops.tell"),
        ("tags", literal(dag["tags"])),
    ):
        yield f"    {name}={value},\n"
    yield "    params={\n"
    yield '        "run": Param(type="string", pattern=mlops.RUN_ID),\n'
    yield '        "code": Param(type="object", required=["uri", "sha"]),\n'
    yield '        "names": Param({}, type="object"),\n'
    yield '        "reuse": Param({"runs": {}, "left": {}}, type="object"),\n'
    schema = literal(parameters["schema"], 8)
    yield f'        "parameters": Param({literal(parameters["default"], 8)}, **{schema}),\n'
    yield "    },\n) as dag:\n"


def _task(name: str, task: Mapping[str, Any]) -> str:
    operator = OPERATORS[task["operator"]]
    call = task["operator"] if operator.module != HELPER else f"mlops.{task['operator']}"
    reused = task.get("reused")
    call = f"mlops.or_reuse({call})" if reused else call
    lines = [f"    {variable(name)} = {call}(\n", f"        task_id={literal(name)},\n"]
    if reused:
        lines.append(f"        reused={literal(reused)},\n")
    arguments = dict(task["arguments"])
    if not operator.ours:
        seconds = arguments.pop("seconds", None)
        if task["operator"] in ATTEMPTS:
            lines.append(f"        max_attempts=mlops.looks({int(seconds)}),\n")
    for key, value in arguments.items():
        text = literal(value, 8)
        lines.append(f"        {key}={f'mlops.fill({text})' if key in operator.filled else text},\n")
    lines += [f"        {key}={value},\n" for key, value in operator.plain.items()]
    if "retries" in task:
        lines.append(f"        retries={int(task['retries'])},\n")
        lines.append(f"        retry_delay=timedelta(seconds={int(task['retry_seconds'])}),\n")
        lines.append(f"        retry_exponential_backoff={bool(task['retry_exponential_backoff'])},\n")
    if "trigger_rule" in task:
        lines.append(f"        trigger_rule={literal(task['trigger_rule'])},\n")
    return "".join((*lines, "    )\n"))


def _arrows(tasks: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, task in tasks.items():
        before = [variable(one) for one in task["after"]]
        if before:
            yield f"    {before[0] if len(before) == 1 else '[' + ', '.join(before) + ']'} >> {variable(name)}\n"


def variable(name: str) -> str:
    """A task's variable: names of steps may be words of Python."""
    word = name.replace("-", "_")
    return f"{word}_" if keyword.iskeyword(word) or keyword.issoftkeyword(word) or word in _TAKEN else word


def literal(value: Any, indent: int = 4) -> str:
    """Data as a literal of Python, over several lines where one is too long."""
    short = repr_of(value)
    if len(short) + indent <= WIDTH or not isinstance(value, dict | list) or not value:
        return short
    pad, close = " " * (indent + 4), " " * indent
    if isinstance(value, dict):
        inner = "".join(f"{pad}{repr_of(key)}: {literal(one, indent + 4)},\n" for key, one in value.items())
        return f"{{\n{inner}{close}}}"
    inner = "".join(f"{pad}{literal(one, indent + 4)},\n" for one in value)
    return f"[\n{inner}{close}]"


def repr_of(value: Any) -> str:
    """Python's own literals; only text has its quotes as people write them here."""
    if isinstance(value, str):
        plain = repr(value)
        return f'"{plain[1:-1]}"' if plain.startswith("'") and '"' not in plain else plain
    if isinstance(value, dict):
        return "{" + ", ".join(f"{repr_of(key)}: {repr_of(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(repr_of, value)) + "]"
    return repr(value)


def _plain(title: str) -> str:
    """Words for a docstring: letters, digits, and what cannot end one."""
    return "".join(one if one.isalnum() or one in " -_.,:" else "?" for one in title)
