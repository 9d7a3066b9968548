import json

import pytest

from steering_ui.board import Board


def test_what_is_no_json_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        Board().put("a", float("nan"))


def test_a_connection_gets_everything_once_and_then_what_changes():
    board, seen = Board(), {}
    board.put("a", 1)
    board.put("b", {"x": [1, 2]})
    assert [json.loads(text)["name"] for text in board.news(seen)] == ["a", "b"]
    board.put("a", 1)
    assert list(board.news(seen)) == []
    board.put("a", 2)
    board.put("a", 3)
    assert [json.loads(text)["value"] for text in board.news(seen)] == [3]
    assert len(list(board.news({}))) == 2
