"""Python's own syntax trees, of text and of classes."""

from __future__ import annotations

import ast

from mlops_iac.core.collector import paused


def parse(source: str | bytes, name: str = "<unknown>") -> ast.Module:
    """The tree of a file's text. Raises what `ast.parse` does for what is no Python: SyntaxError, ValueError,
    RecursionError, MemoryError.

    A garbage collection in the middle may finalize things whose complaint is told with their source, which parses too;
    before Python 3.11.8 the outer parse then fails (SystemError, https://github.com/python/cpython/issues/106905).
    """
    with paused():
        return ast.parse(source, filename=name)


def parse_class(kind: type) -> ast.ClassDef:
    """The tree of a class as it is written."""
    import inspect
    import textwrap

    with paused():  # to find a class in its file, `inspect` parses it
        text = inspect.getsource(kind)
    body = parse(textwrap.dedent(text)).body[0]
    assert isinstance(body, ast.ClassDef)
    return body
