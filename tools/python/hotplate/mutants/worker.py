# SPDX-License-Identifier: BSD-2-Clause
"""worker - threads that share a queue of mutants.  An exception of one thread is raised in the
program, when all threads have ended."""
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any


class Worker(threading.Thread):
    def __init__(self, work: Callable[..., None], *words: Any) -> None:
        super().__init__(daemon=True)
        self.work, self.words = work, words
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.work(*self.words)
        except BaseException as error:
            self.error = error


def crew(work: Callable[..., None], todo: Iterable[Any], words: list[tuple[Any, ...]]) -> None:
    """A thread for each of words: work(queue, *words), where the queue ends with None."""
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for item in todo:
        waiting.put(item)
    workers = [Worker(work, waiting, *own) for own in words]
    for worker in workers:
        waiting.put(None)
        worker.start()
    for worker in workers:
        worker.join()
    for worker in workers:
        if worker.error:
            raise worker.error
