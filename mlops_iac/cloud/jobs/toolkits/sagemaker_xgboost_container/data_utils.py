"""Training data to DMatrix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlops_iac_content  # type: ignore[import-not-found, unused-ignore]

_KINDS = {"csv": "csv", "text/csv": "csv", "libsvm": "libsvm", "text/libsvm": "libsvm", "text/x-libsvm": "libsvm"}
_KINDS |= {"parquet": "parquet", "application/x-parquet": "parquet"}


def get_dmatrix(data_path: str, content_type: str, csv_weights: int = 0, is_pipe: bool = False, **_: Any) -> Any:
    """All files of a folder; the label is the first column, the weight the second when ``csv_weights`` is 1."""
    import numpy  # type: ignore[import-not-found, unused-ignore]
    import xgboost  # type: ignore[import-not-found, unused-ignore]

    if is_pipe:
        raise NotImplementedError("mlops-iac's stand-in for sagemaker_xgboost_container reads no pipes.")
    kind = _KINDS[content_type.split(";")[0].strip().lower()]
    root = Path(data_path)
    files = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
    if kind == "libsvm":
        labels, matrix = mlops_iac_content.read_libsvm("\n".join(file.read_text() for file in files))
        return xgboost.DMatrix(matrix, label=labels)
    table = numpy.vstack([_read(file, kind) for file in files])
    weights = table[:, 1] if csv_weights else None
    return xgboost.DMatrix(table[:, 2 if csv_weights else 1 :], label=table[:, 0], weight=weights)


def _read(file: Path, kind: str) -> Any:
    import numpy  # type: ignore[import-not-found, unused-ignore]

    if kind == "csv":
        return numpy.genfromtxt(file, delimiter=",", ndmin=2)
    import pyarrow.parquet  # type: ignore[import-not-found, unused-ignore]

    return pyarrow.parquet.read_table(file).to_pandas().to_numpy()
