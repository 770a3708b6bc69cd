"""Threads that all make short calls, and so want the interpreter lock all the time: see python/src/lock/crowding.rs."""

import threading
import time

from helpers import WAIT_LIMIT, Thread, connection, needs_lock, wait_until

pytestmark = needs_lock

THREADS = 16
#: Enough for a crowd to be noticed.
TRANSFERS = 3000


class Crowd:
    """Threads that each send to themselves until they are told to stop, or have a reason to."""

    def __init__(self, stops=lambda number, count: False):
        self.over = threading.Event()
        self.stops = stops
        self.counts = [0] * THREADS
        self.threads = [Thread(self.run, number) for number in range(THREADS)]

    def run(self, number):
        with connection() as (left, right):
            while not self.over.is_set():
                left.sendall(b"x" * 64)
                assert right.recv(64) == b"x" * 64
                self.counts[number] += 1
                if self.stops(number, self.counts[number]):
                    return

    def until_all_have_done(self, transfers):
        wait_until(lambda: min(self.counts) >= transfers, 4 * WAIT_LIMIT)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.over.set()
        for thread in self.threads:
            thread.join(WAIT_LIMIT)
            assert not thread.is_alive()
            if thread.error:
                raise thread.error


def test_none_is_left_out():
    with Crowd() as crowd:
        crowd.until_all_have_done(TRANSFERS)


def test_threads_that_sleep_or_compute_now_and_then_do_not_keep_the_others():
    def pause(number, count):
        if count % 200 == 0 and number % 2:
            time.sleep(0.001)
        elif count % 200 == 0:
            sum(range(20_000))

    with Crowd(pause) as crowd:
        crowd.until_all_have_done(TRANSFERS)


def test_threads_that_end_do_not_keep_the_others():
    with Crowd(lambda number, count: number and count == TRANSFERS) as crowd:
        crowd.until_all_have_done(TRANSFERS)
        so_far = crowd.counts[0]
        wait_until(lambda: crowd.counts[0] >= so_far + TRANSFERS)
