"""The gate: small checks between what a policy asks and what an arm is told, in a documented order."""
