"""The large model: a forest of 200 trees."""

from __future__ import annotations

from patients import fit_and_save
from sklearn.ensemble import RandomForestRegressor

if __name__ == "__main__":
    fit_and_save(RandomForestRegressor(n_estimators=200, min_samples_leaf=5, random_state=7))
