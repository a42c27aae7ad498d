"""What EMR Serverless is asked for by a spark step, alike on every target. What comes from the run each target says in
its own words.

The packed code is unpacked beside the driver and each executor as the folder ``code``; what starts is the launcher
(`runs/launcher/mlops_iac_spark.py`), which lies beside the packed code and runs the team's script.

https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html
"""

from __future__ import annotations

from typing import Final

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.spark import heap_mb
from mlops_iac.pipelines.compile.bindings import Bindings, SparkBinding
from mlops_iac.pipelines.compile.requests import RUN_TAG
from mlops_iac.pipelines.steps.spark import SparkStep

LAUNCHER: Final = "mlops_iac_spark.py"
ARCHIVE: Final = "sourcedir.tar.gz"
FOLDER: Final = "code"
FIRST_EXECUTORS: Final = 3
"""How many EMR Serverless begins with where nobody says."""


def application(step: SparkStep, bindings: Bindings) -> SparkBinding:
    return bindings.spark[step.application]


def submit_parameters(step: SparkStep, bindings: Bindings) -> str:
    """``sparkSubmitParameters``, with ``{}`` for the code's URI and then for the run."""
    variable = "spark.emr-serverless.driverEnv."
    ours = {
        "spark.archives": f"{{}}{ARCHIVE}#{FOLDER}",
        f"{variable}MLOPS_IAC_RUN": "{}",
        f"{variable}MLOPS_IAC_STACK": bindings.stack,
        "spark.driver.cores": step.driver.vcpus,
        "spark.driver.memory": f"{heap_mb(step.driver.memory_gb)}m",
        "spark.dynamicAllocation.maxExecutors": step.executors,
        "spark.executor.cores": step.executor.vcpus,
        "spark.executor.instances": min(FIRST_EXECUTORS, step.executors),
        "spark.executor.memory": f"{heap_mb(step.executor.memory_gb)}m",
        "spark.executorEnv.PYTHONPATH": FOLDER,
    }
    return " ".join(f"--conf {name}={value}" for name, value in {**ours, **dict(sorted(step.conf.items()))}.items())


def tags(bindings: Bindings) -> dict[str, str]:
    """But for the run's."""
    return {STACK_TAG: bindings.stack, **dict(sorted(bindings.tags.items()))}


__all__ = ["LAUNCHER", "RUN_TAG", "application", "submit_parameters", "tags"]
