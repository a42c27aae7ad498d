"""What runs pipelines, one target per file; ``orchestrator.orchestrator`` chooses one by its name."""
