from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path

from mlops_iac.core.frameworks import get_framework
from mlops_iac.runs.pack import PackedCode, pack
from mlops_iac.runs.platforms import Platform, aws_platform, this_platform

FRAMEWORK = get_framework("sklearn", "1.4-2")


def packed(folder: Path, platform: Platform | None = None) -> PackedCode:
    return pack(folder, FRAMEWORK, platform or this_platform(FRAMEWORK))


def archive(code: PackedCode) -> bytes:
    file = io.BytesIO()
    code.write_archive(file)
    return file.getvalue()


def test_equal_content_packs_to_equal_bytes_whenever_and_wherever(code: Path, tmp_path: Path) -> None:
    first = packed(code)
    other = tmp_path / "elsewhere"
    code.rename(other)
    os.utime(other / "train.py", (time.time() - 1e6,) * 2)
    second = packed(other)
    assert (first.sha, len(first.sha)) == (second.sha, 16)
    other.rename(code)
    assert archive(first) == archive(packed(code))


def test_every_change_of_content_changes_the_sha(code: Path) -> None:
    shas = [packed(code).sha]
    (code / "train.py").write_text("print('other')\n")
    shas.append(packed(code).sha)
    (code / "train.py").chmod(0o755)
    shas.append(packed(code).sha)
    (code / "train.py").rename(code / "trainer.py")
    shas.append(packed(code).sha)
    shas.append(packed(code, aws_platform(FRAMEWORK)).sha)
    assert len(set(shas)) == len(shas)


def test_the_archive_holds_the_team_s_files_and_what_starts_them(code: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(packed(code)))) as tar:
        names = tar.getnames()
        assert all((member.mtime, member.uid, member.uname) == (0, 0, "") for member in tar)
    ours = [
        "mlops_iac_items.py",
        "mlops_iac_map.py",
        "mlops_iac_nodes.py",
        "mlops_iac_ray.py",
        "mlops_iac_results.py",
        "mlops_iac_run.py",
        "mlops_iac_script_mode.py",
        "mlops_iac_secret_values.py",
        "mlops_iac_secrets.py",
        "mlops_iac_step.py",
        "mlops_iac_tasks.py",
    ]
    assert names == ["evaluate.py", "inference.py", *ours, "prepare.py", "train.py", "validate.py"]


def test_the_teams_own_inference_wins_over_the_default(code: Path) -> None:
    (code / "inference.py").write_text("MINE = 1\n")
    with tarfile.open(fileobj=io.BytesIO(archive(packed(code)))) as tar:
        content = tar.extractfile("inference.py")
        assert content is not None
        assert content.read() == b"MINE = 1\n"


def test_the_manifest_names_every_file_with_its_hash(code: Path) -> None:
    manifest = packed(code).manifest()
    assert set(manifest["files"]) == {"evaluate.py", "prepare.py", "train.py", "validate.py"}
    assert manifest["framework"] == "sklearn 1.4-2"
