"""Run one of the team's scripts on Spark: ``spark-submit mlops_iac_spark.py SCRIPT --data s3://… …``.

The packed code is unpacked in the folder ``code`` beside it, for the driver and for each executor. EMR Serverless runs
Python 3.9, so nothing newer stands here.
"""

import os
import runpy
import sys

CODE = "code"


def main() -> None:
    script, arguments = sys.argv[1], sys.argv[2:]
    folder = os.path.abspath(CODE)
    path = os.path.join(folder, script)
    sys.path.insert(0, folder)
    sys.path.insert(0, os.path.dirname(path))
    sys.argv = [path, *arguments]
    runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main()
