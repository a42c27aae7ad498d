"""Runners of code hosts: what `ci init` writes, executed as a host's own runner would."""
