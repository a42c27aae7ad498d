"""Requirements are resolved from a folder of small wheels made here: no test needs a network."""

from __future__ import annotations

import codecs
import hashlib
import zipfile
from pathlib import Path

import pytest

from mlops_iac.core.errors import RunError
from mlops_iac.core.frameworks import Framework
from mlops_iac.runs import requirements as requirements_module
from mlops_iac.runs.platforms import AWS_TAGS, Platform, this_platform
from mlops_iac.runs.requirements import Locked, lock_requirements

FRAMEWORK = Framework("tiny", "1.0", packages=("base-lib==2.0",), image_python="3.10")


def make_wheel(folder: Path, name: str, version: str, requires: str = "", tag: str = "py3-none-any") -> Path:
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    path = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{module}.py", f"VERSION = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip knows this folder and no index."""
    folder = tmp_path / "index"
    folder.mkdir()
    make_wheel(folder, "small", "1.0", requires="base-lib>=1")
    make_wheel(folder, "small", "1.1", requires="base-lib>=1")
    make_wheel(folder, "base-lib", "3.0")
    make_wheel(folder, "newer", "1.0", requires="base-lib>=3")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    return folder


def lock(code: Path, text: str, platform: Platform | None = None) -> Locked:
    (code / "requirements.txt").write_text(text)
    return lock_requirements(code, FRAMEWORK, platform or this_platform(FRAMEWORK))


def test_the_lock_has_exact_versions_hashes_and_no_index(code: Path) -> None:
    locked = lock(code, "small\n")
    assert [(wheel.name, wheel.version) for wheel in locked.wheels] == [("small", "1.1")]
    lines = locked.text.splitlines()
    assert lines[1:3] == ["--no-index", "--find-links wheels"]
    assert lines[3] == f"small==1.1 --hash=sha256:{locked.wheels[0].sha256}"


def test_what_the_framework_holds_is_neither_fetched_nor_upgraded(code: Path) -> None:
    assert lock(code, "small\nbase-lib\n").wheels[0].name == "small"
    assert lock(code, "base-lib>=1\n").text == ""


def test_a_requirement_that_the_framework_contradicts_is_refused_in_pips_words(code: Path) -> None:
    with pytest.raises(RunError, match="cannot be resolved") as caught:
        lock(code, "newer\n")
    assert "base-lib==2.0" in caught.value.detail
    assert "+framework" not in caught.value.detail
    assert "image holds" in caught.value.hint


def test_an_unknown_package_is_refused_with_its_name(code: Path) -> None:
    with pytest.raises(RunError) as caught:
        lock(code, "no-such-package-here\n")
    assert "no-such-package-here" in caught.value.detail
    assert str(code / "requirements.txt") in caught.value.detail


def test_a_second_run_resolves_nothing(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lock(code, "small\n")
    monkeypatch.setattr(requirements_module, "download_wheels", None)
    assert lock(code, "small\n") == first


def test_a_damaged_cache_is_resolved_anew(code: Path) -> None:
    first = lock(code, "small\n")
    first.wheels[0].path.write_bytes(b"damaged")
    again = lock(code, "small\n")
    assert again == first
    assert again.wheels[0].path.read_bytes() != b"damaged"


def test_wheels_are_chosen_for_the_jobs_platform(code: Path, index: Path) -> None:
    make_wheel(index, "native", "1.0", tag="cp310-cp310-manylinux2014_x86_64")
    aws = Platform("3.10", AWS_TAGS)
    assert lock(code, "native\n", aws).wheels[0].file == "native-1.0-cp310-cp310-manylinux2014_x86_64.whl"
    with pytest.raises(RunError, match="cannot be resolved"):
        lock(code, "native\n", Platform("3.9", AWS_TAGS))


@pytest.mark.parametrize("line", ["-e ./lib", "./lib", "../lib", "file:///tmp/lib", "/opt/lib", "."])
def test_what_lies_on_this_machine_only_is_refused_with_its_line(code: Path, line: str) -> None:
    with pytest.raises(RunError, match="cannot travel") as caught:
        lock(code, f"small\n{line}\n")
    assert caught.value.problems[0].line == 2


def test_an_included_file_is_part_of_the_content(code: Path) -> None:
    (code / "more.txt").write_text("small==1.0\n")
    assert lock(code, "-r more.txt\n").wheels[0].version == "1.0"
    (code / "more.txt").write_text("small==1.1\n")
    assert lock(code, "-r more.txt\n").wheels[0].version == "1.1"


def test_a_file_that_includes_itself_is_read_once(code: Path) -> None:
    (code / "requirements.txt").write_text("-r requirements.txt\nsmall\n")
    assert len(list(requirements_module.read_texts(code / "requirements.txt", code))) == 1


def test_no_requirements_lock_to_nothing(code: Path) -> None:
    assert lock_requirements(code, FRAMEWORK, this_platform(FRAMEWORK)).text == ""
    assert lock(code, "# nothing\n\n").text == ""


def test_credentials_of_a_cloud_are_not_handed_to_pip(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def run(command: list[str], *, env: dict[str, str], **_: object) -> None:
        seen.update(env)
        raise RunError("enough")

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("mlops_iac.runs.pip.subprocess.run", run)
    with pytest.raises(RunError, match="enough"):
        lock(code, "small\n")
    assert "PATH" in seen
    assert "AWS_SECRET_ACCESS_KEY" not in seen


@pytest.mark.parametrize(
    "line", ["-r {}", "-r{}", "--requirement={}", "--requirement {}", "--req {}", "--r={}", "-c {}", "--constr {}"]
)
def test_a_requirements_file_outside_the_code_folder_is_not_read(code: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "shadow").write_text("root:$6$hash\n")
    (code / "requirements.txt").write_text(line.format(tmp_path / "shadow") + "\n")
    with pytest.raises(RunError, match="outside the code folder") as caught:
        list(requirements_module.read_texts(code / "requirements.txt", code))
    assert "hash" not in str(caught.value)


def test_requirements_that_are_a_link_out_of_the_folder_are_not_read(code: Path, tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text("root:$6$hash\n")
    (code / "requirements.txt").symlink_to(tmp_path / "shadow")
    with pytest.raises(RunError, match="outside the code folder"):
        list(requirements_module.read_texts(code / "requirements.txt", code))


def test_other_options_of_pip_are_not_taken_for_files(code: Path) -> None:
    (code / "requirements.txt").write_text("--require-hashes\n--extra-index-url https://example.org/simple\n--pre\n")
    assert len(list(requirements_module.read_texts(code / "requirements.txt", code))) == 1


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_hashed_pin_of_what_the_image_holds_is_accepted(code: Path, index: Path) -> None:
    """As pip-compile writes it, with PyPI's hash, which the image's own package need not match."""
    small = sha(index / "small-1.1-py3-none-any.whl")
    text = f"base-lib==2.0 \\\n    --hash=sha256:{'0' * 64}  # via small\nsmall==1.1 \\\n    --hash=sha256:{small}\n"
    assert [wheel.name for wheel in lock(code, text).wheels] == ["small"]


def test_hashes_of_everything_else_are_still_checked(code: Path) -> None:
    with pytest.raises(RunError, match="Requirements cannot be resolved"):
        lock(code, f"small==1.1 --hash=sha256:{'0' * 64}\n")


def test_a_hashed_pin_of_another_version_than_the_images_is_refused(code: Path, index: Path) -> None:
    with pytest.raises(RunError):
        lock(code, f"base-lib==3.0 --hash=sha256:{sha(index / 'base_lib-3.0-py3-none-any.whl')}\n")


def test_hashes_in_an_included_file_count_too(code: Path, index: Path) -> None:
    (code / "more.txt").write_text(f"small==1.1 --hash=sha256:{sha(index / 'small-1.1-py3-none-any.whl')}\n")
    assert [wheel.name for wheel in lock(code, "-r more.txt\n").wheels] == ["small"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-8-sig"])
def test_a_file_with_a_byte_order_mark_is_read_as_pip_reads_it(code: Path, encoding: str) -> None:
    marks = {"utf-16-le-bom": codecs.BOM_UTF16_LE, "utf-16-be-bom": codecs.BOM_UTF16_BE}
    text = "small==1.0\n"
    data = marks[encoding] + text.encode(encoding[:9]) if encoding in marks else text.encode(encoding)
    (code / "requirements.txt").write_bytes(data)
    locked = lock_requirements(code, FRAMEWORK, this_platform(FRAMEWORK))
    assert [(wheel.name, wheel.version) for wheel in locked.wheels] == [("small", "1.0")]
