"""What an environment could be had for: machines that do the same work, and what nobody uses."""

from mlops_iac.runs.advice.advice import Advice, read_advice

__all__ = ["Advice", "read_advice"]
