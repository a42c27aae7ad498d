"""Taking a stack file to a newer version of its blueprint."""
