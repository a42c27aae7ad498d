"""The Java that jobs of Spark run on, on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.java import REMEDY, find_java, lack
from mlops_iac.doctor.finding import Finding, failed, passed
from mlops_iac.doctor.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if getattr(subject.opened.options, "spark", None) is None:
        return
    java = find_java()
    if java is None or not java.usable:
        yield failed(lack(), f"{REMEDY}, or set JAVA_HOME to one.")
    else:
        yield passed(f"jobs of Spark run on Java {java.version} ({java.home})")
