# SPDX-License-Identifier: BSD-2-Clause
"""Print the knobs of make and of `tools/hotplate run`.

  tools/hotplate knobs            as `make help-all` prints them
  tools/hotplate knobs --table    as docs/vmm.md has them
  tools/hotplate knobs --write    write both into mk/help.txt and docs/vmm.md
  tools/hotplate knobs --unread "TARGET..." WORD...
      a sentence, if none of these targets of make reads one of the words
  tools/hotplate knobs --like NAME KNOB...
      "(is KNOB= meant?)", if one of them is similar to NAME

tools/hotplate run takes those that have a default here, and its --help lists
them.  tools/hotplate lint knobs compares the two files with this list.
"""
import difflib
import os
import re
import shlex
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from hotplate import INSTALLED, TOOL, TOP, fail
from hotplate.command import typed, usage
from hotplate.results import output

HELP = os.path.join(TOP, "mk", "help.txt")
DOC = os.path.join(TOP, "docs", "vmm.md")
BEGIN, END = "<!-- tools/hotplate knobs --write -->\n", "<!-- end -->\n"
MARK = "KNOBS\n"
HEAD = 'As in `make run ARCH=riscv64 SMP=2 ARGS="geometry=sv39"`; (X) is the default.'


# The kinds of machine; "shape": MACHINE=worst with BOARD=.
VIRT, QEMU, WORST = "arm64 riscv64", "arm64 riscv64 board", "worst shape"
PLACES = {
    "arm64": "QEMU's virt machine of arm64",
    "riscv64": "QEMU's virt machine of riscv64",
    VIRT: "QEMU's virt machine",
    QEMU: "QEMU's machines",
    WORST: "MACHINE=worst",
    "%s %s" % (VIRT, WORST): "QEMU's virt machine and of MACHINE=worst",
}


class Knob(NamedTuple):
    """One knob.  default: its value for tools/hotplate run; None: only make knows the knob.  of:
    the machines on which it has an effect; "" all.  needs: another knob without which it has
    none."""

    name: str
    shown: str
    text: str
    default: str | None = None
    of: str = ""
    needs: str = ""


