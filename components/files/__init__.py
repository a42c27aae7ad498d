"""Files that containers share, one flavour per file: ``files.efs``."""
