"""The embedded cloud: moto on loopback behind our gateway, with jobs and endpoints that really run."""
