"""The exit codes of every command: the Pulumi CLI's own table, so that scripts written for one read the other."""

OK = 0
ERROR = 1
CONFIGURATION = 2
"""Bad flags, a wrong stack file, a command used in the wrong way."""
AUTHENTICATION = 3
RESOURCE = 4
"""A cloud refused a resource."""
POLICY = 5
STACK_NOT_FOUND = 6
CHANGES = 7
"""There are changes where none were expected."""
CANCELLED = 8
TIMEOUT = 9
INTERNAL = 255
