import pytest

from bench.duel import DisagreementError, Duel, Turn, check_same, duel_section, fight, timed


def turn(milliseconds: float, tokens=(1, 2)) -> Turn:
    return Turn(tokens, passes=2, milliseconds=milliseconds, cpu_milliseconds=milliseconds / 2)


def test_a_turn_counts_the_passes_of_its_own_and_waits_for_the_device_on_both_sides():
    counter, said = [10], []

    def decode():
        said.append("decode")
        counter[0] += 3
        return [4, 5, 6]

    taken = timed(decode, lambda: counter[0], lambda: said.append("wait"))
    assert (taken.tokens, taken.passes) == ([4, 5, 6], 3)
    assert said == ["wait", "decode", "wait"]


def test_both_warm_up_and_then_take_turns_beginning_alternately():
    order = []
    duel = fight(lambda: order.append("a") or turn(1), lambda: order.append("b") or turn(2), runs=3)
    assert "".join(order) == "ab" + "ab" + "ba" + "ab"
    assert len(duel.ours) == len(duel.theirs) == 3


def test_the_ratio_is_of_neighbouring_turns_so_that_a_load_on_both_cancels_out():
    duel = Duel([turn(10), turn(1000), turn(10)], [turn(20), turn(2000), turn(30)])
    assert duel.ratio(lambda one: one.milliseconds) == 2.0


@pytest.mark.parametrize(("theirs", "place"), [([1, 9, 3], 1), ([1, 2], 2), ([1, 2, 3, 4], 3)])
def test_other_tokens_are_refused_with_the_place(theirs, place):
    check_same([1, 2, 3], [1, 2, 3])
    with pytest.raises(DisagreementError, match=f"from token {place} on"):
        check_same([1, 2, 3], theirs)


def test_a_fight_ends_at_the_first_disagreement():
    with pytest.raises(DisagreementError):
        fight(lambda: turn(1), lambda: turn(1, tokens=(1, 3)), runs=5)


def test_each_duel_has_a_row_for_each_side():
    section = duel_section({"free": Duel([turn(10)], [turn(15)])})
    rows = {label: dict(zip(section.columns, row, strict=True)) for label, row in section.rows.items()}
    assert rows["free: greedy"]["ratio"] == 1.5
    assert rows["free: greedy"]["pass (ms)"] == 5.0
    assert rows["free: transformers' generate"]["ratio"] == 1.0
    assert rows["free: transformers' generate"]["CPU (ms)"] == 7.5
