"""The pipelines of the blueprint, as pure functions of its options."""
