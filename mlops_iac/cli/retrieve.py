"""``mlops-iac retrieve``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from mlops_iac.runs.retrieve import Retrieved

LONG = 300
"""Characters of a chunk that are shown; `--json` has all."""


def retrieve(
    stack: StackArgument,
    question: Annotated[str, typer.Argument(help="What the documents are asked, in words.", show_default=False)],
    top: Annotated[int, typer.Option("--top", help="How many chunks, 1 to 100.")] = 5,
    filter: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="JSON",
            help='Only chunks whose metadata match, in the language of S3 Vectors: {"document": "guide.md"}. '
            "Left out: all.",
        ),
    ] = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Ask an environment's documents: show the chunks that are nearest to a question.

    Example: mlops-iac retrieve library-dev "How do I find outliers?" --top 3
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.runs.retrieve import check
    from mlops_iac.runs.retrieve import retrieve as ask

    wanted = read_filter(filter)
    check(question, top)
    opened = open_environment(stack, cloud, quick=True)
    found = ask(opened.environment, opened.clients, question, top=top, filter=wanted)
    if json:
        show_json(found.to_json())
    else:
        show(render_chunks(found))


def read_filter(text: str | None) -> dict[str, Any] | None:
    from mlops_iac.core.errors import UsageError
    from mlops_iac.core.strict_json import NotStrictJson, read_json

    if text is None:
        return None
    try:
        found = read_json(text)
    except NotStrictJson as error:
        hint = 'write an object: --filter \'{"document": "guide.md"}\''
        raise UsageError("Filter is not JSON.", f"{error}.", hint=hint) from error
    if not isinstance(found, dict):
        raise UsageError("Filter is no object.", f"It is `{text}`.", hint='write {"document": "guide.md"}.')
    return found


def render_chunks(found: Retrieved) -> str:
    """Rank, score and source of each chunk, and below it how its text begins."""
    if not found.chunks:
        return "No chunk matches the filter."
    blocks = []
    for rank, one in enumerate(found.chunks, 1):
        text = one.text if len(one.text) <= LONG else f"{one.text[:LONG].rsplit(' ', 1)[0]} …"
        blocks.append(f"{rank:>3}  {one.score:.4f}  {one.source}\n     {text}")
    return "\n\n".join(blocks)
