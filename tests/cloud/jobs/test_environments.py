"""Environments are built once, aside, and never used half built."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs import environments
from mlops_iac.core.frameworks import Framework, framework_names, framework_versions, get_framework

LIGHT = Framework("light", "1")
ALL = [(name, version) for name in framework_names() for version in framework_versions(name)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MLOPS_IAC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "environments"


@pytest.fixture
def code(tmp_path, make_wheel):
    folder = tmp_path / "code"
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels" / "tinywheel-1.0-py3-none-any.whl").write_bytes(make_wheel("tinywheel", "1.0", "ANSWER = 1\n"))
    (folder / "requirements.txt").write_text("tinywheel==1.0\n")
    return folder


def test_a_layer_sees_its_own_wheels_and_the_base(code, cache):
    environment = environments.code_environment(LIGHT, code)
    script = "import tinywheel, boto3; print(tinywheel.ANSWER)"
    assert subprocess.check_output([environment.python, "-I", "-c", script], text=True) == "1\n"


def test_the_same_code_gets_the_same_layer_and_another_wheel_another(code, make_wheel):
    first = environments.code_environment(LIGHT, code)
    assert environments.code_environment(LIGHT, code) == first
    (code / "wheels" / "tinywheel-1.0-py3-none-any.whl").write_bytes(make_wheel("tinywheel", "1.0", "ANSWER = 2\n"))
    second = environments.code_environment(LIGHT, code)
    assert second != first
    script = "import tinywheel; print(tinywheel.ANSWER)"
    assert subprocess.check_output([second.python, "-c", script], text=True) == "2\n"


def test_code_without_requirements_runs_in_the_base(tmp_path):
    (tmp_path / "requirements.txt").write_text("# nothing\n--no-index\n")
    assert environments.code_environment(LIGHT, tmp_path) == environments.framework_environment(LIGHT)


def test_a_failed_build_leaves_nothing_and_shows_pips_last_lines(code, cache):
    (code / "requirements.txt").write_text("absent-package==9\n")
    with pytest.raises(environments.EnvironmentFailed) as failed:
        environments.code_environment(LIGHT, code)
    assert "absent-package==9" in failed.value.detail
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_a_build_that_was_interrupted_is_not_used(code, cache):
    environment = environments.code_environment(LIGHT, code)
    (environment.folder / ".ready").unlink()
    (environment.folder / "bin" / "python").unlink()
    again = environments.code_environment(LIGHT, code)
    assert again == environment
    assert again.python.exists()


def test_an_environment_that_lost_a_package_is_built_again(code):
    environment = environments.code_environment(LIGHT, code)
    (info,) = environment.folder.glob("lib/python*/site-packages/tinywheel-1.0.dist-info")
    shutil.rmtree(info)
    again = environments.code_environment(LIGHT, code)
    assert again == environment
    assert info.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("PIP_TARGET", "elsewhere"), ("PIP_USER", "1"), ("PIP_REQUIRE_VIRTUALENV", "1"), ("PYTHONPATH", "elsewhere")],
)
def test_the_persons_own_settings_do_not_empty_a_layer(code, tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(name, str(tmp_path / value) if value == "elsewhere" else value)
    environment = environments.code_environment(LIGHT, code)
    assert list(environment.folder.glob("lib/python*/site-packages/tinywheel-1.0.dist-info"))


def test_pip_that_installed_elsewhere_is_not_believed(code, monkeypatch):
    monkeypatch.setattr(environments, "builder_environment", lambda: {"PIP_TARGET": str(code / "elsewhere")})
    with pytest.raises(environments.EnvironmentFailed, match="lacks tinywheel"):
        environments.code_environment(LIGHT, code)


@pytest.mark.parametrize(("name", "version"), ALL)
def test_every_framework_holds_what_scripts_of_awss_samples_import(name, version):
    """boto3, PyYAML, requests, and AWS's own toolkits, as far as the image has them."""
    framework = get_framework(name, version)
    held = {package.split("==")[0] for package in framework.packages}
    assert {"boto3", "requests"} <= held
    assert "pyyaml" in held or (name, version) == ("sklearn", "1.2-1"), "that image has no PyYAML"
    assert framework.toolkits
    assert all((environments._TOOLKITS / toolkit / "__init__.py").is_file() for toolkit in framework.toolkits)


def test_builds_at_the_same_time_happen_once(code, cache, monkeypatch):
    built = []
    original = environments._build_layer
    monkeypatch.setattr(environments, "_build_layer", lambda *given: (built.append(given), original(*given)))
    threads = [threading.Thread(target=environments.code_environment, args=(LIGHT, code)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


def test_a_framework_without_wheels_for_this_python_says_which_have():
    with pytest.raises(environments.EnvironmentFailed) as failed:
        environments.framework_environment(Framework("old", "0.1", packages=("numpy==1.0",), python=("2.7",)))
    assert "2.7" in failed.value.detail


def test_no_credentials_of_the_person_reach_pip(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    seen = {}

    def run(command, env, **_):
        seen.update(env)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(environments.subprocess, "run", run)
    environments.run(["true"], "nothing")
    assert "AWS_SECRET_ACCESS_KEY" not in seen


@pytest.mark.parametrize(
    ("system", "machine", "package"),
    [
        ("linux", "x86_64", "torch==2.6.0+cpu"),
        ("linux", "aarch64", "torch==2.6.0"),
        ("darwin", "arm64", "torch==2.6.0"),
    ],
)
def test_torch_is_the_build_that_needs_no_cuda(monkeypatch, system: str, machine: str, package: str) -> None:
    (command,) = installs(monkeypatch, system, machine)
    assert package in command
    assert "numpy==1.26.4" in command
    assert not any(word.startswith("nvidia-") for word in command)


def test_where_the_index_of_that_build_cannot_be_reached_cudas_libraries_come_too(monkeypatch) -> None:
    first, second = installs(monkeypatch, "linux", "x86_64", unreachable=True)
    assert "torch==2.6.0+cpu" in first
    assert "torch==2.6.0" in second
    assert "--extra-index-url" not in second
    assert "nvidia-cudnn-cu12==9.1.0.70" in second


def test_a_machine_with_a_gpu_gets_the_build_that_uses_it(monkeypatch) -> None:
    (command,) = installs(monkeypatch, "linux", "x86_64", gpus=("0",))
    assert "torch==2.6.0" in command
    assert "--extra-index-url" not in command
    assert "nvidia-cudnn-cu12==9.1.0.70" in command


def installs(
    monkeypatch, system: str, machine: str, *, unreachable: bool = False, gpus: tuple[str, ...] = ()
) -> list[list[str]]:
    """What pip is asked for PyTorch's environment on a machine."""
    monkeypatch.setattr(environments, "here", lambda: gpus)
    monkeypatch.setattr(environments.sys, "platform", system)
    monkeypatch.setattr(environments.platform, "machine", lambda: machine)
    asked: list[list[str]] = []

    def run(command, what, folder=None):
        asked.append(command)
        if unreachable and "--extra-index-url" in command:
            raise environments.EnvironmentFailed("Environment could not be built.", "no such host")

    monkeypatch.setattr(environments, "run", run)
    environments._install_base(Path("/nowhere"), get_framework("pytorch", "2.6.0"))
    return asked
