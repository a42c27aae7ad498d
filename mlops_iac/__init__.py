"""mlops-iac: infrastructure as code for complete ML environments."""

__version__ = "0.1.0"
