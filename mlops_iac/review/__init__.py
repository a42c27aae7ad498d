"""What the reader of a change is told of a preview: what is lost, what changes, its cost, what pipelines do otherwise.

``review.py`` gathers it as plain values, ``comment.py`` writes it as the comment on a pull request.
"""
