"""Over real HTTP and sockets, with the real node behind: what is refused moves nothing and is logged."""

import json

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from support.steering_page import Tab

pytestmark = pytest.mark.ros


@pytest.fixture
def log(graph):
    """Lines that the node logged as refused."""
    lines = []
    graph.page._page.log = lines.append
    return lines


def test_without_a_session_there_is_no_socket_and_no_stop(graph):
    for cookie in ("", f"steering_{graph.page.port}=guess", "other=1"):
        with pytest.raises(InvalidStatus, match="403"):
            graph.socket(cookie=cookie)
    assert graph.request("POST", "/stop").status == 401
    assert graph.nothing_happened


def test_a_wrong_or_malformed_token_opens_nothing_and_tries_run_out(graph, log):
    for body in ('{"token":"wrong"}', "{}", "nonsense", '{"token":1}', '{"token":"' + "x" * 5000 + '"}'):
        answer = graph.request("POST", "/login", body)
        assert answer.status == 403
        assert "set-cookie" not in answer.headers
    statuses = [graph.request("POST", "/login", '{"token":"wrong"}') for _ in range(8)]
    assert b"too many" in statuses[-1].read()
    assert len(log) == 13
    assert graph.nothing_happened


def test_the_session_is_for_this_sites_requests_only(graph):
    answer = graph.request("POST", "/login", json.dumps({"token": graph.page.token}))
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert graph.page.token.lower() not in cookie


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_origin_is_refused_even_with_a_session(graph, log, origin):
    cookie = graph.login()
    with pytest.raises(InvalidStatus, match="403"):
        graph.socket(cookie, origin=origin)
    assert graph.request("POST", "/stop", cookie=cookie, origin=origin).status == 403
    assert graph.request("POST", "/login", "{}", origin=origin).status == 403
    assert len(log) == 3
    assert graph.nothing_happened


def test_what_acts_needs_an_origin_at_all(graph):
    assert graph.request("POST", "/stop", cookie=graph.login(), origin="").status == 403
    assert graph.nothing_happened


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_a_rebound_name_gets_nothing(graph, log, host):
    answer = graph.request("GET", "/", host=host, origin="")
    assert (answer.status, answer.read()) == (421, b"")
    assert graph.request("POST", "/stop", host=host, origin=f"http://{host}", cookie=graph.login()).status == 421
    assert len(log) == 2
    assert graph.nothing_happened


def test_every_answer_keeps_browsers_in_bounds(graph):
    for path in ("/", "/static/main.js", "/nowhere"):
        headers = graph.request("GET", path, origin="").headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert not [name for name in headers if name.lower().startswith("access-control")]
    preflight = graph.request("OPTIONS", "/stop", access_control_request_method="POST", origin="http://evil.example")
    assert preflight.status == 403


def test_nothing_but_the_page_is_served(graph):
    for path in ("/docs", "/openapi.json", "/static/../node.py", "/static/%2e%2e/node.py", "/../etc/passwd"):
        assert graph.request("GET", path, origin="").status == 404


def test_a_replayed_message_does_nothing(graph, tab, log):
    assert tab.say("take_control")["ok"]
    frame = tab.frame("order", name="start")
    assert tab.send(frame)["ok"]
    assert not tab.send(frame)["ok"]
    assert "was here before" in log[-1]
    with graph.socket() as other:
        assert not Tab(other).send(frame)["ok"]
    assert "another connection" in log[-1]
    assert [name for name, _ in graph.calls] == ["bridge/start"]


MALFORMED = ["", "{", "null", "[]", '{"type":"order"}', '{"type":"stop","connection":"x"}', b"\x00\x01", "x" * 5000]


def test_malformed_messages_do_nothing_and_end_the_connection_in_the_end(graph, tab, log):
    for nonsense in MALFORMED:
        assert not tab.send(nonsense)["ok"]
    assert len(log) == len(MALFORMED)
    with pytest.raises(ConnectionClosed):
        until_closed(tab, ["{"] * 20)
    assert graph.nothing_happened


def until_closed(tab, texts):
    for text in texts:
        tab.socket.send(text)
    while True:
        tab.answer()


def test_a_frame_that_is_too_long_ends_the_connection_unread(graph, tab, log):
    with pytest.raises(ConnectionClosed):
        tab.send("x" * 20_000)
    graph.until(lambda: log)
    assert "too long" in log[0]
    assert graph.nothing_happened


def test_a_flood_is_refused(graph, tab, log):
    with pytest.raises(ConnectionClosed):
        until_closed(tab, [tab.frame("take_control") for _ in range(200)])
    assert any("messages a second" in line for line in log)
    assert graph.nothing_happened


def test_a_second_controller_is_refused_and_may_still_stop(graph, tab, log):
    assert tab.say("take_control")["ok"]
    with graph.socket() as other:
        second = Tab(other)
        assert "another page" in second.say("take_control")["said"]
        assert "only watches" in second.say("order", name="start")["said"]
        assert "only watches" in second.say("steer", traces={"arm": [[1, 1]]})["said"]
        assert graph.nothing_happened
        assert len(log) == 3
        assert second.send('{"type":"stop"}')["ok"]
    graph.until(lambda: graph.heard["stop"])
    assert [message.data for message in graph.heard["stop"]] == [True]


def test_a_stop_is_not_limited_by_rate(graph, tab):
    for _ in range(100):
        tab.socket.send('{"type":"stop"}')
    assert all(tab.answer()["ok"] for _ in range(100))


def test_stop_has_a_second_way(graph):
    assert graph.request("POST", "/stop", cookie=graph.login()).status == 200
    graph.until(lambda: graph.heard["stop"])