KNOBS = (
    Knob(
        "ARCH",
        "ARCH=",
        "arm64 (run's default) or riscv64; without it `make`, `test` and `bench` " "take both",
        "arm64",
    ),
    Knob(
        "BOARD",
        "BOARD=",
        "QEMU's model of a board, or its shape with MACHINE=worst; boards/ has the names; "
        "it decides ARCH; knobs of virt's devices are refused",
        "qemu-virt-ARCH",
    ),
    Knob(
        "ARGS",
        "ARGS=",
        "boot arguments; after the script's own, and the later word wins. "
        "`help args` at the prompt lists them",
        "",
    ),
    Knob("SMP", "SMP=", "1 to 64 CPUs; on arm64 more than 8 select a GICv3", "4"),
    Knob("MEM", "MEM=", "memory of node 0; all of it with NODES=1", "1G"),
    Knob(
        "NODE1",
        "NODE1=",
        "size of node 1, withheld at boot (`withhold=node1`); 0 = none",
        "1G",
        VIRT + " " + WORST,
    ),
    Knob("NODES", "NODES=1", "one node; nothing is withheld unless ARGS has withhold=", "2"),
    Knob(
        "CPU",
        "CPU=",
        "QEMU's CPU model: max; rv64,svinval=on,svnapot=on,svpbmt=on; host with " "another ACCEL",
        "by boards/",
        QEMU,
    ),
    Knob("ACCEL", "ACCEL=", "tcg, kvm or hvf; docs/LIMITS.md lists those never run", "tcg", QEMU),
    Knob("QEMU", "QEMU=", "another QEMU binary", "", QEMU),
    Knob("QEMU_ARGS", "QEMU_ARGS=", "more words for QEMU", "", QEMU),
    Knob("IMAGE", "IMAGE=", "another image than build/ARCH/Image", ""),
    Knob(
        "DTB",
        "DTB=",
        "another device tree; QEMU still writes its own memory nodes into it on " "arm64",
        "",
        QEMU,
    ),
    Knob(
        "FIRMWARE",
        "FIRMWARE=",
        "edk2, u-boot, or an EDK2 of your own by its path: UEFI starts "
        "the image from a disk; u-boot with NODES=1",
        "",
        VIRT,
    ),
    Knob(
        "EARLYCON",
        "EARLYCON=",
        "port on which a board without a console prints letters: pl011,0x9000000 or sbi; "
        "docs/boards.md",
    ),
    Knob(
        "ACPI",
        "ACPI=1",
        "arm64: firmware, a GED and 8 slots for memory; ACPI=N: N",
        "0",
        "arm64",
    ),
    Knob(
        "MAXMEM",
        "MAXMEM=",
        "with ACPI=: room for memory that is added later",
        "16G",
        "arm64",
        "ACPI",
    ),
    Knob(
        "NVDIMM",
        "NVDIMM=FILE",
        "with ACPI=: an NVDIMM nv0 with the content of FILE; NVDIMM=on: none yet",
        "",
        "arm64",
        "ACPI",
    ),
    Knob("PCIE_SLOTS", "PCIE_SLOTS=N", "empty hot-plug slots slot1..slotN", "0", VIRT),
    Knob(
        "VIRTIO_MEM",
        "VIRTIO_MEM=4G",
        "arm64: a virtio-mem device vm0 of that size, nothing " "plugged",
        "",
        "arm64",
    ),
    Knob(
        "CHANNEL",
        "CHANNEL=FILE",
        "FILE, in /dev/shm, is the memory of node 1, and its end the channel of tools/hotplate "
        "overlay; with MACHINE=worst FILE is the channel alone",
        "",
        VIRT + " " + WORST,
    ),
    Knob("QMP", "QMP=PATH", "socket for a hypervisor's commands", "", QEMU),
    Knob("AIA", "AIA=", "riscv64: aplic or aplic-imsic instead of a PLIC", "", "riscv64"),
    Knob(
        "MACHINE",
        "MACHINE=worst",
        "instead of QEMU: the simulator whose CPUs do everything that the manuals allow; "
        "machine/README.md",
        "",
    ),
    Knob(
        "WORST",
        "WORST=",
        "with MACHINE=worst: words for it, such as seed=7 stores=off",
        "",
        WORST,
        "MACHINE",
    ),
    Knob(
        "LITMUS",
        "LITMUS=",
        "litmus tests, a file, directory or set, as tests litmus.file/NAME; also with make image; "
        "docs/litmus.md",
        "",
    ),
    Knob(
        "SAN",
        "SAN=",
        "undefined, race or address: the kernel with a compiler's checks, in build/ARCH-SAN; "
        "docs/compiler-sanitizers.md",
        "",
    ),
    Knob(
        "SKIPS",
        "SKIPS=",
        "fail an unattended run with a skipped test, unless its reason begins with one of this "
        "list with commas (* is any text); none: with any skipped test",
        "",
    ),
    Knob("SHOW", "SHOW=1", "print QEMU's command line instead of running it", ""),
    Knob("ADD", "ADD=DIR", "with make image: your own files for the image"),
    Knob("FIRMWARE_DIR", "FIRMWARE_DIR=", "firmware packages from there", "", "", "FIRMWARE"),
    Knob(
        "CROSS_COMPILE",
        "CROSS_COMPILE=",
        "another compiler prefix, such as " "riscv64-unknown-elf-",
    ),
    Knob("CCACHE", "CCACHE=no", "compile without ccache, which is used where it is installed"),
    Knob("LINUX_SRC", "LINUX_SRC=", "an unpacked kernel tree for libfdt and ACPICA"),
    Knob("EXTRA", "EXTRA=DIR", "tests, schemes, bugs, events outside the tree; DIR:DIR for two"),
    Knob(
        "BUILD",
        "BUILD=DIR",
        "build there, and leave logs there; a tree that cannot be written needs it",
        "build",
    ),
    Knob("DEPS", "DEPS=no", "install nothing: print what seems to be missing, and try"),
    Knob("STRICT", "STRICT=1", "unknown third-party hashes fail"),
    Knob("TEST_JOBS", "TEST_JOBS=", "system tests at a time (cores + 1)"),
    Knob("RESUME", "RESUME=no", "`make full` and `make host` start over"),
    Knob("V", "V=1", "print the commands; of tests each file compiled and each that passes"),
)
# Targets of make that build a kernel, and those that start it by tools/hotplate run.  The words of
# each target are in its texts in mk/help.txt.
BUILDING = "all image install run run-failed debug scheme compare bench".split()
RUNNING: dict[str, set[str]] = {  # with the knobs that the target sets itself
    "run": set(),
    "run-failed": {"SHOW"},
    "debug": {"SHOW", "SKIPS", "MACHINE", "WORST"},
    "scheme": {"SHOW", "SKIPS", "ARGS"},
    "compare": {"SHOW", "SKIPS"},
    "bench": set("SHOW SKIPS SMP MEM NODE1 NODES CPU ACPI QMP MACHINE WORST".split()),
}
OF_BUILD = {"EXTRA", "SAN", "EARLYCON", "LITMUS"}
ANY = {"ARCH", "BUILD", "CROSS_COMPILE", "LINUX_SRC", "DEPS", "STRICT", "V"}
OF_CARD = {"ARGS", "ADD", "FIRMWARE_DIR"}
RUN = tuple(knob.name for knob in KNOBS if knob.default is not None)  # those of the verb run


def is_set(values: dict[str, str], name: str) -> bool:
    return values.get(name, "") not in ("", "0")


