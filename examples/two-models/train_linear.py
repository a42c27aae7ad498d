"""The simple model: a ridge regression."""

from __future__ import annotations

from patients import fit_and_save
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if __name__ == "__main__":
    fit_and_save(make_pipeline(StandardScaler(), Ridge(alpha=10.0)))
