"""How sure one can be of what trials show: intervals, comparisons, rankings; plain numbers in and out."""
