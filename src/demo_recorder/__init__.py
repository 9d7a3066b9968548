"""Recording: the contract of what is written, the bag, the node that fills it, and reading it back."""
