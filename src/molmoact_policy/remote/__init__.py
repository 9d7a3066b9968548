"""Policies behind the network: servers of other projects as backends, with what they see and say mapped in YAML."""
