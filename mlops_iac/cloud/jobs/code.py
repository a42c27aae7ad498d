"""The team's code on its way into a training job, by the hyperparameter that AWS's containers take it from."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_iac.cloud.jobs import script_mode
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.instance import Instance
from mlops_iac.cloud.jobs.s3_transfer import S3Uri, Source, download, unpack
from mlops_iac.cloud.jobs.sagemaker_job import Run


def fetch_code(run: Run, instance: Instance, hyperparameters: Mapping[str, Any]) -> Path | None:
    """Put the team's code into /opt/ml/code, from S3 or from a channel, as an archive or a folder."""
    place = hyperparameters.get(script_mode.SUBMIT_DIRECTORY)
    if not place:
        return None
    code = instance.workspace.folder("/opt/ml/code")
    if str(place).startswith("s3://"):
        archive = instance.workspace.aside / "sourcedir.tar.gz"
        uri = S3Uri.parse(place)
        download(run.s3, Source(str(uri), "S3Object"), instance.workspace.aside / "code")
        (instance.workspace.aside / "code" / Path(uri.key).name).rename(archive)
    else:
        try:
            archive = instance.workspace.view.real(str(place))
        except ValueError as error:
            raise JobFailed(f"ClientError: sagemaker_submit_directory: {error}") from error
    if archive.is_dir():
        shutil.copytree(archive, code, dirs_exist_ok=True)
    elif archive.is_file():
        unpack(archive, code)
    else:
        raise JobFailed(f"ClientError: sagemaker_submit_directory: there is nothing at `{place}`.")
    return code
