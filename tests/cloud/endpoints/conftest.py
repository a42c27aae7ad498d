"""The same cloud, with the same light framework, as the tests of jobs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("jobs_conftest", Path(__file__).parent.parent / "jobs" / "conftest.py")
assert _spec
assert _spec.loader
_jobs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_jobs)

server, cloud = _jobs.server, _jobs.cloud
installs, make_cloud = _jobs.installs, _jobs.make_cloud
