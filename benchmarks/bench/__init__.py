"""What the benchmarks share: spreads of figures, the machine, tables and JSON, and what they look at."""
