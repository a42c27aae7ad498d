"""Pytest fixtures: ``embedded_cloud``, ``deployed`` and ``policies``. Installed with the package, nothing to configure.

```python
def test_the_model_answers(deployed):
    screening = deployed("screening-dev")
    screening.put(Path("examples/screening/data"))
    assert screening.run("training").status == "succeeded"
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mlops_iac.cloud.process import EmbeddedCloud
    from mlops_iac.testing.deployed import DeployedEnvironment
    from mlops_iac.testing.judged import Judged

pytest.register_assert_rewrite("mlops_iac.testing.contracts")


@pytest.fixture(scope="session")
def mlops_iac_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this test session keeps its state and its cloud; never the project's own `.mlops-iac`."""
    home: Path = tmp_path_factory.mktemp("mlops-iac")
    home.chmod(0o700)
    return home


@pytest.fixture(scope="session")
def mlops_iac_root(pytestconfig: pytest.Config) -> Path:
    """The project: the folder with Pulumi.yaml, at or above pytest's root. Override it for another one."""
    from mlops_iac.config import find_project

    return find_project(pytestconfig.rootpath)


@pytest.fixture(scope="session")
def embedded_cloud(mlops_iac_home: Path) -> Iterator[EmbeddedCloud]:
    """An embedded cloud of this test session, on a port of its own; stopped at the end."""
    from mlops_iac.cloud.process import EmbeddedCloud

    cloud = EmbeddedCloud(mlops_iac_home / "cloud")
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture(scope="session")
def deployed(
    embedded_cloud: EmbeddedCloud, mlops_iac_home: Path, mlops_iac_root: Path
) -> Iterator[Callable[[str], DeployedEnvironment]]:
    """``deployed("screening-dev")``: the environment, brought up once a session and destroyed at its end.

    It raises what `up` would tell: StackNotFound for a wrong name, ConfigError for a wrong stack file, CloudError when
    a resource fails. What is protected cannot be destroyed; it ends with the cloud, which is thrown away.
    """
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.testing.deployed import bring_up

    live: dict[str, DeployedEnvironment] = {}

    def deploy(stack: str) -> DeployedEnvironment:
        __tracebackhide__ = True
        if stack not in live:
            try:
                live[stack] = bring_up(EmbeddedBackend(mlops_iac_root, stack, home=mlops_iac_home))
            except MlopsError as error:
                # Its words say what to do; the way through our code would only hide them.
                raise error.with_traceback(None) from None
        return live[stack]

    yield deploy
    for environment in live.values():
        is_there = environment.backend.stack in environment.backend.store.stacks()
        if is_there and not environment.is_protected:
            environment.destroy()


@pytest.fixture(scope="session")
def policies(mlops_iac_home: Path, mlops_iac_root: Path) -> Callable[[str], Judged]:
    """``policies("screening-dev")``: what policies say of an environment as its program has it now. Needs no cloud.

    It raises what `preview` would tell: StackNotFound for a wrong name, ConfigError for a wrong stack file.
    """
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.testing.judged import judge

    def judge_it(stack: str) -> Judged:
        __tracebackhide__ = True
        try:
            return judge(mlops_iac_root, stack, mlops_iac_home)
        except MlopsError as error:
            raise error.with_traceback(None) from None

    return judge_it
