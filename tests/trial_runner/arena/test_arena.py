"""Pictures, votes and the ranking of an arena."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from molmoact_common.errors import UserError
from support.synthetic_run import INSTRUCTION, write_synthetic_run
from trial_runner.arena.arena import Arena
from trial_runner.arena.pairs import find_pairs
from trial_runner.arena.pictures import FRAMES, GAP, WIDTH, UnseenError, write_pair
from trial_runner.arena.report import arena_rows, report_arena
from trial_runner.arena.votes import Choice, Votes, VotesError
from trial_runner.statistics.arena import ratings


@pytest.fixture
def pairs(experiment):
    return find_pairs([experiment.path], seed=0)


def test_rollouts_move_side_by_side(pairs, tmp_path):
    write_pair(pairs[0], "rollouts", tmp_path / "p.webp")
    with Image.open(tmp_path / "p.webp") as picture:
        assert picture.n_frames > FRAMES // 2  # frames that are alike become one
        assert picture.size[0] == 2 * WIDTH + GAP
        first = np.asarray(picture.convert("RGB"), dtype=int)
        picture.seek(picture.n_frames - 1)
        last = np.asarray(picture.convert("RGB"), dtype=int)
    assert np.abs(first - last).max() > 60
    assert np.abs(first[:, :WIDTH] - first[:, WIDTH + GAP :]).mean() < 4  # the same recording on both sides


def test_plans_are_drawn_over_what_each_policy_saw_first(pairs, tmp_path):
    write_pair(pairs[0], "traces", tmp_path / "p.webp")
    with Image.open(tmp_path / "p.webp") as picture:
        assert getattr(picture, "n_frames", 1) == 1
        shown = np.asarray(picture.convert("RGB"), dtype=int)
    yellow = (np.abs(shown - (255, 212, 59)).max(axis=2) < 40).sum()
    assert yellow > 500


def test_the_picture_file_names_no_policy(pairs, tmp_path):
    arena = Arena(pairs, tmp_path / "arena", "traces")
    shown = arena.next_pair()
    assert (shown.task, shown.instruction) == ("wipe_table", INSTRUCTION)
    content = shown.picture.read_bytes()
    assert not any(policy in content for policy in (b"ours", b"theirs"))
    assert {path.name for path in shown.picture.parent.iterdir()} == {"traces-0000.webp"}


def test_it_goes_on_after_an_interruption_with_the_next_pair(pairs, tmp_path):
    first = Arena(pairs, tmp_path / "arena", "traces")
    assert first.next_pair().number == 0
    first.vote(0, Choice.LEFT)
    with (tmp_path / "arena" / "votes.jsonl").open("ab") as file:
        file.write(b'{"pair": "cut sho')  # killed while it wrote
    again = Arena(pairs, tmp_path / "arena", "traces")
    assert (again.voted, again.total) == (1, 3)
    assert again.next_pair().number == 1
    for choice in (Choice.TIE, Choice.SKIP):
        again.vote(again.next_pair().number, choice)
    assert again.next_pair() is None
    assert [vote.score for vote in Votes(tmp_path / "arena" / "votes.jsonl").counted()] == [1.0, 0.5]


def test_nobody_votes_twice_on_a_pair(pairs, tmp_path):
    arena = Arena(pairs, tmp_path / "arena", "traces")
    arena.vote(1, Choice.RIGHT)
    with pytest.raises(VotesError, match="already"):
        arena.vote(1, Choice.LEFT)


def test_a_pair_without_a_plan_is_passed_over(pairs, tmp_path):
    broken = [replace(pairs[0], left=replace(pairs[0].left, bag=tmp_path / "empty")), *pairs[1:]]
    write_synthetic_run(tmp_path / "empty", chunks=0)
    with pytest.raises(UnseenError):
        write_pair(broken[0], "traces", tmp_path / "p.webp")
    assert Arena(broken, tmp_path / "arena", "traces").next_pair().number == 1


def test_the_ranking_counts_for_whom_each_vote_was(pairs, tmp_path):
    arena = Arena(pairs, tmp_path / "arena", "traces")
    for number, pair in enumerate(pairs):
        arena.vote(number, Choice.LEFT if pair.left.policy == "ours" else Choice.RIGHT)
    counted = Votes(tmp_path / "arena" / "votes.jsonl").counted()
    rows = arena_rows(ratings(counted, seed=0, resamples=5), counted)
    assert [(row[0], *row[3:]) for row in rows] == [("ours", "3", "0", "0"), ("theirs", "0", "3", "0")]
    _, page = report_arena(tmp_path / "arena")
    assert "3 blind votes" in page.read_text()
    assert (tmp_path / "arena" / "ratings.png").read_bytes().startswith(b"\x89PNG")


def test_no_votes_are_no_ranking(tmp_path):
    skipped = {"pair": "p", "left": "a", "right": "b", "choice": "skip"}
    tmp_path.joinpath("votes.jsonl").write_text(json.dumps(skipped) + "\n")
    with pytest.raises(UserError, match="no ranking"):
        report_arena(tmp_path)


@pytest.mark.parametrize("line", ["{}", "[]", '{"pair": "p", "left": "a", "right": "b", "choice": "both"}'])
def test_a_line_that_is_no_vote_is_told(tmp_path, line):
    tmp_path.joinpath("votes.jsonl").write_text(line + "\n")
    with pytest.raises(VotesError, match="line 1: no vote"):
        Votes(tmp_path / "votes.jsonl")
