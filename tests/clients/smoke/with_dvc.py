"""DVC with dvc-s3: a file and a folder pushed to the lake, lost here, pulled back, and the garbage collected."""

import os
import shutil
import subprocess
from pathlib import Path

import s3fs

HOME = f"{os.environ['MLOPS_IAC_BUCKET']}/raw/clients/dvc"


def dvc(*words: str) -> str:
    done = subprocess.run(["dvc", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"dvc {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


content = os.urandom(20 << 20)
Path("data/many").mkdir(parents=True)
Path("data/big.bin").write_bytes(content)
for number in range(20):
    Path(f"data/many/{number}.csv").write_text(f"a,b\n{number},{number}\n")

dvc("init", "--no-scm", "--quiet")
dvc("config", "core.analytics", "false")
dvc("remote", "add", "--default", "lake", f"s3://{HOME}")
dvc("add", "--quiet", "data/big.bin", "data/many")
assert "22 files pushed" in dvc("push")
assert "in sync" in dvc("status", "--cloud")
assert len(s3fs.S3FileSystem().find(HOME)) == 22

for lost in ("data/big.bin", "data/many", ".dvc/cache"):
    shutil.rmtree(lost) if Path(lost).is_dir() else Path(lost).unlink()
dvc("pull", "--quiet")
assert Path("data/big.bin").read_bytes() == content
assert Path("data/many/7.csv").read_text() == "a,b\n7,7\n"

Path("data/big.bin").write_bytes(b"small now")
dvc("add", "--quiet", "data/big.bin")
assert "1 file pushed" in dvc("push")
dvc("gc", "--workspace", "--cloud", "--force", "--quiet")
assert len(s3fs.S3FileSystem().find(HOME)) == 22
