"""The exit codes of every command: the Pulumi CLI's own table, so that scripts written for one read the other."""

OK = 0
ERROR = 1
"""What has no code of its own: a pipeline that failed or was refused, an impossible plan, a state that is locked."""
CONFIGURATION = 2
"""Bad flags, a wrong stack file, a command used in the wrong way."""
AUTHENTICATION = 3
"""Nobody is logged in, or credentials or a passphrase are not accepted."""
RESOURCE = 4
"""A cloud refused a resource."""
POLICY = 5
"""A policy is broken that refuses, or a waiver is past its date."""
STACK_NOT_FOUND = 6
"""There is no such environment, or it is not deployed."""
CHANGES = 7
"""There are changes where none were expected."""
CANCELLED = 8
"""Ctrl-C, or a question that was not answered with yes."""
TIMEOUT = 9
"""The Pulumi CLI took too long. No command of ours ends so: a call that takes too long is a refused resource."""
INTERNAL = 255
"""A bug of ours, which says so."""
