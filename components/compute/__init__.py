"""Where jobs run, one flavour per file: ``compute.sagemaker``, ``compute.batch``."""
