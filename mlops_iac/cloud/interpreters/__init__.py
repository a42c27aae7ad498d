"""What runs the native documents that were deployed: one file per orchestrator."""
