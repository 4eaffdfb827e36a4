# SPDX-License-Identifier: BSD-2-Clause
"""Boot the kernel in QEMU or on the worst legal machine.

  tools/hotplate run [--arch ARCH] [KNOB=VALUE...]
      a console for a person; Ctrl-A x ends it
  tools/hotplate run --log FILE [--timeout S] [KNOB=VALUE...]
      an unattended run: the exit status is the verdict

Without --timeout an unattended run ends after ten minutes without progress in
the log, and after four minutes in which no test begins (results/output.py).
The log of a session is build/ARCH/session.log; the nine logs before it are
session.log.1 to .9.  With BUILD=DIR images and logs are in DIR/ARCH.

Exit status of an unattended run: 0 as requested, 1 a test failed, 2 no verdict,
3 no test passed, 4 set-up.  A session whose input is no terminal ends with that
of its first run of tests that did not pass, else with QEMU's.

ACPI=1 starts the image by a firmware of 192 bytes, build/arm64/flash.bin; QEMU
then gives the machine a Generic Event Device and slots for memory.  The device
tree of a board is compiled from the kernel source package (tools/dtb).  Memory
that does not fit below the registers of the board is in its second bank
(handover.py); a part of the memory is withheld, unless NODES=1.  A machine
that cannot switch itself off is ended when its run has ended.

Knobs, which are also read from the environment; (X) is the default:
"""
import contextlib
import ctypes
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from hotplate import NO_SOURCES, SETUP, TOP, fail
from hotplate.boards import fragments
from hotplate.command import Arguments, hint, not_built
from hotplate.litmus import pack
from hotplate.qemu import efidisk, handover, worst
from hotplate.qemu.host import denied
from hotplate.qemu.knobs import KNOBS, RUN, given, refuse, screen
from hotplate.results import output
from hotplate.results.output import Fixed, Limit

Knobs = dict[str, str]
Process = subprocess.Popen[bytes]

OLD_LOGS = 9
SANITIZERS = ("undefined", "race", "address")  # as in mk/san.mk
DEFAULT = {"arm64": "qemu-virt-arm64", "riscv64": "qemu-virt-riscv64"}
# After these lines the machine does nothing more, and this program ends it.
STAYS_ON = (b"power: this machine does not switch itself off", b"# The machine is halted;")
LEAST = 16 << 20  # bytes of node 0
LINGERS = 10  # seconds that a process may run after its last byte
PROMPT = b"hotplate> "


def size(text: str, knob: str) -> int:
    match = re.fullmatch(r"(\d+)([MGT]?)", text)
    if not match:
        fail("%s=%s is not a size such as 512M or 2G" % (knob, text))
    found = int(match[1]) << {"": 20, "M": 20, "G": 30, "T": 40}[match[2]]
    if knob == "MEM" and found < LEAST:
        fail("MEM=%s: the kernel needs %d MiB" % (text, LEAST >> 20))
    return found


def knobs(words: list[str]) -> Knobs:
    values = {k: os.environ.get(k, "") for k in RUN}
    for word in words:
        key, eq, value = word.partition("=")
        if eq and key in (knob.name for knob in KNOBS) and key not in RUN:
            fail(f"{key}= is a knob of make: " + hint(f"run {word}", NO_SOURCES))
        if not eq or key not in RUN:
            fail("%r is not one of %s" % (word, " ".join(RUN)))
        values[key] = value
    given = values["ARCH"]
    values["ARCH"] = given or "arm64"
    if values["ARCH"] not in DEFAULT:
        fail("ARCH=%s is not known; there are: %s" % (values["ARCH"], " ".join(DEFAULT)))
    if values["SAN"] not in ("", *SANITIZERS):
        fail("SAN=%s is not known; there are: %s" % (values["SAN"], " ".join(SANITIZERS)))
    if values["MACHINE"] not in ("", "worst"):
        fail("MACHINE=%s is not known; there is: worst" % values["MACHINE"])
    if values["FIRMWARE"] == "u-boot":
        values["NODES"] = "1"
    values["BOARD"] = values["BOARD"] or DEFAULT[values["ARCH"]]
    if values["MACHINE"]:
        arches = fragments.load(values["BOARD"])["ARCH"].split()
        values["ARCH"] = given if given in arches else arches[0]
    else:
        values["ARCH"] = board(values["BOARD"])["ARCH"]
    if given not in ("", values["ARCH"]):
        fail("BOARD=%s is %s, not ARCH=%s" % (values["BOARD"], values["ARCH"], given))
    refuse(values, values["BOARD"] in DEFAULT.values())
    return values


