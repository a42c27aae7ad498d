"""Stand-in for AWS's sagemaker-training: environment and errors."""
