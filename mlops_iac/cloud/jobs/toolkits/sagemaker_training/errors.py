"""Errors of the toolkit."""


class ClientError(Exception):
    """What the team's own code did wrong."""
