"""Turns: one at a time, in the order in which they came."""

import threading
import time

import pytest

from search.fair_lock import FIRST_TURN, TURN, FairLock


def test_one_that_asks_again_comes_after_those_that_wait() -> None:
    turn, order, begun = FairLock(), list[str](), threading.Event()

    def many() -> None:
        for _ in range(20):
            with turn:
                order.append("many")
                begun.set()
                time.sleep(0.01)

    first = threading.Thread(target=many)
    first.start()
    begun.wait(5)
    with turn:
        order.append("one")
    first.join(5)
    assert order.index("one") <= 2
    assert order.count("many") == 20


def test_only_one_has_the_turn_and_all_get_it() -> None:
    turn, inside, most, done = FairLock(), list[int](), list[int](), list[int]()

    def ask(number: int) -> None:
        for _ in range(50):
            with turn:
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)
        done.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(done) == list(range(8))
    assert max(most) == 1


def test_the_turn_goes_on_after_an_error() -> None:
    turn = FairLock()
    try:
        with turn:
            raise ValueError
    except ValueError:
        pass
    with turn:
        pass


def _seconds_of_turns(work: list[float]) -> list[float]:
    """How long the turns of a search last that gives way after so many seconds of work each.

    Others wait all the time; the clock goes on while the search works.
    """
    now = 0.0
    turn = FairLock(lambda: now)
    turns, over = [0.0], threading.Event()

    def wait() -> None:
        while not over.is_set():
            with turn:
                pass

    others = [threading.Thread(target=wait) for _ in range(2)]
    with turn:
        for other in others:
            other.start()
        for seconds in work:
            now += seconds
            turns[-1] += seconds
            while not turn._waiting:
                time.sleep(0.0001)
            if turn.give_way():
                turns.append(0.0)
        over.set()
    for other in others:
        other.join(5)
    return [seconds for seconds in turns if seconds]


def test_an_ordinary_search_ends_in_its_first_turn() -> None:
    assert len(_seconds_of_turns([FIRST_TURN / 11] * 10)) == 1


def test_a_long_search_has_one_turn_and_then_short_ones() -> None:
    first, *rest = _seconds_of_turns([0.001] * 60)
    assert first == pytest.approx(FIRST_TURN, abs=0.0015)
    assert len(rest) > 5
    assert max(rest) == pytest.approx(TURN, abs=0.0015)


def test_nobody_gives_way_where_nobody_waits() -> None:
    turn = FairLock(lambda: 1.0)
    with turn:
        assert not turn.give_way()
