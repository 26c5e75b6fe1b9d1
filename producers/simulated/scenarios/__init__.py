"""What happens in the market: one file a family, each kind a pure function that makes a plan.

A new kind is one function and one line in ``catalogue.py``.
"""
