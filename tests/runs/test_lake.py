"""Reading objects that others wrote."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Store
from mlops_iac.runs.lake import find_content


class Endless(io.RawIOBase):
    """A body that never ends: whoever reads it whole does not come back."""

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "read whole"
        return b"x" * size


@pytest.mark.parametrize(("body", "found"), [(io.BytesIO(b"abc"), 3), (io.BytesIO(b"abcdefgh"), 6), (Endless(), 6)])
def test_no_more_of_an_object_is_read_than_shows_that_it_is_too_large(body: Any, found: int) -> None:
    asked: dict[str, str] = {}

    def get_object(**arguments: str) -> dict[str, Any]:
        asked.update(arguments)
        return {"Body": body, "ContentLength": 9}

    s3 = SimpleNamespace(get_object=get_object)
    clients = Clients(region="eu-west-1", endpoint=None, make=lambda service: s3, account_id=lambda: "")
    content = find_content(cast(Store, SimpleNamespace(bucket="b")), clients, "k", 5)
    assert asked == {"Bucket": "b", "Key": "k"}
    assert content is not None
    assert len(content) == found
