"""Turns: one at a time, in the order in which they came."""

import threading
import time

from search.fair_lock import FairLock


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
