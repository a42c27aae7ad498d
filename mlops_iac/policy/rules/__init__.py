"""The pack: one file a policy."""
