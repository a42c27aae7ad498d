"""What docs/generate.py writes: a page a file, each from signatures, models and docstrings."""
