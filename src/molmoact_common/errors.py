"""The errors that a person gets to read: one line that says what is wrong and what to do."""


class UserError(Exception):
    """Input, configuration or surroundings are not as needed; the message is one line that ends in what to do.

    Command-line tools and nodes print it without a traceback and exit with `exit_code`.
    """

    exit_code = 2


class ConfigError(UserError):
    """A YAML file or a parameter holds something that its schema does not allow."""


class UnreachableError(UserError):
    """A device or a server does not answer, or speaks another protocol version."""


class CheckpointError(UserError):
    """A checkpoint folder is absent, incomplete, of another type, or too big for this machine."""
