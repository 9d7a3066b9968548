"""The steering page: watch the policy think, draw where the hand shall go, approve each chunk, and stop."""
