"""DuckDB with its httpfs extension: SQL that writes Parquet and CSV into the lake and reads them by glob."""

import os

import duckdb

HOME = f"s3://{os.environ['MLOPS_IAC_BUCKET']}/raw/clients/duckdb"
ENDPOINT = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")

try:
    from duckdb_extensions import import_extension  # DuckDB fetches its extensions from its own site otherwise

    import_extension("httpfs")
except ImportError:
    duckdb.sql("INSTALL httpfs")
lake = duckdb.connect()
lake.sql("LOAD httpfs")
lake.sql(
    f"""CREATE SECRET (
    TYPE s3, KEY_ID '{os.environ["AWS_ACCESS_KEY_ID"]}', SECRET '{os.environ["AWS_SECRET_ACCESS_KEY"]}',
    REGION '{os.environ["AWS_REGION"]}', ENDPOINT '{ENDPOINT}', URL_STYLE 'path', USE_SSL false)"""
)
lake.sql("CREATE TABLE visits AS SELECT i AS id, i % 3 AS day, md5(i::VARCHAR) AS who FROM range(600000) t(i)")
lake.sql(f"COPY visits TO '{HOME}/visits' (FORMAT parquet, PARTITION_BY (day))")
lake.sql(f"COPY visits TO '{HOME}/visits.csv' (HEADER)")

found = lake.sql(
    f"SELECT day, count(*), min(id), max(who) FROM read_parquet('{HOME}/visits/*/*.parquet', hive_partitioning = true)"
    " GROUP BY day ORDER BY day"
).fetchall()
wanted = lake.sql("SELECT day, count(*), min(id), max(who) FROM visits GROUP BY day ORDER BY day").fetchall()
assert found == wanted, found
assert lake.sql(f"SELECT count(*), sum(id) FROM '{HOME}/visits.csv'").fetchall() == [(600000, 179999700000)]
files = [name for (name,) in lake.sql(f"SELECT file FROM glob('{HOME}/**') ORDER BY 1").fetchall()]
assert files[0] == f"{HOME}/visits.csv", files
assert {name.split("/")[-2] for name in files[1:]} == {"day=0", "day=1", "day=2"}, files
