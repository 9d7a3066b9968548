"""The bridge node: chunks to a Franka arm, within limits."""
