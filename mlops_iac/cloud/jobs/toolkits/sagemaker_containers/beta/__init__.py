"""Where AWS keeps the names that scripts import."""
