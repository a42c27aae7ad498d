"""For tests of your own: deploy an environment to an embedded cloud of the test session's own.

The package registers itself as a pytest plugin; its fixtures are in `mlops_iac.testing.plugin`.
"""

from mlops_iac.testing.deployed import DeployedEnvironment

__all__ = ["DeployedEnvironment"]
