"""A server that Snowflake's own connector takes for Snowflake: fakesnow (Apache-2.0), with DuckDB behind it, in an
environment of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PACKAGES: Final = ("fakesnow[server]==0.12.1", "snowflake-connector-python==4.8.1", "pyarrow==17.0.0", "numpy<3")
"""The connector's fifth major version lacks the modules that this version of fakesnow imports."""
USER, PASSWORD = "ML", "hunter2hunter2"
SERVE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import fakesnow, snowflake.connector
with fakesnow.server() as told:
    with snowflake.connector.connect(**told) as connection, connection.cursor() as cursor:
        for sql in json.loads(sys.argv[1]):
            cursor.execute(sql)
    print(f"PORT {told['port']}", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def snowflake_server(folder: Path, *sql: str) -> Iterator[str]:
    """Its address, after it was told some SQL. It ends with the block, or with who started it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    command = [python, "-c", SERVE, json.dumps(sql)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = (line for line in server.stdout if line.startswith("PORT "))
        yield f"http://127.0.0.1:{next(lines).split()[1]}"
        server.terminate()