def board(name: str) -> dict[str, str]:
    """The assignments of the fragment of a board for which QEMU has a model."""
    if name in fragments.directories():
        found = fragments.load(name)
        if found.get("MACHINE"):
            return found
    models = [
        (n, found)
        for n in sorted(fragments.directories())
        if (found := fragments.load(n)).get("MACHINE")
    ]
    shown = [n + (f" (QEMU {m['QEMU_MIN']})" if m.get("QEMU_MIN") else "") for n, m in models]
    fail(f"BOARD={name}: QEMU has no model of this board; there are: {', '.join(shown)}")


def span(first: int, end: int) -> str:
    return ",cpus=%d" % first + ("-%d" % (end - 1) if end - first > 1 else "")


def beside_tree(start: int, end: int) -> tuple[int, int]:
    """The larger part of a range without the 128 MiB into which QEMU's riscv64 machine puts the
    device tree: the last below 3 GiB."""
    tree = (min(end, 3 << 30) - 1) >> 27 << 27
    parts = (
        [(start, end)] if tree + (1 << 27) <= start else [(start, tree), (tree + (1 << 27), end)]
    )
    return max(parts, key=lambda p: p[1] - p[0])


def whole_block(knob: Knobs, start: int, end: int) -> None:
    """Refuse a node 1 without a whole memory block of each geometry of ARGS=."""
    words = dict(word.partition("=")[::2] for word in knob["ARGS"].split())
    geometry = words.get("geometry", "")
    large = knob["ARCH"] == "arm64" and ("64k" in geometry or geometry == "all")
    block = {"1G": 1024, "2G": 2048}.get(words.get("block", ""), 512 if large else 128) << 20
    if -(-start // block) * block + block > end:
        fail("NODE1=%s: no whole block of %d MiB is in it" % (knob["NODE1"], block >> 20))


def memory(knob: Knobs, smp: int, ram: int) -> tuple[list[str], list[str]]:
    """(QEMU words, boot arguments): two nodes, the second withheld, if QEMU supports them."""
    mem = size(knob["MEM"] or "1G", "MEM")
    node1 = size(knob["NODE1"] or "1G", "NODE1")
    if knob["NODES"] == "1" or not node1:
        return ["-m", "%dM" % (mem >> 20)], []
    total = ["-m", "%dM" % ((mem + node1) >> 20)]
    if knob["NODE1"]:
        whole_block(knob, ram + mem, ram + mem + node1)
    if knob["CHANNEL"] and smp == 1 and knob["ARCH"] == "riscv64":
        fail("CHANNEL=%s needs node 1, which needs SMP=2 on riscv64" % knob["CHANNEL"])
    if knob["ARCH"] == "riscv64" and smp == 1:  # QEMU refuses a node without harts there
        start, end = beside_tree(ram + mem, ram + mem + node1)
        return total, ["withhold=0x%x+%dM" % (start, (end - start) >> 20)]
    half = smp // 2  # QEMU's riscv64 PLICs require at least as many harts in node 1 as in node 0
    cpus = (span(0, half or 1), span(half, smp) if smp > 1 else "")
    words = list(total)
    boot = ["withhold=node1"]
    if knob["CHANNEL"]:  # the last 64 KiB; only node 1 is in the file
        boot.append("channel=0x%x+64K" % (ram + mem + node1 - (64 << 10)))
    for node, bytes_ in ((0, mem), (1, node1)):
        kind = "file,share=on,mem-path=" + knob["CHANNEL"] if node and knob["CHANNEL"] else "ram"
        sparse = ",reserve=off" if bytes_ > 64 << 30 else ""  # more than the host reserves
        words += [
            "-object",
            "memory-backend-%s,id=ram%d,size=%dM%s" % (kind, node, bytes_ >> 20, sparse),
            "-numa",
            "node,nodeid=%d,memdev=ram%d%s" % (node, node, cpus[node]),
        ]
    return words, boot


def built(knob: Knobs, name: str) -> str:
    """The path of a file that make builds for this architecture."""
    directory = knob["ARCH"] + (knob["SAN"] and "-" + knob["SAN"])
    return os.path.join(knob["BUILD"] or "build", directory, name)


def image_of(knob: Knobs) -> str:
    """The image to boot: IMAGE=, or the one that make built."""
    return knob["IMAGE"] or built(knob, "Image")


def slots(knob: Knobs, words: list[str]) -> list[str]:
    """Words for memory slots, with firmware; the -m of `words` is changed."""
    if knob["ACPI"] in ("", "0"):
        return []
    if not re.fullmatch(r"\d{1,3}", knob["ACPI"]) or int(knob["ACPI"]) > 256:
        fail("ACPI=%s: 1, or a number of slots up to 256" % knob["ACPI"])
    ram = size(words[1], "MEM")
    words[1] += ",slots=%d,maxmem=%dM" % (
        8 if knob["ACPI"] == "1" else int(knob["ACPI"]),
        (ram + size(knob["MAXMEM"] or "16G", "MAXMEM")) >> 20,
    )
    flash = os.path.join(os.path.dirname(image_of(knob)), "flash.bin")
    if not os.path.exists(flash) and knob["SHOW"] in ("", "0"):
        not_built(flash, "ARCH=arm64")
    return ["-bios", flash]


def nvdimm(knob: Knobs) -> list[str]:
    """Words for NVDIMMs: the option of the machine, and an NVDIMM that is a file."""
    if not knob["NVDIMM"]:
        return []
    if knob["NVDIMM"] == "on":
        return ["-machine", "nvdimm=on"]
    if not os.path.isfile(knob["NVDIMM"]) or os.path.getsize(knob["NVDIMM"]) % (2 << 20):
        fail("NVDIMM=%s: a file of whole 2 MiB (truncate -s 256M FILE), or on" % knob["NVDIMM"])
    return [
        "-machine",
        "nvdimm=on",
        "-object",
        "memory-backend-file,id=nv0m,share=on,mem-path=%s,size=%d"
        % (knob["NVDIMM"], os.path.getsize(knob["NVDIMM"])),
        "-device",
        "nvdimm,id=nv0,memdev=nv0m",
    ]


def devices(knob: Knobs, words: list[str]) -> list[str]:
    """Words for devices: empty PCIe slots slot1..N, a virtio-mem device vm0, a QMP socket."""
    more = []
    if not re.fullmatch(r"[0-9]|1[0-6]|", knob["PCIE_SLOTS"]):
        fail("PCIE_SLOTS=%s: 1 to 16 slots are possible" % knob["PCIE_SLOTS"])
    for n in range(1, int(knob["PCIE_SLOTS"] or 0) + 1):
        more += ["-device", "pcie-root-port,id=slot%d,chassis=%d,slot=%d" % (n, n, n)]
    if knob["VIRTIO_MEM"]:
        bytes_, at = size(knob["VIRTIO_MEM"], "VIRTIO_MEM"), words.index("-m") + 1
        if ",maxmem=" not in words[at]:
            words[at] += ",maxmem=%dM" % (size(words[at], "MEM") + bytes_ >> 20)
        more += [
            "-object",
            "memory-backend-ram,id=vmem0,size=%dM,reserve=off" % (bytes_ >> 20),
            "-device",
            "virtio-mem-pci,id=vm0,memdev=vmem0,requested-size=0,block-size=2M",
        ]
    more += nvdimm(knob)
    if knob["QMP"]:
        # With a second monitor, -nographic lets Ctrl-C end QEMU, and Ctrl-A has no effect.
        more += ["-qmp", "unix:%s,server=on,wait=off" % knob["QMP"], "-serial", "mon:stdio"]
    return more


def machine(knob: Knobs, virt: dict[str, str]) -> str:
    """-M of the board, with the interrupt controllers that AIA= selects or the CPUs need."""
    if not knob["AIA"]:
        many = knob["ARCH"] == "arm64" and int(knob["SMP"] or 4) > 8  # a GICv2 serves eight
        return virt["MACHINE"] + (",gic-version=3" if many else "")
    if knob["AIA"] not in ("aplic", "aplic-imsic"):
        fail("AIA=%s: aplic or aplic-imsic" % knob["AIA"])
    # OpenSBI 1.8 and 1.9 send the IPI that starts a hart through every device they know.  That of a
    # CLINT, in a second node, may arrive when the hart was already started by its IMSIC, and then
    # stays pending.  With aclint=on there is no CLINT.
    clints = knob["AIA"] == "aplic-imsic" and (knob["ACCEL"] or "tcg").partition(",")[0] == "tcg"
    return "%s,aia=%s%s" % (virt["MACHINE"], knob["AIA"], ",aclint=on" if clints else "")


def qemu_of(knob: Knobs, model: dict[str, str]) -> tuple[str, int]:
    """(QEMU, its major version); it must be installed and have the board."""
    qemu, least = knob["QEMU"] or model["QEMU"], int(model.get("QEMU_MIN") or 0)
    if not shutil.which(qemu):
        if knob["SHOW"] in ("", "0"):
            fail("%s is not installed (%s)" % (qemu, hint("deps", "QEMU=PATH names another")))
        return qemu, least
    if not least:
        return qemu, 0
    text = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=False).stdout
    has = re.search(r"version ((\d+)\S*)", text)
    if has and int(has[2]) < least and knob["SHOW"] in ("", "0"):
        fail(
            "BOARD=%s needs QEMU %d or later for -M %s; %s is %s (QEMU=PATH names another)"
            % (knob["BOARD"], least, model["MACHINE"], qemu, has[1])
        )
    return qemu, int(has[2]) if has else least


