"""The SageMaker SDK, version 3: a processing job and a ModelTrainer, waited for, with metrics, logs and artefacts."""

import json
import os
import tarfile
from pathlib import Path

import boto3
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.resources import TrainingJob
from sagemaker.core.shapes import (
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

BUCKET, STACK, REGION = (os.environ[name] for name in ("MLOPS_IAC_BUCKET", "MLOPS_IAC_STACK", "AWS_REGION"))
RAW, CURATED, MODELS = (f"s3://{BUCKET}/{zone}/clients/sagemaker-3" for zone in ("raw", "curated", "models"))
IMAGE = image_uris.retrieve("sklearn", REGION, version="1.4-2", py_version="py3", instance_type="ml.m5.large")

Path("code").mkdir()
Path("code/double.py").write_text(
    """
import pathlib, sys
rows = [int(line) for line in pathlib.Path("/opt/ml/processing/input/numbers.txt").read_text().split()]
doubled = "".join(f"{row * int(sys.argv[2])}\\n" for row in rows)
pathlib.Path("/opt/ml/processing/output/doubled.txt").write_text(doubled)
"""
)
Path("code/train.py").write_text(
    """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--shift", type=int)
shift = parser.parse_args().shift
rows = [int(line) for line in pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "doubled.txt").read_text().split()]
pathlib.Path(os.environ["SM_MODEL_DIR"], "sum.txt").write_text(str(sum(rows) + shift))
print("trained on", sum(rows))
"""
)


def make_role() -> str:
    """This SDK simulates a role's rights without any context, so it refuses those of the environment's own roles,
    whose metrics are bound to SageMaker's namespaces: on AWS as here. A person gives it a role of its own."""
    iam, name = boto3.client("iam"), f"{STACK}-sdk3"
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": f"arn:aws:s3:::{BUCKET}"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"},
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["logs:*", "ecr:*", "ec2:*", "cloudwatch:PutMetricData"], "Resource": "*"},
    ]
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": rights})
    iam.put_role_policy(RoleName=name, PolicyName="jobs", PolicyDocument=policy)
    return str(role["Arn"])


ROLE = make_role()
s3, logs = boto3.client("s3"), boto3.client("logs")
session = Session(default_bucket=BUCKET, default_bucket_prefix="code/clients/sagemaker-3")
s3.put_object(Bucket=BUCKET, Key="raw/clients/sagemaker-3/numbers.txt", Body=b"1\n2\n3\n")

processor = ScriptProcessor(
    role=ROLE,
    image_uri=IMAGE,
    command=["python3"],
    instance_count=1,
    instance_type="ml.m5.large",
    base_job_name=f"{STACK}-sdk3",
    sagemaker_session=session,
)
source = ProcessingS3Input(
    s3_uri=f"{RAW}/", local_path="/opt/ml/processing/input", s3_data_type="S3Prefix", s3_input_mode="File"
)
target = ProcessingS3Output(s3_uri=CURATED, local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob")
processor.run(
    code="code/double.py",
    inputs=[ProcessingInput(input_name="numbers", s3_input=source)],
    outputs=[ProcessingOutput(output_name="doubled", s3_output=target)],
    arguments=["--times", "2"],
)
processor.latest_job.refresh()
assert processor.latest_job.processing_job_status == "Completed"
doubled = s3.get_object(Bucket=BUCKET, Key="curated/clients/sagemaker-3/doubled.txt")["Body"].read()
assert doubled == b"2\n4\n6\n", doubled

trainer = ModelTrainer(
    training_image=IMAGE,
    source_code=SourceCode(source_dir="code", entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    output_data_config=OutputDataConfig(s3_output_path=f"{MODELS}/"),
    hyperparameters={"shift": 30},
    role=ROLE,
    base_job_name=f"{STACK}-sdk3",
    sagemaker_session=session,
)
trainer.train(input_data_config=[InputData(channel_name="train", data_source=f"{CURATED}/")])
job = TrainingJob.get(training_job_name=trainer._latest_training_job.training_job_name)
assert job.training_job_status == "Completed", job
artefact = job.model_artifacts.s3_model_artifacts
assert artefact.startswith(f"{MODELS}/"), artefact
s3.download_file(BUCKET, artefact.removeprefix(f"s3://{BUCKET}/"), "model.tar.gz")
with tarfile.open("model.tar.gz") as archive:
    member = next(name for name in archive.getnames() if name.endswith("sum.txt"))
    assert archive.extractfile(member).read() == b"42"
told = logs.filter_log_events(
    logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{job.training_job_name}/"
)
assert any("trained on 12" in event["message"] for event in told["events"]), told
names = [each.training_job_name for each in TrainingJob.get_all(name_contains=f"{STACK}-sdk3")]
assert job.training_job_name in names, names
