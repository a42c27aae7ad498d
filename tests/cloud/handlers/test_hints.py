"""What a person is told to do about a refusal."""

from __future__ import annotations

import pytest

from mlops_iac.cloud.handlers._api import Api, hint_for


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("EntityAlreadyExists", "Role with name x already exists.", "adopt"),
        ("BucketAlreadyOwnedByYou", "", "adopt"),
        ("ValidationException", "Cannot create already existing endpoint", "adopt"),
        ("InvalidParameterValue", "The name is already in use", "adopt"),
        ("InsufficientStorage", "", "make room"),
        ("AccessDenied", "", "permission"),
        ("ValidationException", "The value is wrong", ""),
    ],
)
def test_a_refusal_comes_with_what_to_do(code: str, message: str, words: str) -> None:
    assert words in hint_for(code, message)
    assert bool(hint_for(code, message)) == bool(words)


def test_a_name_that_is_taken_is_told_with_the_resource_and_the_call() -> None:
    api = Api(None, "iam", "aws:iam/role:Role", "tiny-dev-role")  # type: ignore[arg-type]
    error = api.refuse("CreateRole", "Role with name tiny-dev-role already exists.", "EntityAlreadyExists")
    assert "`tiny-dev-role` (aws:iam/role:Role): iam:CreateRole" in error.detail
    assert "another name" in error.hint
