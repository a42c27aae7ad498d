"""Glue: the data catalogue."""
