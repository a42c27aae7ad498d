"""The page of the command line."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

from from_code.json_shapes import JSON_NOTE, JSON_SHAPES
from from_code.text import NOTE, cell


class Command(NamedTuple):
    words: str
    function: Callable[..., None]


def cli_page() -> str:
    """Every command: what it does, an example, its arguments and options."""
    from mlops_iac.cli.commands import COMMANDS

    lines = ["# Commands", "", NOTE, "| command | what |", "|---|---|"]
    lines += [f"| [`mlops-iac {name}`](#mlops-iac-{name}) | {cell(about)} |" for name, (_, about) in COMMANDS.items()]
    lines += ["", "Before any command: `--cwd FOLDER` (`-C`) works in another folder, `--debug` shows tracebacks."]
    lines += ["", *JSON_NOTE]
    for name in COMMANDS:
        commands = list(_commands(name))
        if len(commands) > 1 or commands[0].words != name:
            lines += ["", f"## mlops-iac {name}", "", COMMANDS[name][1]]
        for command in commands:
            level = "##" if command.words == name else "###"
            lines += ["", f"{level} mlops-iac {command.words}", "", *_command(command)]
    return "\n".join(lines) + "\n"


def _commands(name: str) -> Iterator[Command]:
    """The functions behind a word of the command line: one, or those of a group."""
    from mlops_iac.cli.commands import COMMANDS

    module, _, attribute = COMMANDS[name][0].partition(":")
    yield from _below(name, getattr(importlib.import_module(module), attribute))


def _below(words: str, target: Any) -> Iterator[Command]:
    """A function, or the commands of a Typer app and of the groups in it, at any depth."""
    if inspect.isfunction(target):
        yield Command(words, target)
        return
    for info in target.registered_commands:
        yield Command(f"{words} {info.name or info.callback.__name__.replace('_', '-')}", info.callback)
    for group in target.registered_groups:
        yield from _below(f"{words} {group.name or group.typer_instance.info.name}", group.typer_instance)


def _command(command: Command) -> Iterator[str]:
    parameters = list(_parameters(command.function))
    arguments = [p for p in parameters if not p.is_option]
    usage = [p.shown if p.required else f"[{p.shown}]" for p in arguments]
    needed = [f"{p.shown}" for p in parameters if p.is_option and p.required]
    optional = ["[OPTIONS]"] if any(p.is_option and not p.required for p in parameters) else []
    about, _, example = inspect.cleandoc(command.function.__doc__ or "").partition("Example: ")
    yield about.strip()
    yield ""
    yield f"```\n{' '.join(['mlops-iac', command.words, *usage, *needed, *optional])}\n```"
    if example:
        yield f"\nExample: `{example.strip()}`"
    if parameters:
        yield "\n| argument or option | what | default |\n|---|---|---|"
        yield from (f"| `{cell(p.shown)}` | {cell(p.help)} | {p.default_cell} |" for p in parameters)
    yield f"\nWith `--json`: {JSON_SHAPES[command.words]}"


class Parameter(NamedTuple):
    shown: str
    help: str
    required: bool
    is_option: bool
    default: Any

    @property
    def default_cell(self) -> str:
        if self.required:
            return "required"
        default = self.default.value if isinstance(self.default, Enum) else self.default
        return "" if default in (None, False, "") else f"`{default}`"


def _parameters(function: Callable[..., None]) -> Iterator[Parameter]:
    """The parameters of a command as Typer reads them: annotation, then what Annotated says."""
    hints = typing.get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints[name]
        kind, *extras = typing.get_args(hint) if typing.get_origin(hint) is typing.Annotated else (hint,)
        info = extras[0] if extras else None
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        is_option = type(info).__name__ == "OptionInfo"
        shown = (
            _option(info, kind, name) if is_option else getattr(info, "metavar", None) or _choices(kind) or name.upper()
        )
        yield Parameter(shown, getattr(info, "help", None) or "", required, is_option, default)


def _option(info: Any, kind: Any, name: str) -> str:
    # Inside Annotated, Typer's first positional argument is a declaration too.
    first = [info.default] if isinstance(info.default, str) else []
    declared = sorted([*first, *(info.param_decls or ())], key=len) or [f"--{name.replace('_', '-')}"]
    words = ", ".join(declared)
    return words if kind is bool else f"{words} {info.metavar or _choices(kind) or declared[-1].strip('-').upper()}"


def _choices(kind: Any) -> str:
    is_choice = isinstance(kind, type) and issubclass(kind, Enum)
    return "|".join(member.value for member in kind) if is_choice else ""