def smp_of(knob: Knobs, most: int) -> int:
    if not re.fullmatch(r"[1-9]\d?", knob["SMP"] or "4") or int(knob["SMP"] or 1) > most:
        fail(
            "SMP=%s: %s runs on 1 to %d CPUs"
            % (
                knob["SMP"],
                knob["BOARD"] if knob["BOARD"] not in DEFAULT.values() else "hotplate",
                most,
            )
        )
    return int(knob["SMP"] or 0)


def dtb_of(knob: Knobs, model: dict[str, str]) -> str:
    """DTB=, or the device tree of the board, or none: then the model makes its own."""
    if knob["DTB"] or not model.get("DTB"):
        return knob["DTB"]
    made = subprocess.run(
        [os.path.join(TOP, "tools", "dtb"), knob["ARCH"], model["DTB"]],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if made.returncode:
        sys.exit(SETUP)
    return made.stdout.strip()


def virt_machine(knob: Knobs, model: dict[str, str], _: int) -> tuple[list[str], list[str]]:
    """(QEMU words, boot arguments) of QEMU's virt machine, which takes every knob."""
    accel = knob["ACCEL"] or "tcg"
    smp = smp_of(knob, 64) or 4
    words, boot = memory(knob, smp, int(model["RAM"], 0))
    words += slots(knob, words) + devices(knob, words)
    cpu = knob["CPU"] or (model["CPU"] if accel.partition(",")[0] == "tcg" else "host")
    line = ["-M", machine(knob, model), "-accel", accel, "-cpu", cpu]
    line += ["-smp", "%d,sockets=%d" % (smp, smp)]  # one CPU a socket: nodes split no cluster
    return line + words + ["-nic", "none", "-nographic"], boot


def board_machine(knob: Knobs, model: dict[str, str], version: int) -> tuple[list[str], list[str]]:
    """(QEMU words, boot arguments) of the model of a board: its CPUs, its memory, one of its serial
    ports."""
    smp = smp_of(knob, int(model["SMP_MAX"])) or int(model["SMP"])
    there, boot = max(smp, int(model.get("SMP_MIN") or 1)), []
    if knob["MEM"] and size(knob["MEM"], "MEM") > size(model.get("MEM_MAX", knob["MEM"]), "MEM"):
        fail("MEM=%s: %s has at most %s" % (knob["MEM"], knob["BOARD"], model["MEM_MAX"]))
    if smp < there:  # the smallest number of the model
        boot.append("cpus=%d" % smp)
    if model.get("WITHHOLD") and knob["NODES"] != "1" and knob["NODE1"] != "0":
        boot.append("withhold=" + model["WITHHOLD"])
    cpu = knob["CPU"] or model.get("CPU")
    line = ["-M", model["MACHINE"], "-accel", knob["ACCEL"] or "tcg"] + (
        ["-cpu", cpu] if cpu else []
    )
    line += (
        [
            "-smp",
            str(there),
            "-m",
            "%dM" % (size(knob["MEM"] or model["MEM"], "MEM") >> 20),
            "-nic",
            "none",
            "-display",
            "none",
        ]
        + ["-serial", "null"] * int(model.get("SERIAL") or 0)
        + ["-serial", "mon:stdio"]
    )
    if knob["QMP"]:
        line += ["-qmp", "unix:%s,server=on,wait=off" % knob["QMP"]]
    if model.get("SILENT"):  # it has a sound device, which would use that of the host
        line += ["-audio", "none"] if version > 7 else ["-audiodev", "none,id=none"]
    return line + shlex.split(model.get("QEMU_ARGS", "")), boot


def firmware(knob: Knobs, image: str, boot: str) -> list[str]:
    if knob["BOARD"] not in DEFAULT.values() or knob["ACPI"] not in ("", "0"):
        fail("FIRMWARE=%s needs QEMU's virt machine, without BOARD= and ACPI=" % knob["FIRMWARE"])
    return efidisk.words(knob["FIRMWARE"], knob["ARCH"], image, boot, knob["FIRMWARE_DIR"])


def banks(knob: Knobs, model: dict[str, str]) -> list[tuple[int, int]]:
    """The two banks of memory, if it does not fit into the first."""
    if not model.get("BANK2"):
        return []
    text, at = model["BANK2"].split("@")
    mem, first = size(knob["MEM"] or model["MEM"], "MEM"), size(text, "BOARD_BANK2")
    return [(int(model["RAM"], 0), first), (int(at, 0), mem - first)] if mem > first else []


def direct(knob: Knobs, model: dict[str, str], image: str, boot: str) -> list[str]:
    """QEMU starts the image: with the tree that QEMU makes or amends, or with ours unchanged."""
    dtb, parts = dtb_of(knob, model), banks(knob, model)
    exists, directory = os.path.exists(image), os.path.dirname(os.path.abspath(image))
    if parts and not exists:
        not_built(image, "ARCH=" + knob["ARCH"])
    if parts:
        return handover.line(image, dtb, handover.tree(dtb, parts, boot, directory))
    # -append as well: some models write it into the tree of -dtb, others do not
    if dtb and exists:
        dtb = handover.worded(dtb, boot, directory)
    line = ["-kernel", image] + (["-append", boot] if boot else []) + (["-dtb", dtb] if dtb else [])
    tests = pack.given(knob, built(knob, "litmus.set"))
    return line + (["-initrd", tests] if tests else [])


def worst_machine(knob: Knobs) -> tuple[list[str], list[str]]:
    image = image_of(knob)
    line, boot = worst.machine(knob, image, size, smp_of, whole_block)
    if not os.path.exists(image) and knob["SHOW"] in ("", "0"):
        not_built(image, "ARCH=" + knob["ARCH"])
    tests = pack.given(knob, built(knob, "litmus.set"))
    return line + (["initrd=" + tests] if tests else []), boot


def command(knob: Knobs) -> tuple[list[str], list[str]]:
    if knob["MACHINE"]:
        return worst_machine(knob)
    model = board(knob["BOARD"])
    if knob["LITMUS"] and (knob["FIRMWARE"] or banks(knob, model)):
        fail("LITMUS=%s: not with FIRMWARE= or a second bank of memory" % knob["LITMUS"])
    if knob["ARCH"] == "riscv64" and re.search(r"-bios\s+none\b", knob["QEMU_ARGS"]):
        fail(
            "-bios none: the image needs an SBI, which starts it in S-mode "
            "(without -bios QEMU brings OpenSBI)"
        )
    qemu, version = qemu_of(knob, model)
    words, boot = (virt_machine if knob["BOARD"] in DEFAULT.values() else board_machine)(
        knob, model, version
    )
    image = image_of(knob)
    if not os.path.exists(image) and knob["SHOW"] in ("", "0"):
        not_built(image, "ARCH=" + knob["ARCH"])
    boot += knob["ARGS"].split()
    line = [qemu] + words
    if knob["FIRMWARE"]:
        line += firmware(knob, image, " ".join(boot))
        dtb = dtb_of(knob, model)
        line += ["-dtb", dtb] if dtb else []
    else:
        line += direct(knob, model, image, " ".join(boot))
    line += shlex.split(knob["QEMU_ARGS"])
    return line, boot


def end_with_us() -> None:
    """In the child before it becomes QEMU: the kernel kills it when this program ends, for whatever
    reason (Linux: prctl)."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl:
        prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def chunks(process: Process) -> Iterator[bytes]:
    """The output of a process, as it is written."""
    out = process.stdout
    assert out
    while chunk := os.read(out.fileno(), 65536):
        yield chunk


def kill(process: Process) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Lines:
    """The whole lines of a stream; a line longer than 64 KiB loses its start."""

    def __init__(self) -> None:
        self.rest = b""

    def of(self, chunk: bytes) -> list[str]:
        *whole, self.rest = (self.rest + chunk)[-65536:].split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]


class Watch(threading.Thread):
    """Ends the machine when its limit is passed; `why` is then the reason.  Time in which a busy
    host did not run the machine does not count."""

    def __init__(self, limit: Limit | Fixed, process: Process) -> None:
        super().__init__(daemon=True)
        self.limit, self.process = limit, process
        self.why: str | None = None
        self.over, self.lines = threading.Event(), Lines()
        self.denied = 0.0  # seconds

    def run(self) -> None:
        while not self.over.wait(0.2):
            self.denied = max(self.denied, denied(self.process.pid))
            self.why = self.limit.passed(time.monotonic() - self.denied)
            if self.why:
                kill(self.process)
                return

    def feed(self, chunk: bytes) -> None:
        for line in self.lines.of(chunk):
            self.limit.line(line, time.monotonic() - self.denied)


def session_log(knob: Knobs) -> str | None:
    """The path of the log of a session; None if the directory cannot be written."""
    directory = os.path.dirname(image_of(knob))
    if not os.access(directory or ".", os.W_OK):
        return None
    return rotated(os.path.join(directory, "session.log"))


def logged(line: list[str], log: str | None) -> list[str]:
    """QEMU's words with a log of the console on stdio; a console that the user chose stays."""
    if not log or "-chardev" in line or ("-serial" in line and "mon:stdio" not in line):
        return line
    tty = ["-chardev", f"stdio,id=tty,mux=on,signal=off,logfile={log}"]
    if "mon:stdio" not in line:
        return line + tty + ["-serial", "chardev:tty", "-mon", "chardev=tty"]
    at = line.index("mon:stdio")
    return line[:at] + ["chardev:tty"] + line[at + 1 :] + tty + ["-mon", "chardev=tty"]


def rotated(log: str) -> str:
    """Rename the log of the previous run to LOG.1, the one before to LOG.2, up to OLD_LOGS."""
    for n in range(OLD_LOGS - 1, -1, -1):
        name = "%s.%d" % (log, n) if n else log
        try:
            os.replace(name, f"{log}.{n + 1}")
        except FileNotFoundError:  # no log, or another session has renamed it
            pass
    return log


def skips(text: str, knob: Knobs) -> tuple[int, str] | None:
    """The verdict if a test was skipped for a reason that SKIPS= does not accept; each is named."""
    found = output.unaccepted(text, knob["SKIPS"]) if knob["SKIPS"] else []
    for case in found:
        print("# skipped: %s: %s" % (case.path, case.reason), file=sys.stderr)
    sentence = "SKIPS=%s does not accept %d of the skips" % (knob["SKIPS"], len(found))
    return (1, sentence) if found else None


def unattended(
    line: list[str], log: str, knob: Knobs, boot: list[str], limit: Limit | Fixed, quiet: bool
) -> int:
    """Run the machine with these boot words, write the log, and turn it into an exit status."""
    process = subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=end_with_us,
    )
    watch = Watch(limit, process)
    watch.start()
    text, began, stays, stopped = bytearray(), time.monotonic(), False, False
    try:
        with open(log, "wb") as out:
            out.write(given(knob).encode())
            for chunk in chunks(process):
                text += chunk
                out.write(chunk)
                out.flush()
                watch.feed(chunk)
                if any(mark in text[-len(chunk) - 200 :] for mark in STAYS_ON):
                    stays = True
                    kill(process)
                if not quiet:
                    sys.stdout.buffer.write(chunk)
                    sys.stdout.buffer.flush()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LINGERS)
    except KeyboardInterrupt:
        stopped = True
    finally:
        watch.over.set()
        own = stays or process.poll() is None  # this program ends it
        kill(process)
        process.wait()
    printed = text.decode("utf-8", "replace")
    found = output.counts(printed)
    status, sentence = output.verdict(printed, boot)
    if watch.why or stopped:
        status = 1 if stopped and found.failed else 2
        why = "stopped by Ctrl-C" if stopped else "killed: %s" % watch.why
        sentence = "%s, %s, %s" % (why, output.last_sign(printed), found)
    elif status == 2 and text:
        sentence += ", " + output.last_sign(printed)
    elif status in (0, 3) and (judged := skips(printed, knob)):
        status, sentence = judged[0], "%s, %s" % (judged[1], found)
    # The exit status of the worst legal machine counts, even after a good last line.  If it stops
    # an image, that is no failure of the set-up, even before the first line.
    worst = "qemu" not in line[0]
    if process.returncode > 0 and (status == 2 or (status == 0 and worst)):
        silent = len(text) < 500 and b"hotplate" not in text
        status, sentence = (
            SETUP if (process.returncode == SETUP if worst else silent) else 2,
            "%s ended with status %d, %s"
            % ("QEMU" if "qemu" in line[0] else line[0], process.returncode, found),
        )
    if process.returncode < 0 and status == 0 and not own:
        why = "ended by signal %d, after a good last line" % -process.returncode
        status, sentence = 2, "%s, %s" % (why, found)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # QEMU alone: it is the only child
    print(
        output.closing(
            "run",
            status,
            "%s in %.1f s, %.1f of a CPU (%s)"
            % (sentence, time.monotonic() - began, used.ru_utime + used.ru_stime, log),
        ),
        file=sys.stderr,
    )
    return status


