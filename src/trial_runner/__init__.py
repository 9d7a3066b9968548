"""Trials: what a run's bag says about it, as numbers, a terminal table and a report."""
