"""What the commands that show a preview make of it: the review, and the comment in its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops_iac.config.usage import Usage
    from mlops_iac.engine.event import Result
    from mlops_iac.review.review import Review

SHORTEST = 2_000
"""Characters in which a comment says at least what is lost."""

CommentOption = Annotated[
    Path | None,
    typer.Option(
        "--comment", metavar="FILE", help="Write the comment for a pull request there, as Markdown; `-` is stdout."
    ),
]
LimitOption = Annotated[
    int,
    typer.Option("--comment-limit", min=SHORTEST, metavar="N", help="The most characters that the comment may have."),
]
LinkOption = Annotated[
    str, typer.Option("--comment-link", metavar="URL", help="Where a reader finds the rest of a comment that is cut.")
]


@dataclass(frozen=True, kw_only=True)
class CommentTo:
    """Where the comment goes, and what it has to keep to."""

    file: Path | None
    limit: int
    link: str

    @property
    def on_stdout(self) -> bool:
        return self.file == Path("-")


def review_of(root: Path, stack: str, result: Result, notes: Sequence[str] = ()) -> Review:
    from mlops_iac.review.review import review

    return review(
        stack, result, usage_of(root, stack), region=str(result.config.get("aws:region", "")), notes=tuple(notes)
    )


def usage_of(root: Path, stack: str) -> Usage:
    """What the stack file assumes; what is usual where it assumes nothing, as in a project without blueprints."""
    from mlops_iac.config.load import load_stack
    from mlops_iac.config.usage import Usage
    from mlops_iac.core.errors import MlopsError

    try:
        return load_stack(root, stack, options_model=None).usage
    except MlopsError:
        return Usage()


def write_comment(
    reviews: Sequence[Review], to: CommentTo, *, of: str, left_out: Mapping[str, str] | None = None
) -> None:
    """To its file; what is cut off for the host lies beside it, in FILE.whole.md."""
    from mlops_iac.cli.console import say, show
    from mlops_iac.engine.state.files import write_asked_for
    from mlops_iac.review.comment import render_comment

    comment = render_comment(reviews, of=of, longest=to.limit, link=to.link, left_out=left_out)
    if to.file is None or to.on_stdout:
        show(comment.text)
        return
    write_asked_for(to.file, comment.text)
    whole = to.file.with_name(f"{to.file.name}.whole.md")
    if comment.is_cut:
        write_asked_for(whole, comment.whole)
        say(f"The comment is longer than {to.limit:,} characters; the whole is in {whole}.")
    else:
        whole.unlink(missing_ok=True)
