# SPDX-License-Identifier: BSD-2-Clause
"""The command line of the worst legal machine (machine/, machine/README.md)."""
import os
import shlex
from collections.abc import Callable

from hotplate import INSTALLED, fail
from hotplate.boards import fragments
from hotplate.command import not_built

CPUS = 16
# Words of the machine that MACHINE=, SMP=, MEM=, ARGS= and other knobs set.
SET_HERE = ("image", "elf", "initrd", "cpus", "mem", "node1", "channel", "args")
CHANNEL = 64 << 10  # at the end of node 1
RAM = {"arm64": 0x40000000, "riscv64": 0x80000000}  # without base=


Shape = dict[str, str]


def shape(board: str) -> Shape:
    """The words of BOARD_WORST; empty: the plain machine."""
    found = fragments.load(board)
    if "WORST" not in found:
        fail(
            "BOARD=%s: board.mk has no BOARD_WORST, the words for MACHINE=worst (docs/boards.md)"
            % board
        )
    words = [w.partition("=") for w in found["WORST"].split()]
    if any(not eq for _, eq, _ in words) or len({name for name, _, _ in words}) != len(words):
        fail("BOARD=%s: BOARD_WORST: not a list of NAME=VALUE, each once" % board)
    return {name: value for name, _, value in words}


def board_words(of: Shape, cpus: int, node1: int) -> list[str]:
    """Those that no knob sets.  Ids of CPUs: of as many as there are."""
    drop = ("cpus", "mem", "node1") + (() if node1 else ("base1",))
    kept = {name: value for name, value in of.items() if name not in drop}
    if "midr" in kept:
        kept["midr"] = ",".join(kept["midr"].split(",")[:cpus])
    return ["%s=%s" % word for word in kept.items()]


def program(knob: dict[str, str]) -> str:
    path = os.path.join(knob["BUILD"] or "build", "machine", "worst-" + knob["ARCH"])
    if not os.path.exists(path) and knob["SHOW"] in ("", "0"):
        if INSTALLED:
            fail("%s is not installed (package hotplate-worst)" % os.path.basename(path))
        not_built(path, "machine")
    return path


def line(
    knob: dict[str, str],
    of: Shape,
    image: str,
    cpus: int,
    mem: int,
    node1: int,
    boot: list[str],
) -> list[str]:
    """The user's words are the last, which take precedence."""
    try:
        own = shlex.split(knob["WORST"])
    except ValueError as e:
        fail("WORST=%s: %s" % (knob["WORST"], e))
    for word in own:
        if word.split("=")[0] in SET_HERE:
            fail("WORST=%s: tools/hotplate run sets it itself" % word)
    words = [
        program(knob),
        "image=" + image,
        "elf=" + os.path.join(os.path.dirname(image), "hotplate.elf"),
        "cpus=%d" % cpus,
        "mem=%d" % (mem >> 20),
        "node1=%d" % (node1 >> 20),
        "args=" + " ".join(boot),
    ]
    words += board_words(of, cpus, node1)
    return words + (["channel=" + knob["CHANNEL"]] if knob["CHANNEL"] else []) + own


def channel(knob: dict[str, str], end: int, node1: int) -> list[str]:
    """The boot arguments that name the channel."""
    if not knob["CHANNEL"]:
        return []
    if not node1:
        fail("CHANNEL=%s needs node 1, whose end it is" % knob["CHANNEL"])
    return ["channel=0x%x+%dK" % (end - CHANNEL, CHANNEL >> 10)]


def withheld(knob: dict[str, str], of: Shape, node1: int) -> list[str]:
    """The boot argument that withholds memory: the board's, or node 1 of the plain machine."""
    what = fragments.load(knob["BOARD"]).get("WITHHOLD") if of else "node1" if node1 else None
    if not what or knob["NODES"] == "1" or knob["NODE1"] == "0":
        return []
    return ["withhold=" + what]


def machine(
    knob: dict[str, str],
    image: str,
    size: Callable[[str, str], int],
    smp: Callable[[dict[str, str], int], int],
    whole_block: Callable[[dict[str, str], int, int], None],
) -> tuple[list[str], list[str]]:
    """(command line, boot arguments), with the shape of a board, or with the two nodes of memory of
    QEMU's virt machine."""
    of = shape(knob["BOARD"])
    mem = size(knob["MEM"] or of.get("mem", "1G"), "MEM")
    node1 = size(knob["NODE1"] or (of.get("node1", "0") if of else "1G"), "NODE1")
    if knob["NODES"] == "1" and not of:
        node1 = 0
    ram = int(of.get("base") or str(RAM[knob["ARCH"]]), 0)
    end = int(of.get("base1") or str(ram + mem), 0) + node1
    boot = withheld(knob, of, node1) + channel(knob, end, node1) + knob["ARGS"].split()
    if knob["NODE1"] and node1:
        whole_block(knob, end - node1, end)
    cpus = smp(knob, CPUS) or int(of.get("cpus", "4"))
    return line(knob, of, image, cpus, mem, node1, boot), boot
