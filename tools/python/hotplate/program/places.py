# SPDX-License-Identifier: BSD-2-Clause
"""places - fences and orders that a protocol between CPUs needs and that no machine of the tests
shows to be missing: they stand in the source, and in the image.

A place is a function, a part of a line in it, and an order.  atomics.py says what a line that
names an order owes; here the line has to be there, and an instruction of it with that order."""
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
        # Loads and stores of a section, before the word that says it has ended (LB, MP).
        ("grace_answer", "atomic_store_release(&r->answers", "release"),
        ("quiescent", "atomic_fetch_and_seq_cst(&period.waits", "release"),
        ("quiescent", "atomic_fetch_and_seq_cst(&period.waits", "acquire"),
        ("unanswered", "atomic_load_acquire(&readers[n].answers)", "acquire"),
        ("period_advance", "atomic_load_acquire(&period.waits)", "acquire"),
        ("period_advance", "atomic_exchange_acquire(&period.queue", "acquire"),
        ("grace_defer", "atomic_cas_release(&period.queue", "release"),
        # What callbacks did, before the numbers that say so (MP).
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
        # The mark of a reader, the mark of a writer, and each looks at the other's (SB).
        ("read_try", FENCE, "full"),
        ("write_lock", FENCE, "full"),
        ("write_trylock", FENCE, "full"),
    ),
    "mm/page/buddy_late.c": (
        ("late_write", "atomic_store_release(&head->private", "release"),
        ("late_taken", "atomic_load_acquire(&head->private)", "acquire"),
        # Who finds none left reads struct pages without a look at their window (MP).
        ("late_write", "atomic_fetch_sub_release(&late.counts.left", "release"),
        ("late_taken", "atomic_fetch_sub_release(&late.counts.left", "release"),
        ("late_settle_at", "atomic_load_acquire(&late.counts.left)", "acquire"),
    ),
    "mm/vmalloc/vmalloc_lazy.c": (
        ("finish", "atomic_fetch_sub_release(&deferred", "release"),
        ("vmalloc_lazy_pages", "atomic_load_acquire(&deferred)", "acquire"),
    ),
}
HEAD = re.compile(r"^\w.*?\b(\w+)\([^;]*$")


def lines_of(path: str, function: str, part: str) -> set[int]:
    """Numbers of the lines in that function of the source that have the part."""
    inside, found = "", set()
    for number, line in enumerate(read(path), 1):
        head = HEAD.match(line)
        if head and not line.startswith(("#", "\t")):
            inside = head.group(1)
        if inside == function and part in line and line.startswith("\t"):
            found.add(number)
    return found


def orders_by_line(image: Image) -> dict[tuple[str, int], int]:
    """What the instructions of each line of these files order."""
    orders: dict[tuple[str, int], int] = {}
    for function in image.functions:
        for insn in function.insns:
            if insn.file not in PLACES:
                continue
            what = access(insn, function.arch)
            got = (what.orders if what else 0) | fence_orders(insn, function.arch)
            place = (insn.file, insn.line)
            orders[place] = orders.get(place, 0) | got
    return orders


def check(image: Image) -> int:
    """How many places were looked at."""
    orders, count = orders_by_line(image), 0
    for path, places in PLACES.items():
        for function, part, order in places:
            lines = lines_of(path, function, part)
            count += 1
            if not lines:
                image.say(path, 1, "%s() needs %s (%s), and has none" % (function, part, order))
            for line in lines:
                if not orders.get((path, line), 0) & NEEDED[order]:
                    image.say(
                        path, line, "%s() needs %s here, and has none" % (function, order)
                    )
    return count
