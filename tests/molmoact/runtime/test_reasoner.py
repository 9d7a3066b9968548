import numpy as np
import pytest

from molmoact.protocol.statistics import choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, write_answer
from molmoact.runtime.backend import Action, Depth, Pass, Prefilled, Refused, TraceFound
from molmoact.runtime.reasoner import AnswerForm, read_stages
from molmoact.tiny.checkpoint import tiny_profile
from molmoact.tiny.tokenizer import tiny_tokenizer

SYMBOLS = ActionSymbols.printed()
DEPTH, TRACE = tuple(range(100)), ((3, 4), (5, 6))
BINS = np.full((8, 7), 254)
LOW, HIGH = [-0.008] * 3 + [-0.05] * 3 + [0.0], [0.008] * 3 + [0.05] * 3 + [1.0]


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer()


@pytest.fixture(scope="module")
def form(tokenizer):
    return AnswerForm(
        decode=tokenizer.decode,
        end_id=tokenizer.eos_token_id,
        depth_end_id=tokenizer.convert_tokens_to_ids("<DEPTH_END>"),
        symbols=SYMBOLS,
        statistics=choose_statistics({"cell": {"action": {"q01": LOW, "q99": HIGH}}}),
        profile=tiny_profile(),
    )


def answer(wording=Wording.MULTI_VIEW):
    return write_answer(wording, SYMBOLS, BINS, depth=DEPTH, traces=(TRACE,))


def ids_of(tokenizer, text):
    return [*tokenizer.encode(text), tokenizer.eos_token_id]


def one_by_one(ids):
    """As plain decoding gives them."""
    return ((each,) for each in ids)


def without_passes(stages):
    return [stage for stage in stages if not isinstance(stage, Pass)]


def test_stages_come_in_order_each_with_the_text_so_far(tokenizer, form):
    ids = ids_of(tokenizer, answer())
    prefilled, depth, trace, action = without_passes(read_stages(one_by_one(ids), form, steered=False))
    assert isinstance(prefilled, Prefilled)
    assert isinstance(depth, Depth)
    assert depth.codes == DEPTH
    assert depth.text.endswith("<DEPTH_END>")
    assert isinstance(trace, TraceFound)
    assert trace.traces == {"arm": TRACE}
    assert isinstance(action, Action)
    assert (action.text, action.forward_passes) == (answer(), len(ids))
    limit = 254 / 255
    np.testing.assert_allclose(action.deltas, [[0.008 * limit] * 3 + [0.05 * limit] * 3 + [limit]] * 8, rtol=1e-6)


def test_a_stage_is_given_before_the_next_token_is_asked_for(tokenizer, form):
    ids = ids_of(tokenizer, answer())
    asked = []
    stages = read_stages((asked.append(i) or (i,) for i in ids), form, steered=False)
    assert isinstance(next(stages), Prefilled)
    assert len(asked) == 1
    assert isinstance(next(stage for stage in stages if not isinstance(stage, Pass)), Depth)
    assert asked[-1] == form.depth_end_id


def test_one_pass_may_complete_several_stages(tokenizer, form):
    ids = ids_of(tokenizer, answer())
    stages = list(read_stages(iter([ids[:3], ids[3:]]), form, steered=False))
    assert [type(stage) for stage in stages] == [Prefilled, Pass, Depth, TraceFound, Pass, Action]
    assert [stage.tokens for stage in stages if isinstance(stage, Pass)] == [3, len(ids) - 3]
    assert stages[-1].forward_passes == 2


def test_a_steered_answer_has_neither_depth_nor_trace(tokenizer, form):
    ids = ids_of(tokenizer, answer(Wording.STEERED))
    stages = without_passes(read_stages(one_by_one(ids), form, steered=True))
    assert [type(stage) for stage in stages] == [Prefilled, Action]


def test_a_broken_rule_ends_the_answer_at_once(tokenizer, form):
    ids = ids_of(tokenizer, answer().replace("<DEPTH_9>", ""))
    asked = []
    *_, refused = read_stages((asked.append(i) or (i,) for i in ids), form, steered=False)
    assert isinstance(refused, Refused)
    assert refused.why == "depth: 99 codes, expected 100"
    assert refused.forward_passes == len(asked) < len(ids) / 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace("[3, 4]", "[3, 400]"), "trace 1, point 1, y"),
        (lambda text: text.replace(SYMBOLS.by_bin[254], "what", 1), "action step 1, value 1: unknown symbol 'what'"),
        (lambda text: "hello", "depth: expected the phrase"),
        (lambda text: text + "<im_patch>", "after the action"),
    ],
)
def test_why_names_the_place(tokenizer, form, change, why):
    *_, last = read_stages(one_by_one(ids_of(tokenizer, change(answer()))), form, steered=False)
    assert isinstance(last, Refused)
    assert why in last.why


@pytest.mark.parametrize("kept", [0, 1, 150])
def test_an_answer_without_an_end_is_refused(tokenizer, form, kept):
    *_, last = read_stages(one_by_one(tokenizer.encode(answer())[:kept]), form, steered=False)
    assert isinstance(last, Refused)
    assert last.why == f"the answer has no end within {kept} tokens"


def test_an_answer_that_never_comes_to_its_depth_is_given_up_early(tokenizer, form):
    rambling = iter(tokenizer.encode(" The depth map of the image is " + "good " * 900))
    *_, last = read_stages(one_by_one(rambling), form, steered=False)
    assert isinstance(last, Refused)
    assert last.why.startswith("depth: expected <DEPTH_START>, found 'good")
    assert last.forward_passes < 200
