"""What is decided, carried out: calls, in order, recorded one by one."""
