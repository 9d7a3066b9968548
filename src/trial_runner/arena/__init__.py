"""The blind arena: two policies at the same start, side by side, and a person who says which one did better."""
