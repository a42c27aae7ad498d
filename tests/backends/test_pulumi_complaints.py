"""What the Pulumi CLI and the AWS provider complain about, told apart and explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.backends.pulumi_complaints import complaint, explain
from mlops_iac.core import exit_codes

RECORDED = json.loads((Path(__file__).parents[1] / "golden/pulumi/complaints.json").read_text())["said"]
"""What the real CLI printed, by what was wrong (`test_pulumi_backend.py` makes it)."""

SUMMARIES = {
    "nobody is logged in": ("Nobody is logged in to a Pulumi backend.", exit_codes.AUTHENTICATION),
    "no passphrase": ("The stack's passphrase is not set.", exit_codes.AUTHENTICATION),
    "wrong passphrase": ("Wrong passphrase.", exit_codes.AUTHENTICATION),
    "no such stack": ("No such stack.", exit_codes.STACK_NOT_FOUND),
    "no such state folder": ("The Pulumi backend cannot be opened.", exit_codes.ERROR),
    "the stack is locked": ("The stack is locked.", exit_codes.ERROR),
    "no AWS credentials": ("There are no AWS credentials.", exit_codes.AUTHENTICATION),
    "the plugin is missing": ("A Pulumi plugin is missing.", exit_codes.RESOURCE),
}


@pytest.mark.parametrize("what", SUMMARIES)
def test_what_the_real_cli_said_is_told_apart(what):
    error = explain(RECORDED[what])
    assert (error.summary, error.exit_code) == SUMMARIES[what]
    assert error.hint
    assert error.detail


def test_everything_recorded_is_known():
    assert set(RECORDED) == set(SUMMARIES)


# The AWS provider's own words (pulumi/pulumi-aws, provider/resources.go), and those of AWS.
@pytest.mark.parametrize(
    ("said", "summary"),
    [
        ("error: No valid credential sources found.\nPlease see https://…", "There are no AWS credentials."),
        ("error: Invalid credentials configured.", "AWS refused the credentials."),
        ("The security token included in the request is expired", "AWS refused the credentials."),
        ("error: failed to refresh cached credentials, the SSO session…", "The AWS credentials have expired."),
        ("Details: failed to get shared config profile, corp", "There is no such AWS profile."),
        ("error: unable to validate AWS credentials.\nDetails: odd", "The AWS credentials cannot be used."),
        ("error: missing region information", "The region is missing."),
        ("error: failed to load language plugin python", "The Pulumi CLI is not complete."),
        ("error: something new", "Pulumi stopped."),
    ],
)
def test_what_the_provider_says_is_told_apart(said, summary):
    assert explain(said).summary == summary


def test_of_a_long_output_only_the_errors_are_kept():
    said = """
 code: 1
 stdout: Previewing update (dev):
@ previewing update....
  pulumi:providers:aws (default):
    error: first line
    its second line

  pulumi:pulumi:Stack (lab-dev):
    warning: not this
    error: first line
 stderr: error: at the end"""
    assert complaint(said) == "first line\nits second line\nat the end"
