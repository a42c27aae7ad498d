"""s3fs: files by glob, open for writing in parts, reading from the middle, moving and removing."""

import os

import fsspec
import s3fs

HOME = f"{os.environ['MLOPS_IAC_BUCKET']}/raw/clients/s3fs"

fs = s3fs.S3FileSystem()
content = os.urandom(20 << 20)
with fs.open(f"{HOME}/big.bin", "wb", block_size=8 << 20) as file:
    for start in range(0, len(content), 1 << 20):
        file.write(content[start : start + (1 << 20)])
assert fs.info(f"{HOME}/big.bin")["size"] == len(content)
with fs.open(f"{HOME}/big.bin", "rb") as file:
    file.seek(9 << 20)
    assert file.read(1000) == content[9 << 20 : (9 << 20) + 1000]
assert fs.cat_file(f"{HOME}/big.bin") == content

with fsspec.open(f"s3://{HOME}/day=1/part.csv", "w") as file:
    file.write("a,b\n1,2\n")
fs.pipe({f"{HOME}/day=2/part.csv": b"a,b\n3,4\n", f"{HOME}/day=2/other.txt": b""})
assert fs.glob(f"{HOME}/*/part.csv") == [f"{HOME}/day=1/part.csv", f"{HOME}/day=2/part.csv"]
assert fs.find(f"{HOME}/day=2") == [f"{HOME}/day=2/other.txt", f"{HOME}/day=2/part.csv"]
assert fs.isdir(f"{HOME}/day=1")
assert not fs.exists(f"{HOME}/day=3")
assert fs.cat(f"{HOME}/day=2/part.csv") == b"a,b\n3,4\n"

fs.mv(f"{HOME}/day=2/part.csv", f"{HOME}/day=2/moved.csv")
assert fs.ls(f"{HOME}/day=2", refresh=True) == [f"{HOME}/day=2/moved.csv", f"{HOME}/day=2/other.txt"]
fs.rm(HOME, recursive=True)
assert fs.glob(f"{HOME}/**") == []
