"""Under which names the page may be asked for: keeps other sites and rebound DNS names out."""

import socket
from urllib.parse import urlsplit

import psutil

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANY = ("", "0.0.0.0", "::")
"""Addresses that mean every interface."""


class Addresses:
    """The names of this server; everything else in a Host or Origin header is refused."""

    def __init__(self, names: tuple[str, ...], port: int) -> None:
        self._allowed = {_authority(name, port) for name in names}
        if port == 80:
            self._allowed |= {_authority(name) for name in names}

    def objection(self, host: str, origin: str | None, *, origin_needed: bool = False) -> str:
        """Why a request may not be answered; empty: it may.

        Args:
            host: the Host header.
            origin: the Origin header, which browsers send with every socket and every POST.
            origin_needed: whether a request without one is refused too.
        """
        if host.lower() not in self._allowed:
            return f"host {host!r} is none of this server's names"
        if origin is None:
            return "no origin" if origin_needed else ""
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or parts.netloc.lower() != host.lower():
            return f"origin {origin!r} is another site"
        return ""


def names_of(host: str, further: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names under which a server that listens on `host` is reached: its address, or those of every interface."""
    if host in LOOPBACK:
        return (*LOOPBACK, *further)
    if host not in ANY:
        return (host, *further)
    found = [address for addresses in psutil.net_if_addrs().values() for address in addresses]
    inet = [one.address.partition("%")[0] for one in found if one.family in (socket.AF_INET, socket.AF_INET6)]
    return (*LOOPBACK, socket.gethostname(), *inet, *further)


def url(host: str, port: int, token: str) -> str:
    """What to open in a browser. A fragment stays there, so the token is in no request line and in no log of one."""
    name = LOOPBACK[0] if host in ANY else host
    return f"http://{_authority(name, port)}/#token={token}"


def _authority(name: str, port: int | None = None) -> str:
    bracketed = f"[{name}]" if ":" in name else name
    return (bracketed if port is None else f"{bracketed}:{port}").lower()
