"""Typed pipelines, and their compilers to native documents. Pure: no client, no clock, no environment.

``pipeline.py`` says what a pipeline is, ``steps/`` has one file per kind of step, ``compile/`` one per target.
"""
