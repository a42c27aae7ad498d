"""pulumi_aws's packages mean the same whether they are loaded whole or class by class.

Each program runs in a process of its own: what is imported already decides what there is to see.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

PACKAGES = ("athena", "glue", "iam", "s3", "scheduler", "sfn")
"""Of those that components use, some small ones, and two with functions that bear the names of their modules."""

NAMES = """
for name in sorted({*vars(package)} - {"__builtins__", "__cached__", "__loader__", "__spec__"}):
    value = getattr(package, name)
    seen[f"{package.__name__}.{name}"] = f"{type(value).__name__} {getattr(value, '__module__', '')}"
"""


def run(program: str) -> Any:
    """What the program left in `seen`, after it was run with the packages loaded class by class."""
    head = "import importlib, json, sys\nseen = {}\n"
    command = [sys.executable, "-W", "error::ImportWarning", "-c", f"{head}{program}\nprint(json.dumps(seen))"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


BY_CLASS = "from mlops_iac.components._kit.aws_packages import load_by_class\nload_by_class()\n"


def test_a_class_imports_its_module_and_not_its_package() -> None:
    seen = run(
        f"{BY_CLASS}from pulumi_aws.ec2 import Vpc\n"
        "seen['home'] = Vpc.__module__\n"
        "seen['modules'] = [name for name in sys.modules if name.startswith('pulumi_aws.ec2.')]"
    )
    assert seen == {"home": "pulumi_aws.ec2.vpc", "modules": ["pulumi_aws.ec2.vpc"]}


def everything(first: str) -> str:
    """A program that takes each name of each package, `first` of all something else."""
    takes = "".join(f"    {line}\n" for line in NAMES.strip().splitlines())
    return (
        f"import pulumi_aws\n{first}\nfor one in {PACKAGES!r}:\n"
        "    package = getattr(pulumi_aws, one)\n    hasattr(package, 'no_such_name')  # loads what is left\n"
        f"{takes}"
    )


@pytest.fixture(scope="module")
def plain() -> dict[str, str]:
    return run(everything(""))


def test_every_name_is_there_after_some_classes_were_taken(plain: dict[str, str]) -> None:
    taken = (
        f"{BY_CLASS}from pulumi_aws.iam import Role, RolePolicy\nfrom pulumi_aws.s3 import Bucket\n"
        "from pulumi_aws.glue import CatalogTable\nimport pulumi_aws.iam.get_role, pulumi_aws.s3.get_bucket\n"
    )
    assert run(everything(taken)) == plain
    assert len(plain) > 500
    assert plain["pulumi_aws.iam.get_role"] == "function pulumi_aws.iam.get_role"


def test_a_function_loads_its_package_and_a_class_stays_the_class_it_was() -> None:
    seen = run(
        f"{BY_CLASS}import pulumi_aws as aws\nfrom pulumi_aws.iam import Role\n"
        "seen['function'] = callable(aws.iam.get_role)\n"
        "seen['same'] = aws.iam.Role is Role is __import__('pulumi_aws.iam.role', fromlist=['Role']).Role\n"
        "seen['inputs'] = aws.iam.RoleInlinePolicyArgs.__module__"
    )
    assert seen == {"function": True, "same": True, "inputs": "pulumi_aws.iam._inputs"}


def test_a_name_that_is_not_there_is_told_as_python_tells_it() -> None:
    program = (
        "try:\n    from pulumi_aws.sfn import StateMachin\nexcept ImportError as error:\n    seen['said'] = str(error)"
    )
    said = run(BY_CLASS + program)["said"]
    assert "cannot import name 'StateMachin' from 'pulumi_aws.sfn'" in said


def test_to_ask_for_it_twice_is_to_ask_for_it_once() -> None:
    seen = run(f"{BY_CLASS}load_by_class()\nfrom pulumi_aws.sqs import Queue\nseen['home'] = Queue.__module__")
    assert seen == {"home": "pulumi_aws.sqs.queue"}


def test_packages_that_are_loaded_already_are_left_alone() -> None:
    seen = run(
        "import pulumi_aws\npulumi_aws.sns.get_topic\nbefore = type(pulumi_aws.sns)\n"
        f"{BY_CLASS}seen['same'] = type(pulumi_aws.sns) is before\nseen['topic'] = pulumi_aws.sns.Topic.__module__"
    )
    assert seen == {"same": True, "topic": "pulumi_aws.sns.topic"}