class Verdicts:
    """The runs in a stream, and the exit status: 0 without a run, else that of the first run that
    did not pass."""

    MARKS = ("#: ", "# Totals: ", "# run=", output.TERMINATOR, output.CRASH)

    def __init__(self) -> None:
        self.lines = Lines()
        self.marks: list[str] = []

    def feed(self, chunk: bytes) -> None:
        self.marks += [line for line in self.lines.of(chunk) if any(m in line for m in self.MARKS)]

    def status(self) -> int:
        status, sentence = output.session("\n".join(self.marks))
        if sentence:
            print(output.closing("run", status, sentence), file=sys.stderr)
        return status


def piped(line: list[str], log: str | None) -> int:
    """Input that is no terminal is typed at the first prompt; its end is sent to the guest as two
    Ctrl-D, and the menu powers off.  A run that failed decides the status."""
    process = subprocess.Popen(  # unbuffered: no text has to be flushed at the end
        line, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=end_with_us
    )

    def type_in() -> None:
        pipe = process.stdin
        assert pipe
        try:
            for chunk in iter(lambda: os.read(0, 4096), b""):
                pipe.write(chunk.replace(b"\n", b"\r"))
            pipe.write(b"\x04\x04")
        except OSError:
            pass  # the machine is off

    typist, last, verdicts = threading.Thread(target=type_in, daemon=True), b"", Verdicts()
    with open(log or os.devnull, "wb") as out:
        for chunk in chunks(process):
            out.write(chunk)
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            last = (last + chunk)[-4096:]
            verdicts.feed(chunk)
            if any(mark in last for mark in STAYS_ON):
                process.kill()
                process.wait()
                return verdicts.status()
            if typist.ident is None and PROMPT in last:
                typist.start()
    return verdicts.status() or process.wait()


