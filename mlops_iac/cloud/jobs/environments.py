"""Python environments that jobs and endpoints run in: what AWS's framework image is on AWS.

A *base* is one framework version: a virtual environment with the image's packages. A *layer* is a base plus the
requirements that a team's code brings, installed with no index from the wheels that travel with the code; it sees the
base through a ``.pth`` file, so only what is extra is installed. Both carry a mark that is set last, in one step, so a
half-built one is never used, and both are named by a hash of all that made them, so nothing in the cache goes stale.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops_iac.cloud.jobs.gpus import here
from mlops_iac.core.builders import builder_environment
from mlops_iac.core.cache import cache_folder
from mlops_iac.core.errors import MlopsError
from mlops_iac.core.frameworks import Framework
from mlops_iac.core.interpreters import Interpreter, NoInterpreter, find_interpreter, get_interpreter

log = logging.getLogger("mlops_iac.cloud.jobs")

_RECIPE = 3
"""Part of every hash: raise it when the way environments are built changes."""
_LAST_LINES = 12
"""How many of pip's last lines an error shows."""
_READY = ".ready"
"""The mark of an environment that is whole; it names what was installed."""
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
_TOOLKITS = Path(__file__).with_name("toolkits")
_CONTENT = Path(__file__).parents[1] / "endpoints" / "mlops_iac_content.py"


class EnvironmentFailed(MlopsError):
    """An environment could not be built; the detail holds pip's last lines."""


@dataclass(frozen=True)
class PythonEnvironment:
    folder: Path
    base: Path | None = None
    """The environment that this one is laid over."""

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.folder, self.base) if self.base else (self.folder,)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def search_path(self) -> str:
        """The value of PATH: the environment's own programs, then the system's."""
        own = [str(folder / "bin") for folder in self.folders]
        return os.pathsep.join([*own, "/usr/local/bin", "/usr/bin", "/bin"])

    @property
    def libraries(self) -> str:
        """Where shared libraries lie that came as packages."""
        return os.pathsep.join(str(folder / "lib") for folder in self.folders)

    def has(self, program: str) -> bool:
        return any((folder / "bin" / program).is_file() for folder in self.folders)


def framework_environment(framework: Framework) -> PythonEnvironment:
    """The base of a framework version, built when the cache lacks it (about half a minute, once).

    Safe to call at the same time from several threads and processes. Raises EnvironmentFailed.
    """
    if not framework.packages:
        return PythonEnvironment(Path(sys.prefix))
    try:
        interpreter = get_interpreter(framework)
    except NoInterpreter as error:
        raise EnvironmentFailed(error.summary, error.detail, hint=error.hint) from error
    folder = _base_folder(framework, interpreter)
    with building(folder) as aside:
        if aside:
            _build_base(aside, framework, interpreter)
    return PythonEnvironment(folder)


def code_environment(framework: Framework, code: Path | None) -> PythonEnvironment:
    """The environment for a team's code: the base, plus the code's ``requirements.txt`` from its ``wheels`` folder.

    Without code, or when the code has no requirements, this is the base. Raises EnvironmentFailed.
    """
    base = framework_environment(framework)
    requirements = code / "requirements.txt" if code else None
    if requirements is None or not _has_requirements(requirements):
        return base
    interpreter = get_interpreter(framework)
    text = requirements.read_text("utf-8", "replace")
    folder = named_folder("layer", interpreter, str(base.folder), text, *_wheel_hashes(requirements.parent))
    with building(folder) as aside:
        if aside:
            _build_layer(aside, base, requirements, interpreter)
    return PythonEnvironment(folder, base.folder)


def warm(framework: Framework) -> threading.Thread:
    """Build a framework's environment in the background; a failure is kept for the job that needs it."""

    def build() -> None:
        with contextlib.suppress(EnvironmentFailed):  # the first job that needs it fails with the same reason
            framework_environment(framework)

    thread = threading.Thread(target=build, name=f"warm {framework}", daemon=True)
    thread.start()
    return thread


