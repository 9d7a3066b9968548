"""Recorded takes to episodes of a dataset: every take is either converted whole or refused with its reason."""
