"""Stand-in for AWS's XGBoost container package, of which script-mode samples use ``data_utils.get_dmatrix``."""
