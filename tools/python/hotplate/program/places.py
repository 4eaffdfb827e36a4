# SPDX-License-Identifier: BSD-2-Clause
"""places - fences and orders that a protocol between CPUs needs and whose absence no machine of the
tests shows: the source has the line, and the image an instruction of it with the order.

A place is a function, a part of a line in it, and an order.  atomics.py checks the lines that name
an order; places.py checks that the line exists."""
import re

from hotplate.lint.core import read
from hotplate.program.asm import Image
from hotplate.program.order import ACQUIRE, FULL, RELEASE, access, fence_orders

FENCE = "atomic_fence_seq_cst()"
NEEDED = {"full": FULL, "acquire": ACQUIRE, "release": RELEASE}
# file: (function, part of a line, order)
PLACES = {
    "kern/grace.c": (
        # A store and then a load of another CPU's word, on both sides (SB): Arm ARM B2.3.7,
        # RISC-V unprivileged 17.1 rule 4.
        ("grace_answer", FENCE, "full"),
        ("grace_sync_irqs", FENCE, "full"),
        ("period_begin", FENCE, "full"),
        ("grace_cookie", FENCE, "full"),
        ("grace_barrier", FENCE, "full"),
        # Loads and stores of a section, before the word that marks its end (LB, MP).
        ("grace_answer", "atomic_store_release(&r->answers", "release"),
        ("quiescent", "atomic_fetch_and_seq_cst(&period.waits", "release"),
        ("quiescent", "atomic_fetch_and_seq_cst(&period.waits", "acquire"),
        ("unanswered", "atomic_load_acquire(&readers[n].answers)", "acquire"),
        ("period_advance", "atomic_load_acquire(&period.waits)", "acquire"),
        ("period_advance", "atomic_exchange_acquire(&period.queue", "acquire"),
        ("grace_defer", "atomic_cas_release(&period.queue", "release"),
        # Effects of callbacks, before the counters that publish them (MP).
        ("period_end", "atomic_store_release(&h->next", "release"),
        ("period_end", "atomic_fetch_add_release(&stats.ran", "release"),
        ("grace_barrier", "while (atomic_load_acquire(&stats.ran)", "acquire"),
        ("grace_elapsed", "atomic_load_acquire(&period.ended)", "acquire"),
        ("wake_waiter", "atomic_store_release(&w->over", "release"),
        ("grace_wait", "while (!atomic_load_acquire(&w.over)", "acquire"),
        ("grace_poll", "atomic_cas_acquire(&period.runner", "acquire"),
        ("grace_poll", "atomic_store_release(&period.runner", "release"),
    ),
    "kern/lock.c": (
        # A reader sets its mark and reads the writer's; a writer does the reverse (SB).
        ("read_try", FENCE, "full"),
        ("write_lock", FENCE, "full"),
        ("write_trylock", FENCE, "full"),
    ),
    "mm/page/buddy_late.c": (
        ("late_write", "atomic_store_release(&head->private", "release"),
        ("late_taken", "atomic_load_acquire(&head->private)", "acquire"),
        # A CPU that reads 0 left reads struct pages and does not check their window (MP).
        ("late_write", "atomic_fetch_sub_release(&late.counts.left", "release"),
        ("late_taken", "atomic_fetch_sub_release(&late.counts.left", "release"),
        ("none_left", "atomic_load_acquire(&late.counts.left)", "acquire"),
    ),
    "mm/vmalloc/vmalloc_lazy.c": (
        ("finish", "atomic_fetch_sub_release(&deferred", "release"),
        ("vmalloc_lazy_pages", "atomic_load_acquire(&deferred)", "acquire"),
    ),
}
HEAD = re.compile(r"^\w.*?\b(\w+)\([^;]*$")


def lines_of(path: str, function: str, part: str) -> set[int]:
    """Numbers of the lines of that function that contain the part."""
    inside, found = "", set()
    for number, line in enumerate(read(path), 1):
        head = HEAD.match(line)
        if head and not line.startswith(("#", "\t")):
            inside = head.group(1)
        if inside == function and part in line and line.startswith("\t"):
            found.add(number)
    return found


def orders_by_line(image: Image) -> dict[tuple[str, int], int]:
    """The orders of the instructions of each line of these files."""
    orders: dict[tuple[str, int], int] = {}
    for function in image.functions:
        for insn in function.insns:
            if insn.file not in PLACES:
                continue
            own = access(insn, function.arch)
            found = (own.orders if own else 0) | fence_orders(insn, function.arch)
            place = (insn.file, insn.line)
            orders[place] = orders.get(place, 0) | found
    return orders


def check(image: Image) -> int:
    """Returns the number of places that were checked."""
    orders, count = orders_by_line(image), 0
    for path, places in PLACES.items():
        for function, part, order in places:
            lines = lines_of(path, function, part)
            count += 1
            if not lines:
                image.report(path, 1, "%s() needs %s (%s), and has none" % (function, part, order))
            for line in lines:
                if not orders.get((path, line), 0) & NEEDED[order]:
                    image.report(
                        path, line, "%s() needs %s here, and has none" % (function, order)
                    )
    return count
