"""Elastic Compute Cloud: networks, security groups, launch templates."""
