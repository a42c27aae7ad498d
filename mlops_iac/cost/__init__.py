"""What an environment costs, before it exists: resources and pipelines, prices, and how much it is used.

``estimate.py`` puts it together; ``rates.py`` says it of each type of resource, ``machines.py`` of jobs and endpoints.
"""
