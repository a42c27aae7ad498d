"""The AWS CLI, version 1: cp, sync, ls, rm with a file in parts, and questions to SageMaker, Athena and STS."""

import json
import os
import subprocess
from pathlib import Path

BUCKET, STACK = os.environ["MLOPS_IAC_BUCKET"], os.environ["MLOPS_IAC_STACK"]
HOME = f"s3://{BUCKET}/raw/clients/aws-cli"


def aws(*words: str) -> str:
    done = subprocess.run(["aws", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"aws {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


folder = Path("folder/below")
folder.mkdir(parents=True)
(folder / "big.bin").write_bytes(os.urandom(20 << 20))
(folder / "small.csv").write_text("a,b\n1,2\n")
(folder / "empty").write_bytes(b"")

aws("s3", "cp", "--only-show-errors", str(folder / "big.bin"), f"{HOME}/big.bin")
aws("s3", "cp", "--only-show-errors", f"{HOME}/big.bin", "back.bin")
assert Path("back.bin").read_bytes() == (folder / "big.bin").read_bytes()

aws("s3", "sync", "--only-show-errors", "folder", f"{HOME}/folder")
assert aws("s3", "sync", "folder", f"{HOME}/folder") == "", "nothing changed, so nothing is sent"
listed = aws("s3", "ls", "--recursive", f"{HOME}/").splitlines()
assert [line.split()[2] for line in listed] == [str(20 << 20), str(20 << 20), "0", "8"], listed
aws("s3", "sync", "--only-show-errors", f"{HOME}/folder", "copy")
assert (Path("copy/below/small.csv")).read_text() == "a,b\n1,2\n"
aws("s3", "mv", "--only-show-errors", f"{HOME}/big.bin", f"{HOME}/moved.bin")
aws("s3", "rm", "--only-show-errors", "--recursive", f"{HOME}/")
assert not json.loads(
    aws("s3api", "list-objects-v2", "--output", "json", "--bucket", BUCKET, "--prefix", "raw/clients/aws-cli/") or "{}"
).get("Contents")

account = json.loads(aws("sts", "get-caller-identity", "--output", "json"))["Account"]
assert account.isdigit()
groups = json.loads(aws("sagemaker", "list-model-package-groups", "--output", "json"))["ModelPackageGroupSummaryList"]
assert os.environ["MLOPS_IAC_MODEL_PACKAGE_GROUP"] in [each["ModelPackageGroupName"] for each in groups]
machines = aws("stepfunctions", "list-state-machines", "--query", "stateMachines[].name", "--output", "text").split()
assert f"{STACK}-training" in machines, machines
work_groups = aws("athena", "list-work-groups", "--query", "WorkGroups[].Name", "--output", "text").split()
assert f"{STACK}-lake" in work_groups, work_groups
