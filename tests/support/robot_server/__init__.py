"""A robot at the level of Franka's protocol that keeps time with its client and fails on demand."""
