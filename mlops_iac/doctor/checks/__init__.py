"""One check, one file: ``check(subject)`` answers findings, each with its fix. `../table.py` names them."""
