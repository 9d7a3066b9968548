"""Trials of policies: tasks with rubrics, experiments as plans, rows that survive a kill, and what they amount to."""
