"""Parsing of Amazon States Language: what moto's parser gets wrong, mended."""

from __future__ import annotations

import re
from typing import Any, Final

from mlops_iac.cloud.interpreters.step_functions.moto_asl import PACKAGE, module

_EXPRESS: Final = re.compile(r'("ExecutionType"\s*:\s*)"EXPRESS"')
_WHOLE_PERCENTAGE: Final = re.compile(r'("ToleratedFailurePercentage"\s*:\s*[0-9]+)(?=[\s,}])')


def mend() -> None:
    """Put it into moto's parser. Once in a process."""
    _keep_scopes_apart()
    _take_any_error_name()
    _take_what_its_grammar_lacks()


def _keep_scopes_apart() -> None:
    """moto's parses share one list of query languages: what a refused definition leaves in it, and what another thread
    puts there meanwhile, decides how the next one is read."""

    def begin(self: Any) -> None:
        self._query_language_per_scope = []

    module(f"{PACKAGE}.parse.preprocessor").Preprocessor.__init__ = begin


def _take_any_error_name() -> None:
    """The language says that a state's own errors do not begin with ``States.``; Step Functions takes them, and AWS's
    own samples have them."""
    names = module(f"{PACKAGE}.component.common.error_name.custom_error_name")
    names.ILLEGAL_CUSTOM_ERROR_PREFIX = "\0"


def _take_what_its_grammar_lacks() -> None:
    """A percentage without a point; and items of a distributed Map that are express executions. Here these are standard
    ones: the same states and results, with a history of their own, and without the limit of five minutes."""
    parser = module(f"{PACKAGE}.parse.asl_parser").AmazonStateLanguageParser
    parse = parser.parse

    def taken(definition: str) -> Any:
        return parse(_WHOLE_PERCENTAGE.sub(r"\1.0", _EXPRESS.sub(r'\1"STANDARD"', definition)))

    parser.parse = staticmethod(taken)
