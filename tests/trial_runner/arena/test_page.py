"""The arena's page over HTTP, as a browser asks for it, and as somebody else might."""

import json
import threading
from http.client import HTTPConnection

import pytest

from support.browser import chromium, open_page
from support.synthetic_run import INSTRUCTION
from trial_runner.arena.arena import Arena
from trial_runner.arena.page import ArenaServer
from trial_runner.arena.pairs import find_pairs
from trial_runner.arena.votes import Votes


@pytest.fixture
def server(experiment, tmp_path):
    arena = Arena(find_pairs([experiment.path], seed=0), tmp_path / "arena", "traces")
    with ArenaServer(arena) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(server, path: str, body: bytes | None = None, method: str = "") -> tuple[int, bytes]:
    connection = HTTPConnection(*server.server_address, timeout=20)
    connection.request(method or ("GET" if body is None else "POST"), path, body)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_it_listens_on_this_machine_alone(server):
    assert server.server_address[0] == "127.0.0.1"
    assert server.url.startswith("http://127.0.0.1:")


def test_pair_after_pair_is_shown_and_voted_on(server, tmp_path):
    word = f"/{server.word}/"
    assert b"which one did better" in ask(server, word)[1]
    for voted, choice in enumerate(("left", "right", "tie")):
        pair = json.loads(ask(server, word + "pair")[1])
        assert (pair["voted"], pair["total"], pair["task"]) == (voted, 3, "wipe_table")
        assert pair["instruction"] == INSTRUCTION
        assert ask(server, f"{word}picture/{pair['number']}")[1][8:12] == b"WEBP"
        assert ask(server, word + "vote", json.dumps({"number": pair["number"], "choice": choice}).encode())[0] == 204
    assert json.loads(ask(server, word + "pair")[1])["number"] is None
    assert [line.choice for line in Votes(tmp_path / "arena" / "votes.jsonl").lines] == ["left", "right", "tie"]


@pytest.mark.slow
@pytest.mark.system
def test_keys_and_buttons_vote_in_a_browser(server, tmp_path):
    with chromium() as browser:
        page, errors = open_page(browser, server.url)
        for voted, act in enumerate(
            (
                lambda: page.keyboard.press("ArrowLeft"),
                lambda: page.get_by_role("button", name="no difference").click(),
                lambda: page.keyboard.press("s"),
            )
        ):
            page.get_by_text(f"{voted} of 3 pairs are done").wait_for()
            page.wait_for_function("document.getElementById('picture').naturalWidth > 500")
            act()
        page.get_by_text("That was the last pair").wait_for()
        assert errors == []
    assert [line.choice for line in Votes(tmp_path / "arena" / "votes.jsonl").lines] == ["left", "tie", "skip"]


@pytest.mark.parametrize("path", ["/", "/pair", "/wrong-word-of-twenty-2/pair", "/../votes.jsonl"])
def test_without_the_word_there_is_nothing(server, path):
    assert ask(server, path)[0] == 404
    assert ask(server, path, b'{"number": 0, "choice": "left"}')[0] == 404


NO_VOTES = [
    b"",
    b"not json",
    b"[]",
    b'{"number": -1, "choice": "left"}',
    b'{"number": 0, "choice": "both"}',
    b'{"number": 99, "choice": "left"}',
    b'{"number": 0, "choice": "left", "more": 1}',
    b'{"number": 0' + b" " * 2000 + b"}",
]


@pytest.mark.parametrize("body", NO_VOTES)
def test_what_is_no_vote_changes_nothing(server, tmp_path, body):
    status, said = ask(server, f"/{server.word}/vote", body)
    assert status == 400
    assert said
    assert not (tmp_path / "arena" / "votes.jsonl").exists()


def test_a_vote_counts_once(server):
    vote = b'{"number": 0, "choice": "left"}'
    assert ask(server, f"/{server.word}/vote", vote)[0] == 204
    status, said = ask(server, f"/{server.word}/vote", vote)
    assert (status, b"already" in said) == (400, True)
