"""What Airflow and MWAA refuse, as data with its source."""

from __future__ import annotations

from typing import Final

ID_LENGTH: Final = 250
"""Characters of a DAG's or a task's id: ``ID_LEN`` of airflow/models/base.py."""

NOTE_LENGTH: Final = 1000
"""Characters of a task's note: airflow/models/taskinstance.py."""

PATH_LENGTH: Final = 64
"""Characters of a path of Airflow's API: ``RestApiPath`` in MWAA's API model."""

LONGEST_PATH: Final = "/dags/{dag}/dagRuns/YYMMDD-HHMMSS-xxxx/taskInstances"
"""What is asked for of a run."""
