"""The team's flows, read from its code folder, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlops_iac.blueprints.metaflow_platform.options import MetaflowPlatformOptions
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.requirement_names import REQUIREMENTS, find_missing
from mlops_iac.core.suggestions import nearest
from mlops_iac.pipelines.compile.metaflow import Flow, read_flow


def read_flows(stack: StackConfig, options: MetaflowPlatformOptions) -> dict[str, Flow]:
    """By the names of the options. Raises ConfigError with every problem, at its line; nothing of the team's is run."""
    flows: dict[str, Flow] = {}
    problems = [*_without_metaflow(stack)]
    for name, file in options.flows.items():
        try:
            flows[name] = _read(stack, name, file)
        except ConfigError as error:
            problems += error.problems
    problems += _twins(stack, flows)
    if problems:
        raise ConfigError.of(problems)
    return flows


def _read(stack: StackConfig, name: str, file: str) -> Flow:
    folder = stack.get_code_folder()
    path = folder / file
    if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
        return read_flow(path, f"{stack.code}/{file}")
    match = nearest(file, sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*.py")))
    near = f" Did you mean `{match}`?" if match else ""
    detail = f"Flow `{name}` is `{file}`, which `{stack.code}` does not hold."
    hint = f"write `{stack.code}/{file}`, or name another file under `options.flows.{name}`.{near}"
    raise ConfigError.of([stack.problem(f"options.flows.{name}", "A flow is missing.", detail, hint)])


def _without_metaflow(stack: StackConfig) -> Iterator[Problem]:
    """The flow is deployed by the Metaflow that the team says."""
    if find_missing(stack.get_code_folder(), ("metaflow",)):
        detail = f"`{stack.code}/{REQUIREMENTS}` does not name `metaflow`, which deploys the flows."
        hint = "add a line `metaflow`, with the version that you want."
        yield Problem(file=f"{stack.code}/{REQUIREMENTS}", summary="Metaflow is missing.", detail=detail, hint=hint)


def _twins(stack: StackConfig, flows: Mapping[str, Flow]) -> Iterator[Problem]:
    """Metaflow calls what it deploys after the class."""
    first: dict[str, str] = {}
    for name, flow in flows.items():
        other = first.setdefault(flow.name, name)
        if other != name:
            detail = f"`{name}` and `{other}` are both called `{flow.name}`; one would be deployed over the other."
            path = f"options.flows.{name}"
            yield stack.problem(path, "Two flows have one name.", detail, "rename the class of one of them.")
