"""Names of what a run makes fit the services that take them."""

from __future__ import annotations

import pytest

from mlops_iac.runs.names import is_made_by_run, made_name, moment_of

RUN = "261121-081530-3fa2"
LONGEST = "team-of-sixteen1-environment"[:27]


def test_names_of_tuning_jobs_and_their_trainings_are_told() -> None:
    run = "261121-081530-3fa2"
    whole, hashed = made_name("tiny-dev", run, "tune", 32), made_name("screening-dev", run, "tune", 32)
    assert whole == f"tiny-dev-{run}-tune"
    assert len(hashed) <= 32
    for stack, name in (("tiny-dev", whole), ("screening-dev", hashed)):
        assert is_made_by_run(stack, name)
        assert is_made_by_run(stack, f"{name}-001-0123abcd")
    assert not is_made_by_run("screening-dev", "screening-dev-other")
    assert not is_made_by_run("screening", hashed)


def test_a_name_that_fits_says_stack_run_and_step() -> None:
    assert made_name("screening-dev", RUN, "train", 63) == f"screening-dev-{RUN}-train"


@pytest.mark.parametrize("stack", ["a-b", LONGEST])
@pytest.mark.parametrize("step", ["t", "train", "a-step-whose-name-goes-on-and-on-and-on"])
@pytest.mark.parametrize("limit", [32, 63])
def test_a_name_never_passes_its_limit_and_keeps_the_stack(stack: str, step: str, limit: int) -> None:
    name = made_name(stack, RUN, step, limit)
    assert len(name) <= limit
    assert name.startswith(f"{stack}-")
    assert name == made_name(stack, RUN, step, limit)
    assert limit == 32 or is_made_by_run(stack, name)
    assert not name.endswith("-")


def test_names_that_are_cut_differ_as_what_they_name() -> None:
    names = {made_name(LONGEST, run, f"step-{number}" * 5, 63) for run in (RUN, RUN[:-1] + "3") for number in range(50)}
    assert len(names) == 100


def test_an_id_tells_its_moment() -> None:
    assert moment_of(RUN).isoformat() == "2026-11-21T08:15:30+00:00"
