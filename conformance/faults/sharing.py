"""Processes that share the work: threads of one interpreter would wait for each other."""

import multiprocessing
import multiprocessing.connection
import signal

FORK = multiprocessing.get_context("fork")
WORTH_JOINING = 6  # tasks for each process: getting ready for another list takes time


class Tasks:
    """Lists of tasks. A process chooses a list, and takes one task after the other from it for as long as it lasts."""

    def __init__(self, lists):
        self.lists, self.lock = lists, FORK.Lock()
        self.taken, self.workers = FORK.RawArray("i", len(lists)), FORK.RawArray("i", len(lists))
        self.stopped = FORK.RawValue("b", 0)

    def stop(self, *_):
        self.stopped.value = 1

    def are_stopped(self):
        return bool(self.stopped.value)

    def all(self):
        """The tasks of the process that calls it, one after the other."""
        while (number := self.join()) is not None:
            while (task := self.take(number)) is not None:
                yield task
            with self.lock:
                self.workers[number] -= 1

    def join(self):
        """Chooses the list with the most left to do for each of its processes."""

        def share(number):
            return (len(self.lists[number]) - self.taken[number]) / (self.workers[number] + 1)

        with self.lock:
            open_ones = [i for i in range(len(self.lists)) if share(i) >= (WORTH_JOINING if self.workers[i] else 1)]
            if self.are_stopped() or not open_ones:
                return None
            number = max(open_ones, key=share)
            self.workers[number] += 1
            return number

    def take(self, number):
        with self.lock:
            at = self.taken[number]
            if self.are_stopped() or at == len(self.lists[number]):
                return None
            self.taken[number] += 1
        return self.lists[number][at]


def share_out(tasks, jobs, player, note):
    """Has this many processes do the tasks, and passes what they report to `note`. Returns whether all were done."""
    before = [signal.signal(number, tasks.stop) for number in (signal.SIGINT, signal.SIGTERM)]
    readers, workers = [], []
    for _ in range(min(jobs, sum(map(len, tasks.lists)))):
        reader, writer = FORK.Pipe(duplex=False)
        worker = FORK.Process(target=work, args=(tasks, player, writer))
        worker.start()
        writer.close()  # before the next one starts, which would hold it too
        readers.append(reader)
        workers.append(worker)
    while readers:
        for reader in multiprocessing.connection.wait(readers):
            try:
                note(reader.recv())
            except EOFError:
                readers.remove(reader)
    for worker in workers:
        worker.join()
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)
    return not tasks.are_stopped() and not any(worker.exitcode for worker in workers)


def work(tasks, player, writer):
    with player:
        for task in tasks.all():
            writer.send(player.play(task, tasks.are_stopped))
