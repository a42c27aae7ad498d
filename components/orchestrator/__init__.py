"""What runs pipelines, one target per file: ``orchestrator.step_functions``."""
