"""Depth as 100 codes: the codebook network that makes codes from a depth picture and a picture from codes."""
