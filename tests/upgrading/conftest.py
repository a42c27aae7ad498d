"""A project with a stack of the blueprint `image-store`, which was deployed by its first release."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlops_iac.core import notices
from tests.support import aging

Write = Callable[[str], Path]

HEAD = """\
# Ünsere Bilder
config:
  aws:region: eu-west-1  # near
  mlops-iac:team: churn
  mlops-iac:environment: dev
  mlops-iac:blueprint: image-store
"""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    notices.listen(lambda text: None)
    yield
    notices.listen(notices._warn)


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[aging.Aging]], None]:
    return lambda kind: aging.release(monkeypatch, kind)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """``write("  mlops-iac:options: …")`` is the rest of the stack file `churn-dev`."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: mlops-iac\nruntime: python\nstackConfigDir: stacks\n")
    monkeypatch.chdir(tmp_path)

    def write(rest: str) -> Path:
        file = tmp_path / "stacks/Pulumi.churn-dev.yaml"
        file.write_text(HEAD + rest)
        return file

    return write
