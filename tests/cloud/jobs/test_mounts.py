"""Where nothing can be mounted, jobs that use variables still work and the others are told why they cannot."""

from __future__ import annotations

import pytest

from mlops_iac.cloud.jobs import enter, mounts
from mlops_iac.cloud.jobs.mounts import View

pytestmark = pytest.mark.usefixtures("no_mounts")


@pytest.fixture
def no_mounts(monkeypatch):
    monkeypatch.setattr(mounts, "can_mount", lambda: False)
    monkeypatch.setattr(enter, "can_isolate", lambda: False)


def test_a_training_script_that_uses_variables_works(cloud):
    script = "import os; open(os.path.join(os.environ['SM_MODEL_DIR'], 'm'), 'w').write('1')"
    job = cloud.train(script, EnableNetworkIsolation=True)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.archive("models/job/output/model.tar.gz") == {"m": b"1"}
    log = cloud.log("/aws/sagemaker/TrainingJobs", "job")
    assert any("does not allow private mount namespaces" in line for line in log)
    assert any("does not allow private network namespaces" in line for line in log)


def test_a_script_that_fails_for_want_of_opt_ml_is_told_so(cloud):
    job = cloud.train("open('/opt/ml/model/m', 'w')")
    assert job["TrainingJobStatus"] == "Failed"
    assert "No such file or directory: '/opt/ml/model/m'" in job["FailureReason"]
    assert "MLOPS_IAC_OPT_ML" in job["FailureReason"]


def test_paths_in_entry_points_and_arguments_are_translated(cloud):
    script = """
import os, pathlib, sys
out = pathlib.Path(sys.argv[1])
out.joinpath("seen").write_text(str(len(os.listdir(os.environ["MLOPS_IAC_OPT_ML"] + "/processing/input/data"))))
"""
    entry = ["python3", "/opt/ml/processing/input/code/script.py"]
    job = cloud.process(
        script,
        AppSpecification={
            "ImageUri": cloud.image,
            "ContainerEntrypoint": entry,
            "ContainerArguments": ["/opt/ml/processing/output/result"],
        },
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.get("result/seen") == b"1"


def test_a_path_out_of_the_jobs_folder_is_refused(tmp_path):
    view = View(tmp_path, private=True)
    with pytest.raises(ValueError, match="leaves"):
        view.real("/opt/ml/../../etc")
    with pytest.raises(ValueError, match="/etc"):
        view.real("/etc/passwd")