def is_ready(framework: Framework) -> bool:
    """Whether the framework's environment is in the cache already."""
    if not framework.packages:
        return True
    interpreter = find_interpreter(framework)
    return bool(interpreter and _is_whole(_base_folder(framework, interpreter)))


def _base_folder(framework: Framework, interpreter: Interpreter) -> Path:
    # What was built before a GPU was there, is of no use to it.
    gpus = ["gpus"] if _needs_cuda(framework) and here() else []
    parts = (*framework.packages, *framework.toolkits, *_toolkit_hashes(), *gpus)
    return named_folder("base", interpreter, str(framework), *parts)


@functools.cache
def _toolkit_hashes() -> tuple[str, ...]:
    files = [_CONTENT, *sorted(_TOOLKITS.rglob("*.py"))]
    return tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def named_folder(kind: str, interpreter: Interpreter, *parts: str) -> Path:
    """Where an environment lies that is made of these parts."""
    # The interpreter behind a virtual environment: one checkout's environments serve every other.
    real = os.path.realpath(interpreter.path)
    text = "\0".join([str(_RECIPE), kind, real, platform.platform(), interpreter.version, *parts])
    return cache_folder() / "environments" / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _has_requirements(file: Path) -> bool:
    if not file.is_file():
        return False
    lines = (line.strip() for line in file.read_text("utf-8", "replace").splitlines())
    return any(line and not line.startswith(("#", "--no-index", "--find-links", "-f ")) for line in lines)


def _wheel_hashes(code: Path) -> list[str]:
    wheels = sorted((code / "wheels").glob("*")) if (code / "wheels").is_dir() else []
    return [f"{wheel.name} {hashlib.sha256(wheel.read_bytes()).hexdigest()}" for wheel in wheels if wheel.is_file()]


@contextlib.contextmanager
def building(folder: Path) -> Iterator[Path | None]:
    """Hold the lock of one environment; yields the folder to build, or None when it is there already."""
    if _is_whole(folder):
        yield None
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process, or another thread: each has opened the file itself
        if _is_whole(folder):
            yield None
            return
        shutil.rmtree(folder, ignore_errors=True)
        try:
            # Scripts of a virtual environment name its folder, so it is built where it will live, not aside and moved;
            # only `.ready` makes it exist for anybody else.
            yield folder
            (folder / _READY).write_text("\n".join(_holdings(folder)))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _holdings(folder: Path) -> list[str]:
    """What is installed in an environment: the folders that pip keeps its records in."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("lib/python*/site-packages/*.dist-info"))


def _is_whole(folder: Path) -> bool:
    """Whether it is ready and still holds what it held then."""
    try:
        held = (folder / _READY).read_text().split("\n")
    except OSError:
        return False
    return all((folder / name).exists() for name in held)


def _check_holds(folder: Path, names: Iterable[str], what: str) -> None:
    """pip can end well and have installed elsewhere."""
    held = {_plain(Path(name).name.split("-")[0]) for name in _holdings(folder)}
    missing = sorted({_plain(name) for name in names} - held)
    if missing:
        detail = f"{what} ended without an error, but the environment lacks {', '.join(missing)}."
        raise EnvironmentFailed("Environment could not be built.", detail)


def _plain(name: str) -> str:
    """A distribution's name as it is compared."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _build_base(folder: Path, framework: Framework, interpreter: Interpreter) -> None:
    run([str(interpreter.path), "-m", "venv", str(folder)], f"making the virtual environment of {framework}")
    _install_base(folder, framework)
    _check_holds(folder, (package.split("==")[0] for package in framework.packages), f"installing {framework}")
    for toolkit in framework.toolkits:
        shutil.copytree(_TOOLKITS / toolkit, _site_packages(folder, interpreter) / toolkit)
    if framework.toolkits:
        shutil.copy(_CONTENT, _site_packages(folder, interpreter))
    # pip would compile on one core, and the packages' own tests too, which are near half of it and never run here.
    compiler = [str(folder / "bin" / "python"), "-m", "compileall", "-q", "-j", "0", "-x", "/tests/"]
    run([*compiler, str(_site_packages(folder, interpreter))], f"compiling {framework}")


