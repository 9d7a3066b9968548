"""From a prompt to token ids, one pass of the language model at a time."""
