"""Stand-in for AWS's sagemaker-containers, of which scripts use ``beta.framework``."""
