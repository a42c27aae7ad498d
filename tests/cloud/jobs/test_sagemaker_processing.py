"""Processing jobs run commands over inputs and outputs at the paths that AWS's examples hard-code."""

from __future__ import annotations

COPY = """
import pathlib
for file in pathlib.Path("/opt/ml/processing/input/data").iterdir():
    print("read", file.name)
    pathlib.Path("/opt/ml/processing/output/result", file.name).write_text(file.read_text().upper())
"""


def test_a_script_finds_its_inputs_and_outputs_under_opt_ml(cloud):
    cloud.put("data/raw/a.csv", "a,b\n")
    job = cloud.process(COPY)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.get("result/a.csv") == b"A,B\n"
    assert cloud.log("/aws/sagemaker/ProcessingJobs", "job") == ["read a.csv"]