def _install_base(folder: Path, framework: Framework) -> None:
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wheels = ["--only-binary", ":all:", "--no-deps", "--no-compile"]
    if not _needs_cuda(framework):
        run([*pip, *wheels, *framework.packages], f"installing {framework}")
        return
    with_cuda = [*pip, *wheels, *framework.packages, *framework.cuda]
    if here():
        run(with_cuda, f"installing {framework} for this machine's GPUs")
        return
    packages = [f"{package}+cpu" if package.startswith("torch==") else package for package in framework.packages]
    source = f"installing {framework} (from {framework.index} and the default index)"
    try:
        run([*pip, *wheels, "--extra-index-url", str(framework.index), *packages], source)
    except EnvironmentFailed:
        log.warning("%s cannot be had: %s comes with CUDA's libraries, 5 GB.", framework.index, framework)
        run(with_cuda, f"installing {framework} with CUDA's libraries")


def _needs_cuda(framework: Framework) -> bool:
    """PyPI's torch for Linux on x86 does not even import without gigabytes of CUDA libraries beside it. The framework's
    own index has the build for CPUs, under a local version; they all come where that index cannot be reached, and where
    the machine has GPUs."""
    linux = sys.platform == "linux" and platform.machine() in ("x86_64", "AMD64")
    return bool(framework.index) and linux


def lay_over(folder: Path, base: PythonEnvironment, interpreter: Interpreter) -> None:
    """A virtual environment that sees another one's packages, and has its programs."""
    run([str(interpreter.path), "-m", "venv", "--without-pip", str(folder)], "making the code's virtual environment")
    (_site_packages(folder, interpreter) / "_base.pth").write_text(
        f"{_site_packages(base.folder, interpreter)}\n", encoding="utf-8"
    )
    _copy_scripts(base.folder / "bin", folder / "bin")


def _build_layer(folder: Path, base: PythonEnvironment, requirements: Path, interpreter: Interpreter) -> None:
    lay_over(folder, base, interpreter)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    wheels = requirements.parent / "wheels"
    links = ["--find-links", str(wheels)] if wheels.is_dir() else []
    run([*pip, *links, "-r", str(requirements)], "installing requirements.txt", folder=requirements.parent)
    pinned = _PINNED.findall(requirements.read_text("utf-8", "replace"))
    in_base = {_plain(Path(name).name.split("-")[0]) for name in _holdings(base.folder)}
    wanted = [name for name in pinned if _plain(name) not in in_base]
    _check_holds(folder, wanted, "installing requirements.txt")


def _copy_scripts(base: Path, layer: Path) -> None:
    """Programs of the base that are Python (``torchrun``), for the layer's Python, with which they see the layer."""
    line = f"#!{base}/python".encode()
    for script in base.iterdir():
        if not script.is_file() or script.is_symlink() or script.name.startswith(("pip", "python")):
            continue
        content = script.read_bytes()
        first, _, rest = content.partition(b"\n")
        if first.startswith(line):
            (layer / script.name).write_bytes(f"#!{layer}/python\n".encode() + rest)
            (layer / script.name).chmod(0o755)


def _site_packages(folder: Path, interpreter: Interpreter) -> Path:
    return folder / "lib" / f"python{interpreter.version}" / "site-packages"


def run(command: Sequence[str], what: str, folder: Path | None = None) -> None:
    done = subprocess.run(
        command,
        env=builder_environment(),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_LAST_LINES:])
        raise EnvironmentFailed("Environment could not be built.", f"{what} failed:\n{last}")
