"""awswrangler: Parquet into the lake as a partitioned table of the catalogue, an Athena query over it, and removal."""

import os

import awswrangler as wr
import pandas as pd

BUCKET, STACK = os.environ["MLOPS_IAC_BUCKET"], os.environ["MLOPS_IAC_STACK"]
HOME = f"s3://{BUCKET}/raw/clients/awswrangler"
DATABASE = f"{STACK.replace('-', '_')}_lake"

frame = pd.DataFrame(
    {
        "id": range(1000),
        "amount": [n / 4 for n in range(1000)],
        "who": [f"person {n % 7}" for n in range(1000)],
        "at": pd.Timestamp("2026-11-28 12:00") + pd.to_timedelta(range(1000), unit="h"),
        "day": [n % 2 for n in range(1000)],
    }
)
wr.s3.to_parquet(
    frame, f"{HOME}/visits/", dataset=True, mode="overwrite", database=DATABASE, table="visits", partition_cols=["day"]
)
back = wr.s3.read_parquet(f"{HOME}/visits/", dataset=True)
assert sorted(back["id"]) == list(range(1000))
assert wr.catalog.get_table_types(DATABASE, "visits")["amount"] == "double"

where = {"database": DATABASE, "workgroup": f"{STACK}-lake"}
found = wr.athena.read_sql_query(
    "SELECT who, count(*) AS n, sum(amount) AS amount, max(at) AS latest FROM visits WHERE day = 1"
    " GROUP BY who ORDER BY who",
    ctas_approach=False,
    **where,
)
wanted = frame[frame.day == 1].groupby("who").agg(n=("id", "count"), amount=("amount", "sum"), latest=("at", "max"))
assert found["who"].tolist() == wanted.index.tolist()
assert found["n"].tolist() == wanted["n"].tolist()
assert found["amount"].tolist() == wanted["amount"].tolist()
assert found["latest"].tolist() == wanted["latest"].tolist()
few = wr.athena.read_sql_query(
    "SELECT id FROM visits WHERE id < :most ORDER BY id", ctas_approach=False, params={"most": 3}, **where
)
assert few["id"].tolist() == [0, 1, 2]
unloaded = wr.athena.read_sql_query(
    "SELECT id, amount FROM visits", ctas_approach=False, unload_approach=True, s3_output=f"{HOME}/unloaded/", **where
)
assert (len(unloaded), unloaded["amount"].sum()) == (1000, frame["amount"].sum())

wr.s3.to_csv(frame.head(3), f"{HOME}/three.csv", index=False)
assert wr.s3.read_csv(f"{HOME}/three.csv")["id"].tolist() == [0, 1, 2]
assert wr.catalog.delete_table_if_exists(DATABASE, "visits")
wr.s3.delete_objects(HOME)
assert wr.s3.list_objects(HOME) == []
