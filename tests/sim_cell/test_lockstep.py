"""Waiting for the client, on real sockets."""

import socket
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from sim_cell.lockstep import ANSWER_TIMEOUT, LockStep


@contextmanager
def connected():
    ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ours.bind(("127.0.0.1", 0))
    theirs = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    theirs.connect(ours.getsockname())
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def pair():
    with connected() as sockets:
        yield sockets


@pytest.fixture
def other():
    with connected() as sockets:
        yield sockets


def server(udp, motion):
    return SimpleNamespace(_FrankaServer__udp_socket=udp, current_motion_id=motion)


def seconds_waited(lock_step):
    before = time.monotonic()
    lock_step.wait_for_answers()
    return time.monotonic() - before


def test_nobody_is_waited_for_without_a_client_or_a_motion(pair):
    assert seconds_waited(LockStep([server(None, 1)])) < ANSWER_TIMEOUT / 2
    assert seconds_waited(LockStep([server(pair[0], 0)])) < ANSWER_TIMEOUT / 2


def test_a_client_that_has_not_begun_its_motion_is_not_waited_for(pair):
    assert seconds_waited(LockStep([server(pair[0], 1)])) < ANSWER_TIMEOUT / 2


def test_after_its_first_command_a_client_is_waited_for_but_not_for_ever(pair):
    ours, theirs = pair
    lock_step = LockStep([server(ours, 1)])
    theirs.send(b"first")
    lock_step.wait_for_answers()
    ours.recv(100)
    assert seconds_waited(lock_step) >= ANSWER_TIMEOUT * 0.9


def test_a_new_motion_has_its_own_beginning(pair):
    ours, theirs = pair
    stand_in = server(ours, 1)
    lock_step = LockStep([stand_in])
    theirs.send(b"first")
    lock_step.wait_for_answers()
    ours.recv(100)
    stand_in.current_motion_id = 2
    assert seconds_waited(lock_step) < ANSWER_TIMEOUT / 2


def test_of_two_clients_each_is_waited_for(pair, other):
    lock_step = LockStep([server(pair[0], 1), server(other[0], 1)])
    for _, theirs in (pair, other):
        theirs.send(b"first")
    lock_step.wait_for_answers()
    for ours, _ in (pair, other):
        ours.recv(100)
    pair[1].send(b"second")
    late = threading.Timer(0.05, other[1].send, [b"second"])
    late.start()
    lock_step.wait_for_answers()
    late.join()
    assert [ours.recv(100) for ours, _ in (pair, other)] == [b"second", b"second"]
