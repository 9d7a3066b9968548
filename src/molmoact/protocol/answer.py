"""The model's answer, read strictly: whatever is not exactly an answer is refused by name, never turned into numbers.

Wording is read leniently (the published checkpoints word the same answer in four ways); codes, numbers, symbols
and counts are not.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molmoact.protocol.scanner import AnswerError, Scanner
from molmoact.protocol.symbols import ActionSymbols
from molmoact_common.chunks import DOF_PER_ARM

__all__ = ["Answer", "AnswerError", "parse_answer", "read_depth", "read_traces"]

DEPTH_CODES = 100
DEPTH_VALUES = 128
MAX_TRACE_POINTS = 5
COORDINATE_MAX = 255

Points = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer.

    Attributes:
        depth: 100 codes 0..127, row-major 10 x 10; empty where a drawn trace steered.
        traces: one an arm, points (x, y) in 0..255; empty where a drawn trace steered.
        bins: int64, shape (steps, 7 * arms), 0..255.
    """

    depth: tuple[int, ...]
    traces: tuple[Points, ...]
    bins: NDArray[np.int64]


_DEPTH_PHRASE = re.compile(r"\s*The depth map of the (?:first )?image is\s*")
_TRACE_PHRASE = re.compile(
    r"[.\s]*The trajectory of the (?:(?P<side>left|right) )?end effector (?:in the first image )?is\s*"
)
_ACTION_PHRASE = re.compile(r"[.\s]*Based on [^\[\]<>]{1,300}?\baction that the robot should take is\s*")
_STEERED_PHRASE = re.compile(
    r"\s*Based on the image and the annotated trajectory of the end effector,"
    r" the action that the robot should take is\s*"
)
_DEPTH_START, _DEPTH_END = re.compile("<DEPTH_START>"), re.compile("<DEPTH_END>")
_DEPTH_CODE = re.compile(r"<DEPTH_(0|[1-9]\d{0,2})>")
_NUMBER = re.compile(r"\s*(0|[1-9]\d{0,2})(?!\d)\s*")
_OPEN, _CLOSE, _COMMA = re.compile(r"\s*\["), re.compile(r"\s*\]"), re.compile(r"\s*,")
_VALUE = re.compile(r"\s*([^\[\],]*)")
_END = re.compile(r"\.?\s*\Z")


def parse_answer(text: str, symbols: ActionSymbols, *, steps: int, arms: int = 1, steered: bool = False) -> Answer:
    """Read a whole answer.

    Args:
        text: decoded, without end-of-text and image tokens, depth tokens kept.
        symbols: of the checkpoint that wrote it.
        steps: steps that the chunk must have. One step may stand in single or double brackets.
        arms: 1 or 2; one arm may word its trace as left and right if both are the same.
        steered: the question had a drawn trace, so the answer is the action alone.

    Raises:
        AnswerError: at the first place where the text is not such an answer.
    """
    scanner = Scanner(text)
    depth: tuple[int, ...] = ()
    traces: tuple[Points, ...] = ()
    if not steered:
        depth = _depth(scanner)
        traces = _traces(scanner, arms)
    phrase = _STEERED_PHRASE if steered else _ACTION_PHRASE
    scanner.expect(phrase, "action", "the phrase 'Based on ..., the action that the robot should take is'")
    bins = _chunk(scanner, symbols, steps, DOF_PER_ARM * arms)
    scanner.expect(_END, "after the action", "nothing more")
    return Answer(depth, traces, bins)


def read_depth(text: str) -> tuple[int, ...]:
    """The depth codes of an answer that may still be growing behind them.

    Raises:
        AnswerError: they are not there, or not as they must be.
    """
    return _depth(Scanner(text))


def read_traces(text: str, arms: int) -> tuple[Points, ...]:
    """The traces of an answer that has at least begun its action sentence.

    Raises:
        AnswerError: they, or the depth before them, are not as they must be.
    """
    scanner = Scanner(text)
    _depth(scanner)
    return _traces(scanner, arms)


