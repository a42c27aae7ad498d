"""Terraform with the AWS provider: a bucket with objects, a role, a queue, changed, imported and destroyed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

NOT_RUN = 77
"""What automake and Meson take as "this test cannot run here"."""

BUCKET, STACK = os.environ["MLOPS_IAC_BUCKET"], os.environ["MLOPS_IAC_STACK"]

PROGRAM = """
terraform {
  required_providers { aws = { source = "hashicorp/aws" } }
}
provider "aws" {
  s3_use_path_style = true
  default_tags { tags = { made-by = "terraform" } }
}
variable "bucket" {}
variable "stack" {}
variable "word" { default = "one" }

data "aws_caller_identity" "me" {}
data "aws_s3_bucket" "lake" { bucket = var.bucket }

resource "aws_s3_bucket" "mine" {
  bucket        = "${var.stack}-terraform-smoke"
  force_destroy = true
}
resource "aws_s3_bucket_versioning" "mine" {
  bucket = aws_s3_bucket.mine.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_object" "word" {
  bucket  = aws_s3_bucket.mine.id
  key     = "word.txt"
  content = var.word
}
resource "aws_s3_object" "big" {
  bucket = data.aws_s3_bucket.lake.id
  key    = "raw/clients/terraform/big.bin"
  source = "big.bin"
}
resource "aws_iam_role" "reader" {
  name = "${var.stack}-terraform-smoke"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
resource "aws_iam_role_policy" "read" {
  role = aws_iam_role.reader.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.mine.arn}/*" }]
  })
}
resource "aws_sqs_queue" "queue" { name = "${var.stack}-terraform-smoke" }
resource "aws_ssm_parameter" "fact" {
  name  = "/${var.stack}/terraform-smoke"
  type  = "String"
  value = aws_s3_bucket.mine.arn
}
output "account" { value = data.aws_caller_identity.me.account_id }
"""


def terraform(*words: str) -> str:
    done = subprocess.run(["terraform", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"terraform {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


def not_run(reason: str) -> None:
    print(reason)
    sys.exit(NOT_RUN)


if not shutil.which("terraform"):
    not_run("no `terraform` on PATH")
Path("main.tf").write_text(PROGRAM)
Path("big.bin").write_bytes(os.urandom(20 << 20))
os.environ.update({"TF_VAR_bucket": BUCKET, "TF_VAR_stack": STACK, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"})
begun = subprocess.run(["terraform", "init", "-input=false", "-no-color"], capture_output=True, text=True, check=False)
if begun.returncode:
    said = [line.strip("│ ") for line in begun.stderr.splitlines()]
    not_run("`terraform init`: " + next((line for line in said if line.startswith("Error: ")), "it failed"))

terraform("apply", "-auto-approve", "-input=false", "-no-color")
assert json.loads(terraform("output", "-json"))["account"]["value"].isdigit()
assert "No changes" in terraform("plan", "-input=false", "-no-color")
terraform("apply", "-auto-approve", "-input=false", "-no-color", "-var", "word=two")
assert json.loads(terraform("show", "-json"))["values"]["root_module"]["resources"]
terraform("state", "rm", "aws_iam_role.reader")
terraform("import", "-input=false", "aws_iam_role.reader", f"{STACK}-terraform-smoke")
assert "No changes" in terraform("plan", "-input=false", "-no-color", "-var", "word=two")
terraform("destroy", "-auto-approve", "-input=false", "-no-color")
assert not json.loads(terraform("show", "-json")).get("values")
