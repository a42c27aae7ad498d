"""The command line, from its words to its exit code: every error is told here."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.commands import Commands
from mlops_iac.core import exit_codes

if TYPE_CHECKING:
    from mlops_iac.core.errors import MlopsError

EPILOG = "Start with: mlops-iac blueprint list"

INTERRUPTED = 130
"""What the command line parser answers when Ctrl-C ended a command, as shells do. No command of ours answers it."""

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def print_version(asked: bool) -> None:
    if asked:
        from mlops_iac import __version__

        typer.echo(f"mlops-iac {__version__}")
        raise typer.Exit


def completion_option(verb: str) -> Any:
    """A root option that shows or installs completion for a shell and does nothing else.

    Typer's programs have these two; here the command `completion` does it, so `--help` does not show them.
    """

    def act(shell: str | None) -> None:
        if shell:
            from mlops_iac.cli import completion
            from mlops_iac.core.errors import UsageError

            if shell not in list(completion.Shell):
                allowed = ", ".join(completion.Shell)
                raise UsageError("No such shell.", f"--{verb}-completion is {shell!r}.", hint=f"name one of {allowed}.")
            getattr(completion, f"{verb}_completion")(shell)
            raise typer.Exit

    text = f"{verb.capitalize()} completion for bash, zsh or fish."
    return typer.Option(f"--{verb}-completion", metavar="SHELL", help=text, callback=act, is_eager=True, hidden=True)


def change_folder(folder: str | None) -> None:
    if folder:
        from mlops_iac.core.errors import UsageError

        try:
            os.chdir(folder)
        except OSError as error:
            raise UsageError(
                "No such folder.",
                f"--cwd names {folder!r}: {error.strerror}.",
                hint="name a folder that you may enter.",
            ) from error


@app.callback()
def root(
    cwd: Annotated[
        str | None, typer.Option("--cwd", "-C", help="Work in this folder instead.", callback=change_folder)
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.", envvar="MLOPS_IAC_DEBUG")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True)
    ] = False,
    show_completion: Annotated[str | None, completion_option("show")] = None,
    install_completion: Annotated[str | None, completion_option("install")] = None,
) -> None:
    """Infrastructure as code for complete ML environments: on this laptop first, then on AWS."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script; always ends in SystemExit."""
    from mlops_iac.cli.streams import write_safely
    from mlops_iac.core.collector import let_rest

    write_safely()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    let_rest()
    code = run_command(arguments)
    gc.freeze()  # or the interpreter looks through them once more on its way out
    sys.exit(code)


def _say(text: str) -> None:
    from mlops_iac.cli.console import say

    say(text)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and answer its exit code; every error is told here, in words or as JSON."""
    from mlops_iac.core.errors import Cancelled, MlopsError
    from mlops_iac.core.notices import listen

    if os.environ.get("_MLOPS_IAC_COMPLETE"):
        from typer._completion_classes import completion_init

        completion_init()
    from mlops_iac.cli.coercion import read_plainly

    read_plainly()
    listen(_say)
    command = typer.main.get_command(app)
    debug = "--debug" in arguments or bool(os.environ.get("MLOPS_IAC_DEBUG"))
    as_json = "--json" in arguments
    try:
        code = command.main(args=list(arguments), prog_name="mlops-iac", standalone_mode=False)
        if code == INTERRUPTED:
            return tell(Cancelled("Cancelled."), as_json)
        return code if isinstance(code, int) else exit_codes.OK
    except SystemExit as ended:
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        # The reader went away (`| head`). What is left in the buffers goes nowhere, without a complaint at the end.
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return exit_codes.OK
    except MlopsError as error:
        if debug:
            raise
        return tell(error, as_json)
    except KeyboardInterrupt:
        return tell(Cancelled("Cancelled."), as_json)
    except Exception as error:
        if is_help(error) and not as_json:
            from mlops_iac.cli.console import say

            say(str(error))
            return exit_codes.CONFIGURATION
        usage = usage_error(error)
        if usage:
            return tell(usage, as_json)
        if type(error).__name__ == "Abort":
            return tell(Cancelled("Cancelled."), as_json)
        if debug:
            raise
        return tell_bug(error, as_json)


def is_help(error: Any) -> bool:
    """Whether the parser raised a group's help text, because the group was named without a command of it."""
    return type(error).__name__ == "NoArgsIsHelpError"


def usage_error(error: Exception) -> MlopsError | None:
    """The command line parser's own complaint, in our three parts; None when it is something else."""
    from mlops_iac.core.errors import UsageError

    if not hasattr(error, "format_message"):
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "mlops-iac"
    hint = f"`{path} --help` shows how it is used."
    if is_help(error):
        names = ", ".join(context.command.list_commands(context)) if context else ""
        return UsageError("No command given.", f"`{path}` is one of: {names}.", hint=hint)
    message = error.format_message().replace("Value error, ", "")
    if "No such command" in message and context:
        hint = hint_for_word(message.split("'")[1], context) or hint
    return UsageError("Wrong use of a command.", message, hint=hint)


def hint_for_word(typed: str, context: Any) -> str:
    """What may have been meant by a word that is no command here; empty when nothing is near."""
    from mlops_iac.cli.words import suggest

    group = context.command_path.partition(" ")[2]
    found = suggest(typed, context.command.list_commands(context), group)
    shown = [f"`mlops-iac {command}`" for command in found]
    return f"did you mean {', '.join(shown[:-1])}{' or ' if len(shown) > 1 else ''}{shown[-1]}?" if shown else ""


def tell(error: MlopsError, as_json: bool) -> int:
    from mlops_iac.cli.console import has_color, say, show_json
    from mlops_iac.render.errors import error_json, render_error

    if as_json:
        show_json(error_json(error))
    else:
        say(render_error(error, color=has_color(sys.stderr)))
    return error.exit_code


def tell_bug(error: Exception, as_json: bool) -> int:
    from mlops_iac.core.errors import MlopsError

    wrapped = MlopsError(
        "This is a bug in mlops-iac.",
        f"{type(error).__name__}: {error}",
        hint="run the same command with --debug and report what it prints.",
    )
    tell(wrapped, as_json)
    return exit_codes.INTERNAL


if __name__ == "__main__":
    main()
