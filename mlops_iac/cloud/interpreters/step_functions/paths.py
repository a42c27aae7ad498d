"""Reference paths as Step Functions follows them, in moto's interpreter.

A path without wildcards, slices and filters leads to one value, and to that value itself: moto wraps what lies behind
an array's index (``$.variants[0].name``) in a list. Several names in one pair of brackets (``$['JobId','Parameters']``)
make an object of those that are there, as in the JSONPath of Jayway that AWS takes, where moto lists their values;
what Metaflow deploys passes its state on by it.

https://github.com/json-path/JsonPath#path-examples
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.cloud.interpreters.step_functions.moto_asl import PACKAGE, module, replace_everywhere

MOST_PATHS: Final = 4096
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NAME: Final = r"'[^']*'"
_NAMES: Final = re.compile(rf"(?P<of>.*?)\.?\[\s*(?P<names>{_NAME}(?:\s*,\s*{_NAME})+)\s*\]")
_SEVERAL: Final = re.compile(r"\.\.|\*|\[[^\]]*[:,?][^\]]*\]")


@functools.lru_cache(MOST_PATHS)
def is_definite(path: str) -> bool:
    """Whether a path leads to one value at most."""
    return not _SEVERAL.search(_QUOTED.sub("", path))


def install() -> None:
    """Put it into moto's interpreter."""
    paths = module(f"{PACKAGE}.utils.json_path")
    # Every item of a Map asks for the same few paths, and reading one costs more than following it.
    parse = paths.parse = functools.lru_cache(MOST_PATHS)(paths.parse)
    extract = paths.extract_json

    def extract_json(path: str, data: Any) -> Any:
        if (several := _NAMES.fullmatch(path)) and isinstance(found := extract_json(several["of"], data), Mapping):
            names = [name[1:-1] for name in re.findall(_NAME, several["names"])]
            return {name: found[name] for name in names if name in found}
        if is_definite(path) and (found := parse(path).find(data)):
            return found[0].value
        return extract(path, data)

    replace_everywhere("extract_json", extract, extract_json)
