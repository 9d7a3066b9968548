"""Lets the tests import what the benchmarks, which are scripts, import from beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
