"""Errors of the toolkit."""


class ClientError(Exception):
    """What the team's own code, or a client, did wrong."""


class UnsupportedFormatError(ClientError):
    def __init__(self, content_type: str) -> None:
        super().__init__(f"Content type {content_type} is not supported by this framework.")
        self.content_type = content_type
