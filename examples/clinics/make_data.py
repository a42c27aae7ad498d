"""Writes the files of this example: biopsies of scikit-learn's Wisconsin breast cancer data, as two clinics have them.

The clinic in town sends the smoother half, by texture; the one in the valley, which joins later, sends the other half.
Each clinic's patients fall into those that a model learns from and those that it is asked about.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer

FOLDER = Path(__file__).parent / "data"
LABEL = "malignant"
ASKED = 120
"""Patients of a day."""


def main() -> None:
    found = load_breast_cancer(as_frame=True)
    patients = found.data.rename(columns=lambda name: name.replace(" ", "_")).assign(**{LABEL: 1 - found.target})
    smooth = patients["mean_texture"] < patients["mean_texture"].median()
    town, valley = (part.sample(frac=1, random_state=7) for part in (patients[smooth], patients[~smooth]))
    write("town/patients.csv", town[ASKED:])
    write("valley/patients.csv", valley[ASKED:])
    ask("town", town[:ASKED])
    ask("both", pd.concat([town[: ASKED // 2], valley[: ASKED // 2]]))


def ask(name: str, patients: pd.DataFrame) -> None:
    """A day's request, and what is found out about these patients later."""
    write(f"{name}-asked.csv", patients.drop(columns=LABEL))
    write(f"{name}-truth.csv", pd.DataFrame({"inference_id": name, "label": patients[LABEL]}))


def write(name: str, table: pd.DataFrame) -> None:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)


if __name__ == "__main__":
    main()
