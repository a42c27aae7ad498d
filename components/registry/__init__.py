"""Where what was made is kept, one kind per file: ``registry.sagemaker`` (models), ``registry.ecr`` (images)."""