def arguments() -> Arguments:
    taken = tuple(knob for knob in KNOBS if knob.default is not None)
    parser = Arguments((__doc__ or "") + "\n" + "\n".join(screen(taken)))
    parser.add_argument("--arch")
    parser.add_argument("--log")
    parser.add_argument("--timeout", type=float)
    parser.add_argument("--quiet", action="store_true", help="do not print the console")
    parser.add_argument("knobs", nargs="*")
    return parser


def screen_word() -> str:
    """The boot argument with the number of lines of the user's terminal; "" without a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return ""
    if os.environ.get("TERM", "dumb") == "dumb":
        return ""
    return f"screen={os.get_terminal_size().lines or 24} "


def main(words: list[str]) -> int:
    args = arguments().parse_intermixed_args(words)
    knob = knobs((["ARCH=" + args.arch] if args.arch else []) + args.knobs)
    if not args.log and "exit" not in knob["ARGS"].split() and knob["SHOW"] in ("", "0"):
        knob["ARGS"] = screen_word() + knob["ARGS"]
    line, boot = command(knob)
    alone = bool(args.log) or "exit" in boot
    if knob["SKIPS"] and not (alone and "run" in output.requested("", boot)):
        fail("SKIPS=%s judges an unattended run: ARGS= has no run= and exit" % knob["SKIPS"])
    if knob["SHOW"] not in ("", "0"):
        print(shlex.join(line))
        return 0
    if alone:
        log = args.log or rotated(built(knob, "run.log"))
        begin = time.monotonic()
        try:
            limit: output.Limit | output.Fixed = (
                output.Fixed(args.timeout, begin) if args.timeout else output.Limit(boot, begin)
            )
        except ValueError as why:
            fail("soak: %s" % why)
        if knob["BOARD"] == DEFAULT[knob["ARCH"]]:
            knob["BOARD"] = ""
        return unattended(line, log, knob, boot, limit, args.quiet)
    log = session_log(knob)
    if sys.stdin.isatty():
        line = line if knob["MACHINE"] else logged(line, log)
        os.execvp(line[0], line)
    return piped(line, log)
