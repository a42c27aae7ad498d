"""What runs the native documents that were deployed: one room per orchestrator."""
