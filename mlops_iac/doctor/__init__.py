"""Whether everything is here that an environment needs: this machine, the project, the account. Nothing is changed.

`table.py` names the checks; each is a file in `checks/` with one function, which asks a `Subject` and answers findings.
"""
