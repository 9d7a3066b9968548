"""The socket on which the page is served: bound first, so that a port in use is told before anything else."""

import socket

from molmoact_common.errors import UserError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes any that is free.

    Raises:
        UserError: not possible.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen()
    except OSError as error:
        bound.close()
        raise UserError(
            f"the steering page cannot listen on {host}:{port}: {error.strerror}; choose another port"
        ) from error
    return bound
