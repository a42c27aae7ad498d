"""forecasting: a model for each of many series, the best of many settings, behind one endpoint."""

from __future__ import annotations

from mlops_iac.blueprints.forecasting.blueprint import Forecasting
from mlops_iac.blueprints.forecasting.options import ForecastingOptions

__all__ = ["Forecasting", "ForecastingOptions"]
