"""pyarrow: its own S3 client (AWS's C++ SDK) writes a partitioned data set in parts, and reads some of it."""

import os

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

HOME = f"{os.environ['MLOPS_IAC_BUCKET']}/raw/clients/pyarrow"
ROWS = 1_500_000

s3, _ = fs.FileSystem.from_uri(f"s3://{HOME}")
table = pa.table(
    {
        "id": pa.array(range(ROWS), pa.int64()),
        "day": pa.array([f"2026-11-{1 + n % 2:02}" for n in range(ROWS)]),
    }
)

with s3.open_output_stream(f"{HOME}/big.bin") as stream:
    content = os.urandom(20 << 20)
    stream.write(content)
with s3.open_input_file(f"{HOME}/big.bin") as file:
    assert file.size() == len(content)
    assert file.read_at(1000, 11 << 20) == content[11 << 20 : (11 << 20) + 1000]

ds.write_dataset(
    table, f"{HOME}/table", filesystem=s3, format="parquet", partitioning=["day"], partitioning_flavor="hive"
)
back = ds.dataset(f"{HOME}/table", filesystem=s3, partitioning="hive")
assert back.count_rows() == ROWS
found = back.to_table(columns=["id"], filter=(pc.field("day") == "2026-11-02") & (pc.field("id") < 10))
assert sorted(found["id"].to_pylist()) == [1, 3, 5, 7, 9]

pq.write_table(table.slice(0, 3), f"{HOME}/three.parquet", filesystem=s3)
assert pq.read_table(f"{HOME}/three.parquet", filesystem=s3)["id"].to_pylist() == [0, 1, 2]
kinds = {each.base_name: each.type for each in s3.get_file_info(fs.FileSelector(HOME))}
assert kinds == {"big.bin": fs.FileType.File, "table": fs.FileType.Directory, "three.parquet": fs.FileType.File}, kinds
s3.copy_file(f"{HOME}/three.parquet", f"{HOME}/copy.parquet")
s3.delete_file(f"{HOME}/copy.parquet")
s3.delete_dir(HOME)
assert s3.get_file_info(HOME).type == fs.FileType.NotFound