def refuse(values: dict[str, str], plain: bool) -> None:
    """Refuse a knob that has no effect on this machine.  plain: BOARD= is QEMU's virt machine."""
    worst = is_set(values, "MACHINE")
    kind = ("worst" if plain else "shape") if worst else values["ARCH"] if plain else "board"
    here = "MACHINE=worst" if worst else PLACES[kind] if plain else "BOARD=" + values["BOARD"]
    for knob in KNOBS:
        if not is_set(values, knob.name):
            continue
        shown = "%s=%s" % (knob.name, values[knob.name])
        if knob.needs and not is_set(values, knob.needs):
            fail("%s has no effect without %s=" % (shown, knob.needs))
        if knob.of and kind not in knob.of.split():
            fail("%s is a knob of %s, not of %s" % (shown, PLACES[knob.of], here))
    if values["NODES"] not in ("", "1", "2"):
        fail("NODES=%s: 1 or 2" % values["NODES"])
    for name in ("NODE1", "CHANNEL"):
        if is_set(values, name) and values["NODES"] == "1" and kind != "shape":
            fail("%s=%s has no effect with NODES=1" % (name, values[name]))
    if is_set(values, "CHANNEL") and values["NODE1"] == "0":
        fail("CHANNEL=%s needs node 1, whose end it is" % values["CHANNEL"])


def given(values: dict[str, str]) -> str:
    """The knobs of the user, as the first line of a log, which `make run-failed` reads.  ARGS= is
    left out: the line of each failure has its words."""
    chosen = {k: v for k, v in values.items() if v and k not in ("ARCH", "ARGS", "BUILD", "SHOW")}
    if extra := os.environ.get("EXTRA"):
        chosen["EXTRA"] = extra
    return output.KNOBS + shlex.join("%s=%s" % k for k in chosen.items()) + "\n" if chosen else ""


def words_of_targets() -> dict[str, set[str]]:
    """{target: the words that the text of `make help-all` gives it}"""
    found: dict[str, set[str]] = {}
    targets: list[str] = []
    with open(HELP, encoding="utf-8") as f:
        for line in f.read().partition(MARK)[0].split("\n"):
            if match := re.match(r"  ((?:make [a-z_.-]+(?:, )?)+)", line):
                targets = re.findall(r"make ([a-z_.-]+)", match[1])
            elif not line.startswith(" " * 20):
                targets = ["all"] if re.match(r"  make  ", line) else []
            for target in targets:
                found.setdefault(target, set()).update(re.findall(r"\b([A-Z_]+)=", line))
    return found


def unread(goals: list[str], words: list[str]) -> str:
    """A sentence, if no goal of make reads one of these words; "" also with a goal whose words are
    not known."""
    known, read = words_of_targets(), set(ANY)
    listed = {k.name for k in KNOBS}.union(*known.values())
    for goal in goals or ["all"]:
        if goal not in known:
            return ""
        read |= known[goal] | (OF_BUILD if goal in BUILDING else set())
        read |= set(RUN) - RUNNING[goal] if goal in RUNNING else set()
        read |= OF_CARD if goal == "image" else set()
    lost = [word for word in words if word in listed and word not in read]
    what = " ".join(["make", *goals])
    sentence = "%s= has no effect on `%s`; `make help-all` lists the words of each target"
    return sentence % (lost[0], what) if lost else ""


def screen(knobs: tuple[Knob, ...]) -> Iterator[str]:
    """Lines of at most 79 columns; the default follows the text."""
    for knob in knobs:
        more = f" ({knob.default})" if knob.default and "default" not in knob.text else ""
        yield from textwrap.wrap(
            knob.text + more,
            79,
            initial_indent=f"  {knob.shown:<14} ",
            subsequent_indent=" " * 17,
            break_on_hyphens=False,
        )


def listing() -> str:
    return "\n".join([HEAD, "", *screen(KNOBS)]) + "\n"


def table() -> str:
    rows = [f"| `{k.shown}` | {k.default} | {k.text} |\n" for k in KNOBS if k.default is not None]
    return "| knob | default | |\n|---|---|---|\n" + "".join(rows).replace("|  |", "| |")


def in_doc(text: str) -> tuple[str, str, str]:
    """(text before the table, the table, text after it)."""
    match = re.fullmatch(f"(.*{BEGIN}\n)(.*?)(\n{END}.*)", text, re.S)
    if not match:
        fail(f"{DOC} has no place for the table ({BEGIN.strip()})")
    return match[1], match[2], match[3]


def main(words: list[str]) -> int:
    if words == ["--table"]:
        print(table(), end="")
    elif words == ["--write"]:
        with open(DOC, encoding="utf-8") as f:
            before, _, after = in_doc(f.read())
        with open(HELP, encoding="utf-8") as f:
            head, _, _ = f.read().partition(MARK)
        for path, text in ((DOC, before + table() + after), (HELP, head + MARK + listing())):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    elif words[:1] == ["--unread"] and len(words) > 1:
        if sentence := unread(words[1].split(), words[2:]):
            print(sentence)
    elif words[:1] == ["--like"] and len(words) > 2:
        for name in difflib.get_close_matches(words[1].upper(), words[2:], 1):
            print(f" (is {name}= meant?)")
    elif not words:
        text = typed(listing())
        print(text.replace("make run", TOOL + " run") if INSTALLED else text, end="")
    else:
        usage(__doc__)
    return 0
