"""Which choices a tuning job makes, and when it gives one up. Pure, and the same for the same seed."""
