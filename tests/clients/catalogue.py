"""The clients that are tried: what each needs, and the script that does with it what its people do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SMOKE: Final = Path(__file__).with_name("smoke")


@dataclass(frozen=True)
class Client:
    name: str
    """As its people call it, and as docs/guides/clients.md names it."""
    requirements: str = ""
    """For `uv pip install`, with a blank between two; the first is the one whose version is told."""
    program: str = ""
    """One that is on PATH, and in no package."""

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "_")

    @property
    def script(self) -> Path:
        return SMOKE / f"with_{self.slug}.py"


CLIENTS: Final = (
    Client("AWS CLI", "awscli"),
    Client("boto3", "boto3"),
    Client("SageMaker 2", "sagemaker<3"),
    Client("SageMaker 3", "sagemaker>=3"),
    Client("awswrangler", "awswrangler"),
    Client("s3fs", "s3fs"),
    Client("pyarrow", "pyarrow"),
    # DuckDB fetches its extensions from its own site; these packages bring the one for S3, a version or two behind.
    Client("DuckDB", "duckdb duckdb-extensions duckdb-extension-httpfs"),
    Client("MLflow", "mlflow boto3"),
    Client("DVC", "dvc dvc-s3"),
    Client("Metaflow", "metaflow boto3"),
    Client("Terraform", program="terraform"),
)
