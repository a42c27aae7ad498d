"""``python -m mlops_iac``."""

from mlops_iac.cli.main import main

if __name__ == "__main__":
    main()
