"""Drivers: how targets reach an arm, and how its state comes back."""
