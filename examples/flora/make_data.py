"""Make data/irises.csv from the data set that ships inside scikit-learn. No download.

150 irises of three species, four measurements each: R. A. Fisher, The use of multiple measurements in taxonomic
problems, 1936; UCI Machine Learning Repository, https://doi.org/10.24432/C56C76, licence CC BY 4.0.
The file is committed; this script is how it came about, and running it again changes nothing.

    pip install scikit-learn pandas && python make_data.py
"""

from __future__ import annotations

from pathlib import Path

from sklearn.datasets import load_iris

HERE = Path(__file__).parent


def main() -> None:
    data = load_iris(as_frame=True)
    table = data.data.rename(columns=lambda name: name.removesuffix(" (cm)").replace(" ", "_"))
    table["species"] = data.target.map(dict(enumerate(data.target_names)))
    (HERE / "data").mkdir(exist_ok=True)
    table.to_csv(HERE / "data" / "irises.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
