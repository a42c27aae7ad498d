"""Sizes of Spark's workers."""

from __future__ import annotations

import pytest

from mlops_iac.core.spark import NEWEST, RELEASES, find_size_fault, heap_mb


@pytest.mark.parametrize(("cores", "memory"), [(1, 2), (2, 16), (4, 30), (8, 60), (16, 120)])
def test_aws_has_these_sizes(cores: int, memory: int) -> None:
    assert find_size_fault(cores, memory) == ""


@pytest.mark.parametrize(
    ("cores", "memory", "words"),
    [
        (3, 8, "1, 2, 4, 8, 16 vCPUs, and this is 3"),
        (4, 31, "8 to 30 GB, and this is 31"),
        (8, 17, "16 to 60 GB in steps of 4, and this is 17"),
    ],
)
def test_others_are_told_with_what_there_is(cores: int, memory: int, words: str) -> None:
    assert words in find_size_fault(cores, memory)


@pytest.mark.parametrize(("cores", "memory"), [(1, 2), (2, 8), (4, 16), (16, 120)])
def test_heap_and_overhead_fill_a_worker_and_no_larger_one(cores: int, memory: int) -> None:
    heap = heap_mb(memory)
    whole = heap + max(384, 0.1 * heap)
    assert memory * 1024 - 2 <= whole <= memory * 1024


def test_the_newest_release_is_known() -> None:
    assert NEWEST in RELEASES
    assert list(RELEASES)[-1] == NEWEST
