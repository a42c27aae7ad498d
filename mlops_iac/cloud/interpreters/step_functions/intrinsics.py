"""Strings where moto's interpreter differs from Amazon States Language: JSON escapes, and intrinsic functions.

moto reads a document's strings without undoing JSON's escapes, so a quote inside an intrinsic function reaches the
function with its backslash. In a quoted argument ``\\'``, ``\\{``, ``\\}`` and ``\\\\`` stand for the character after
the backslash; moto leaves the backslashes in. And it formats with Python's own rules, so that a brace is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from mlops_iac.core.strict_json import read_json

_ESCAPED: Final = re.compile(r"\\(['{}\\])")
_PIECE: Final = re.compile(r"\\(?P<escaped>['{}\\])|(?P<place>\{\})")
_PACKAGE: Final = "moto.stepfunctions.parser.asl"
_FUNCTIONS: Final = f"{_PACKAGE}.component.intrinsic.function.statesfunction"


class FormatError(ValueError):
    """A template and its arguments do not fit; AWS ends the state with `States.IntrinsicFailure`."""


def unescape(text: str) -> str:
    """The value of a quoted argument."""
    return _ESCAPED.sub(r"\1", text)


def fill(template: str, values: Sequence[str]) -> str:
    """``States.Format``: each ``{}`` takes the next value; escaped braces are braces."""
    places = sum(1 for found in _PIECE.finditer(template) if found["place"])
    if places != len(values):
        raise FormatError(f"States.Format has {places} places for {len(values)} values.")
    rest: Iterator[str] = iter(values)
    return _PIECE.sub(lambda found: next(rest) if found["place"] else found["escaped"], template)


def parse_json(text: str | None) -> Any:
    """``States.StringToJson``: JSON and nothing else. Python also reads NaN and Infinity, which AWS refuses."""
    if text is None or not text.strip():
        return None
    try:
        return read_json(text)
    except ValueError as error:
        raise FormatError(f"States.StringToJson: the text is not valid JSON: {error}") from None


def install() -> None:
    """Put them into moto's interpreter. To be called once."""
    import importlib

    documents = importlib.import_module(f"{_PACKAGE}.parse.preprocessor")
    preprocessor = importlib.import_module(f"{_PACKAGE}.parse.intrinsic.preprocessor")
    function = f"{_FUNCTIONS}.generic.string_format"
    string_format = importlib.import_module(function).StringFormat
    string_to_json = importlib.import_module(f"{_FUNCTIONS}.json_manipulation.string_to_json").StringToJson

    plain_string = documents.Preprocessor._inner_string_of

    def string(parser_rule_context: Any) -> str | None:
        text = parser_rule_context.getText()
        return json.loads(text) if text.startswith('"') and text.endswith('"') else plain_string(parser_rule_context)

    def intrinsic(self: Any, ctx: Any) -> Any:
        expression = json.loads(ctx.STRINGINTRINSICFUNC().getText())
        function, _ = documents.IntrinsicParser.parse(expression)
        return documents.StringIntrinsicFunction(intrinsic_function_derivation=expression, function=function)

    def literal(self: Any, context: Any) -> Any:
        raw = context.STRING().getText()[1:-1]
        argument = preprocessor.ArgumentLiteral(definition_value=unescape(raw))
        argument.template = raw  # States.Format must still tell an escaped brace from a place
        return argument

    def evaluate(self: Any, env: Any) -> None:
        self.argument_list.eval(env=env)
        template, *values = env.stack.pop()
        template = getattr(self.argument_list.arguments[0], "template", template)
        env.stack.append(fill(template, [self._to_str_repr(value) for value in values]))

    documents.Preprocessor._inner_string_of = staticmethod(string)
    documents.Preprocessor.visitString_intrinsic_function = intrinsic
    preprocessor.Preprocessor.visitFunc_arg_string = literal

    def to_json(self: Any, env: Any) -> None:
        self.argument_list.eval(env=env)
        env.stack.append(parse_json(env.stack.pop()[0]))

    string_format._eval_body = evaluate
    string_to_json._eval_body = to_json
