"""Files that travel with a team's code into its jobs and run there: standard library only, Python 3.9 or newer.

``run.sh`` starts processing scripts, ``mlops_iac_run.py`` starts training scripts, ``mlops_iac_step.py`` starts both
outside SageMaker as SageMaker would, ``mlops_iac_map.py`` runs a script for each item of a list (which
``mlops_iac_items.py`` reads; a task is ``mlops_iac_tasks.py``, what it left ``mlops_iac_results.py``), and
``default_inference.py`` serves a saved model when the team has no ``inference.py`` of its own.
"""
