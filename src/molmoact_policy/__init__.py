"""The policy node: observation to reasoning to chunk."""