def _depth(scanner: Scanner) -> tuple[int, ...]:
    scanner.expect(_DEPTH_PHRASE, "depth", "the phrase 'The depth map of the ... image is'")
    scanner.expect(_DEPTH_START, "depth", "<DEPTH_START>")
    codes: list[int] = []
    while not scanner.accept(_DEPTH_END):
        place = f"depth code {len(codes) + 1}"
        if len(codes) == DEPTH_CODES:
            raise AnswerError(f"{place}: expected <DEPTH_END> after {DEPTH_CODES} codes, found {scanner.here()}")
        code = int(scanner.expect(_DEPTH_CODE, place, "a depth token").group(1))
        if code >= DEPTH_VALUES:
            raise AnswerError(f"{place}: {code} is outside 0..{DEPTH_VALUES - 1}")
        codes.append(code)
    if len(codes) != DEPTH_CODES:
        raise AnswerError(f"depth: {len(codes)} codes, expected {DEPTH_CODES}")
    return tuple(codes)


def _traces(scanner: Scanner, arms: int) -> tuple[Points, ...]:
    found: list[Points] = []
    sides: list[str | None] = []
    while phrase := scanner.accept(_TRACE_PHRASE):
        sides.append(phrase.group("side"))
        found.append(_points(scanner, f"trace {len(found) + 1}"))
    if sides not in ([None] * arms, ["left", "right"]):
        raise AnswerError(f"trace: {len(found)} trace sentences before {scanner.here()}, expected {arms}")
    if len(found) > arms:
        if found[0] != found[1]:
            raise AnswerError("trace: left and right differ, but there is one arm")
        found = found[:arms]
    return tuple(found)


def _points(scanner: Scanner, place: str) -> Points:
    scanner.expect(_OPEN, place, "'['")
    points: list[tuple[int, int]] = []
    while True:
        where = f"{place}, point {len(points) + 1}"
        if len(points) == MAX_TRACE_POINTS:
            raise AnswerError(f"{where}: more than {MAX_TRACE_POINTS} points")
        scanner.expect(_OPEN, where, "'['")
        x = _coordinate(scanner, f"{where}, x")
        scanner.expect(_COMMA, where, "','")
        y = _coordinate(scanner, f"{where}, y")
        scanner.expect(_CLOSE, where, "']'")
        points.append((x, y))
        if not scanner.accept(_COMMA):
            scanner.expect(_CLOSE, place, "',' or ']'")
            return tuple(points)


def _coordinate(scanner: Scanner, place: str) -> int:
    number = int(scanner.expect(_NUMBER, place, f"an integer 0..{COORDINATE_MAX}").group(1))
    if number > COORDINATE_MAX:
        raise AnswerError(f"{place}: {number} is outside 0..{COORDINATE_MAX}")
    return number


def _chunk(scanner: Scanner, symbols: ActionSymbols, steps: int, dof: int) -> NDArray[np.int64]:
    scanner.expect(_OPEN, "action", "'['")
    nested = scanner.accept(_OPEN)
    if nested is None and steps > 1:
        raise AnswerError(f"action: a single step, expected {steps}")
    rows = [_row(scanner, symbols, 1, dof)]
    while nested and not scanner.accept(_CLOSE):
        place = f"action step {len(rows) + 1}"
        if scanner.position == len(scanner.text):
            raise AnswerError(f"action: the text ends after step {len(rows)}, expected {steps} steps and ']'")
        scanner.expect(_COMMA, place, "',' or ']'")
        scanner.expect(_OPEN, place, "'['")
        rows.append(_row(scanner, symbols, len(rows) + 1, dof))
    if len(rows) != steps:
        raise AnswerError(f"action: {len(rows)} steps, expected {steps}")
    return np.array(rows, dtype=np.int64)


def _row(scanner: Scanner, symbols: ActionSymbols, step: int, dof: int) -> list[int]:
    row: list[int] = []
    while True:
        place = f"action step {step}, value {len(row) + 1}"
        value = scanner.expect(_VALUE, place, "a symbol").group(1).rstrip()
        if scanner.position == len(scanner.text):
            raise AnswerError(f"{place}: the text ends here")
        if value not in symbols.bins:
            raise AnswerError(f"{place}: unknown symbol {value[:20]!r}")
        row.append(symbols.bins[value])
        if scanner.accept(_CLOSE):
            break
        scanner.expect(_COMMA, place, "',' or ']'")
    if len(row) != dof:
        raise AnswerError(f"action step {step}: {len(row)} values, expected {dof}")
    return row
