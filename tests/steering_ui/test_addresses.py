import pytest

from steering_ui.addresses import Addresses, names_of, url

OURS = Addresses(names_of("127.0.0.1"), 8765)


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"])
def test_our_own_page_may_ask(host):
    assert OURS.objection(host, f"http://{host}", origin_needed=True) == ""
    assert OURS.objection(host, None) == ""


@pytest.mark.parametrize(
    "host", ["", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:8765", "localhost:8765@x"]
)
def test_a_rebound_name_is_refused(host):
    assert "host" in OURS.objection(host, f"http://{host}")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1:1",
        "http://localhost:8765",
        "file://",
        "http://x@127.0.0.1:8765",
    ],
)
def test_another_sites_page_is_refused(origin):
    assert "origin" in OURS.objection("127.0.0.1:8765", origin)


def test_what_acts_must_tell_its_origin():
    assert OURS.objection("127.0.0.1:8765", None, origin_needed=True) == "no origin"


def test_loopback_is_no_name_of_a_server_on_one_address():
    assert names_of("192.168.1.5", ("lab",)) == ("192.168.1.5", "lab")
    assert "127.0.0.1" in names_of("0.0.0.0")


def test_port_80_may_be_left_out_as_browsers_do():
    assert Addresses(("lab",), 80).objection("lab", "http://lab") == ""


def test_the_token_is_behind_the_hash():
    assert url("0.0.0.0", 80, "t") == "http://127.0.0.1:80/#token=t"
    assert url("::1", 1, "t") == "http://[::1]:1/#token=t"
