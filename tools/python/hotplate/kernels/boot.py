# SPDX-License-Identifier: BSD-2-Clause
"""Boot an unmodified kernel on the worst legal machine.

  tools/hotplate worst [KERNEL=] [INITRD=] [APPEND=] [ARCH=] [CPUS=] [MEM=]
      [SEED=] [SEEDS=] [SHARD=] [WORKLOADS=] [MODULES=] [PASS=] [WORST=]
      [MACHINE=qemu]
      [--log FILE] [--quiet] [--show] [--arch]

KERNEL=     an Image, also compressed, a zboot program, an ELF file, or a name
            of `tools/hotplate kernels list`, which is fetched; without it
            Debian's stable kernel for ARCH= (arm64).  arm64-uboot is U-Boot and
            arm64-edk2 is EDK2: at a terminal their prompt, else commands are
            typed
WORKLOADS=  the script of init instead of linux/workloads: a workload a line;
            machine/README.md, "Run your kernel here"
MODULES=    the directory with the modules that the script loads; without it
            that of the package in which the image is
PASS=TEXT   the kernel is no Linux: without init; it passes when its console prints
            a line that begins with TEXT.  An ELF file is loaded at its physical
            address, other bytes 2 MiB above the start of RAM (ARCH=)
INITRD=     another initial RAM disk; its init has to print the verdict
APPEND=     boot arguments; without console= they follow the default ones
CPUS= MEM= SEED=   4, 1G, 1
SEEDS=A-B   one boot by SEED=, and from the start of init on a run by each of the
            seeds A to B; SHARD=i/n: the i-th of n parts of them
WORST=      more words of the machine, such as "adversaries=off story=1";
            steps= is 100000 unless a person is at the console; without ttl=,
            ets= and root= they have "ttl=0 ets=1" (arm64) or "root=1" (riscv64),
            since Linux fails on other CPUs (docs/FOUND.md)
MACHINE=    qemu: the same kernel and initial RAM disk in QEMU

It builds the machine and init if needed (make).  --show prints the command
line; --arch prints the architecture of the kernel.  Exit status: that of the
machine (machine/README.md); 0 only if init reported pass, and neither a panic
nor a warning of the kernel was printed.
"""
import hashlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Mapping
from typing import IO

from hotplate import BUILD, INSTALLED, TOP, fail
from hotplate.command import Arguments, key_values, warn
from hotplate.kernels import fetch, firmware, initrd, kallsyms
from hotplate.kernels.archive import Unavailable
from hotplate.kernels.image import Kernel, kernel, other_kernel
from hotplate.kernels.judge import Hunt, Judge, Line
from hotplate.kernels.places import Places
from hotplate.mutants import options
from hotplate.qemu.run import end_with_us, size
from hotplate.results import output

KNOBS = "KERNEL INITRD APPEND ARCH CPUS MEM SEED SEEDS SHARD".split()
KNOBS += "WORKLOADS MODULES PASS WORST MACHINE".split()
CONSOLE = {
    "arm64": "console=ttyAMA0 earlycon=pl011,0x9000000 panic=-1",
    "riscv64": "console=ttyS0 earlycon=sbi panic=-1",
}
QEMU = {
    "arm64": "qemu-system-aarch64 -M virt,gic-version=3 -cpu max",
    "riscv64": "qemu-system-riscv64 -M virt",
}
SET_HERE = "image initrd args cpus mem node1 seed seeds at elf".split()
INIT = " as init process"  # the kernel's last line before init
# Linux 6.1 to 7.2 relies on these (docs/FOUND.md).
FOUND = {"arm64": "ttl=0 ets=1", "riscv64": "root=1"}
PROGRAMS = ("init", "work")  # of linux/
CPUS_MOST = 16
STEPS = 100000  # Mi: half an hour
AFTER_PANIC = 10.0  # seconds in which the kernel prints its registers and restarts
Knobs = dict[str, str]


def knobs(words: list[str], environment: Mapping[str, str]) -> Knobs:
    values = key_values(words, {name: environment.get(name, "") for name in KNOBS})
    if values["ARCH"] not in ("", *CONSOLE):
        fail("ARCH=%s is not known; there are: %s" % (values["ARCH"], " ".join(CONSOLE)))
    if values["MACHINE"] == "qemu" and values["SEEDS"]:
        fail("SEEDS= is for the worst machine: QEMU has no seeds")
    if values["SHARD"] and not values["SEEDS"]:
        fail(f"SHARD={values['SHARD']} is a part of SEEDS=, which is not given")
    if values["MACHINE"] not in ("", "worst", "qemu"):
        fail("MACHINE=%s is not known; there are: worst qemu" % values["MACHINE"])
    for name, least, most in (("CPUS", 1, CPUS_MOST), ("SEED", 0, (1 << 64) - 1)):
        number = values[name]
        if number and not (number.isdecimal() and least <= int(number) <= most):
            fail(f"{name}={number}: a number from {least} to {most}")
    return values


def seeds(knob: Knobs) -> str:
    """SEEDS= without the seeds of other parts."""
    found = re.fullmatch(r"(\d{1,18})(?:-(\d{1,18}))?", knob["SEEDS"])
    if not found or int(found[2] or found[1]) < int(found[1]):
        fail(f"SEEDS={knob['SEEDS']}: neither N nor A-B")
    first, end = int(found[1]), int(found[2] or found[1]) + 1
    given = options.read([f"SHARD={knob['SHARD'] or '1/1'}"], options.FORMS)
    part, parts = (int(n) for n in given["SHARD"].split("/"))
    mine = [first + (end - first) * n // parts for n in (part - 1, part)]
    if mine[0] == mine[1]:
        fail(f"SHARD={knob['SHARD']}: this part of SEEDS={knob['SEEDS']} is empty")
    return f"{mine[0]}-{mine[1] - 1}"


def path_of(knob: Knobs) -> str:
    """The file of the kernel; a name of the list is fetched."""
    name = knob["KERNEL"] or fetch.DEFAULT[knob["ARCH"] or "arm64"]
    r = fetch.row(name)
    if not r:
        if not os.path.exists(name):
            fail(f"KERNEL={name}: no such file, and no name of `tools/hotplate kernels list`")
        return name
    if not fetch.record(r):
        warn(f"fetches {r.package} of {r.suite} (30 to 120 MB, once)")
    try:
        fetch.fetch(r)
    except Unavailable as why:
        fail(f"KERNEL={name} cannot be had: {why}")
    return fetch.image(r)


def architecture(knob: Knobs) -> str:
    """Without a fetch, if the name of the kernel has it."""
    r = fetch.row(knob["KERNEL"] or fetch.DEFAULT[knob["ARCH"] or "arm64"])
    if knob["PASS"] and not r:
        return other_kernel(path_of(knob), knob["ARCH"]).arch
    return r.arch if r else kernel(path_of(knob)).arch


def kept(name: str, content: bytes) -> str:
    """Write a file of build/linux, whose name has its hash, so that an earlier command line stays
    valid."""
    directory = os.path.join(BUILD, "linux")
    path = os.path.join(directory, name % hashlib.sha256(content).hexdigest()[:12])
    os.makedirs(directory, exist_ok=True)
    if not os.path.exists(path):
        new = "%s.%d" % (path, os.getpid())
        with open(new, "wb") as file:
            file.write(content)
        os.replace(new, path)
    return path


def image_file(path: str, k: Kernel) -> str:
    """The file of the Image: the user's, unless it was compressed or ELF."""
    with open(path, "rb") as file:
        same = file.read() == k.image
    return path if same else kept(k.arch + "-%s.Image", k.image)


def symbols_of(path: str, k: Kernel) -> list[str]:
    """The word of the machine for the names of addresses: those of an ELF file, or of the Image
    itself."""
    if k.elf:
        return ["elf=" + path]
    name = f"{k.arch}-{hashlib.sha256(k.image).hexdigest()[:12]}.map"
    known = os.path.join(BUILD, "linux", name)
    if os.path.exists(known):
        return ["elf=" + known]
    found = kallsyms.symbols(k.image)
    if not found:
        return []
    lines = "".join(f"{s.address:016x} {s.kind} {s.name}\n" for s in found)
    with open(known, "w", encoding="ascii", errors="replace") as file:
        file.write(lines)
    return ["elf=" + known]


def make(arch: str, qemu: bool, quiet: bool, programs: tuple[str, ...] = PROGRAMS) -> None:
    """Build missing programs; an installation has them."""
    if INSTALLED:
        return
    words = ["make", "-s", "--no-print-directory", "ARCH=" + arch, "BUILD=" + BUILD]
    words += ["SAY=no"] * quiet + [f"{BUILD}/linux/{p}-{arch}" for p in programs]
    words += [] if qemu else [f"{BUILD}/machine/worst-{arch}"]
    own = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(words, cwd=TOP, check=False, env=own, stdout=sys.stderr)
    if done.returncode:
        fail(f"{shlex.join(words)} ended with status {done.returncode}")


def read(path: str, word: str = "") -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        fail(f"{word}{path}: {error.strerror}")


def script_of(knob: Knobs) -> str:
    try:
        return read(knob["WORKLOADS"] or initrd.SCRIPT, "WORKLOADS=").decode()
    except UnicodeDecodeError as error:
        fail("WORKLOADS=%s: byte %d is no UTF-8" % (knob["WORKLOADS"], error.start))


def initrd_of(knob: Knobs, path: str, k: Kernel) -> str:
    if knob["INITRD"]:
        for other in ("WORKLOADS", "MODULES"):
            if knob[other]:
                fail(f"{other}={knob[other]} is for hotplate's own init, not for INITRD=")
        read(knob["INITRD"], "INITRD=")
        return knob["INITRD"]
    directory = knob["MODULES"] or initrd.modules_of(path, k.version)
    if not os.path.isdir(directory or TOP):
        fail(f"MODULES={directory}: no such directory")
    init, work = (read(os.path.join(BUILD, "linux", f"{p}-{k.arch}")) for p in PROGRAMS)
    disk = initrd.build(init, work, script_of(knob), initrd.Modules(directory))
    return kept(k.arch + "-%s.cpio", disk)


def arguments_of(knob: Knobs, arch: str) -> str:
    own = knob["APPEND"]
    if "console=" in own:
        return own
    return f"{CONSOLE[arch]} {own}".strip()


def line(knob: Knobs, arch: str, image: str, disk: str) -> list[str]:
    append = arguments_of(knob, arch)
    if knob["MACHINE"] == "qemu":
        cpus, mem = knob["CPUS"] or "4", size(knob["MEM"] or "1G", "MEM") >> 20
        words = QEMU[arch].split() + ["-smp", cpus, "-m", f"{mem}M", "-nographic", "-nic", "none"]
        return words + ["-no-reboot", "-kernel", image, "-initrd", disk, "-append", append]
    found = [] if re.search(r"\b(ttl|ets|root)=", knob["WORST"]) else FOUND[arch].split()
    first = ["image=" + image, "initrd=" + disk, *found]
    return machine_words(knob, arch, first, ["args=" + append])


def machine_words(knob: Knobs, arch: str, first: list[str], last: list[str]) -> list[str]:
    cpus, mem = knob["CPUS"] or "4", size(knob["MEM"] or "1G", "MEM") >> 20
    try:
        own = shlex.split(knob["WORST"])
    except ValueError as error:
        fail("WORST=%s: %s" % (knob["WORST"], error))
    for word in own:
        if word.split("=")[0] in SET_HERE:
            fail(f"WORST={word}: tools/hotplate worst sets it itself")
    words = [os.path.join(BUILD, "machine", "worst-" + arch), *first]
    words += [f"mem={mem}", "node1=0", "cpus=" + cpus, "seed=" + (knob["SEED"] or "1")]
    if knob["SEEDS"]:
        words += ["at=" + INIT, "seeds=" + seeds(knob)]
    if knob["SEEDS"] or not sys.stdin.isatty():
        words.append(f"steps={STEPS}")
    return words + last + own


def refuse(knob: Knobs, names: str, whose: str) -> None:
    """None of these may be given; MACHINE=worst is the default."""
    for name in names.split():
        if knob[name] not in ("", "worst"):
            fail(f"{name}={knob[name]} is for {whose}")


def firmware_line(knob: Knobs, r: fetch.Row) -> list[str]:
    refuse(knob, "INITRD APPEND WORKLOADS MODULES PASS MACHINE SEEDS",
           f"a kernel, not for the firmware {r.name}")
    words = firmware.words(fetch.directory(r), r.arch, r.flavour)
    return machine_words(knob, r.arch, words, [])


def write_keys(to: IO[bytes], typist: firmware.Typist, chunk: bytes) -> None:
    """The keys that are due; after the last one the input ends."""
    try:
        to.write(typist.due(chunk))
        to.flush()
        if not typist.left:
            to.close()
    except BrokenPipeError:
        typist.left = []  # the machine has ended


def run(
    words: list[str],
    judge: Judge | Hunt,
    log: str | None,
    quiet: bool,
    places: Places,
    keys: tuple[firmware.Keys, ...] = (),
) -> int:
    """The exit status of the machine, whose console is copied.  keys: typed if no person can."""
    typist = firmware.Typist(keys)
    alone = isinstance(judge, Judge)  # copies do not share a terminal
    stdin: int | None = subprocess.PIPE if keys else subprocess.DEVNULL
    if alone and sys.stdin.isatty():
        stdin = None
    process = subprocess.Popen(
        words,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=end_with_us,
    )
    assert process.stdout
    if process.stdin:
        write_keys(process.stdin, typist, b"")
    timer, lines = threading.Timer(AFTER_PANIC, process.terminate), b""
    timer.daemon = True
    with open(log or os.devnull, "wb") as out:
        while chunk := os.read(process.stdout.fileno(), 65536):
            out.write(chunk)
            out.flush()
            if process.stdin and not process.stdin.closed:
                write_keys(process.stdin, typist, chunk)
            if not quiet:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
            *whole, lines = (lines + chunk).split(b"\n")
            for raw in whole:
                text = raw.decode("utf-8", "replace")
                judge.line(text)
                places.line(text)
            if judge.panic and timer.ident is None:
                timer.start()
            if judge.ended:
                process.terminate()
                break
    judge.line(lines.decode("utf-8", "replace"))
    status = process.wait()
    timer.cancel()
    return 0 if status == -signal.SIGTERM and (judge.panic or judge.ended) else status


def arguments() -> Arguments:
    parser = Arguments(__doc__)
    parser.add_argument("--log")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--arch", action="store_true")
    parser.add_argument("knobs", nargs="*")
    return parser


def boot_firmware(knob: Knobs, r: fetch.Row, args: Namespace) -> int:
    if knob["ARCH"] not in ("", r.arch):
        fail(f"KERNEL={r.name} is for {r.arch}, not for ARCH={knob['ARCH']}")
    command = firmware_line(knob, r)
    make(r.arch, False, args.quiet)
    if args.show:
        print(shlex.join(command))
        return 0
    of = firmware.row(r.arch, r.flavour)
    judge = firmware.FirmwareJudge(of, typed=not sys.stdin.isatty())
    verdict = judge.verdict(run(command, judge, args.log, args.quiet, Places(), of.keys))
    print(output.closing("worst", verdict.status, f"{r.name} ({r.package}): {verdict.sentence}"))
    return verdict.status


def boot_other(knob: Knobs, path: str, args: Namespace) -> int:
    refuse(knob, "WORKLOADS MODULES MACHINE SEEDS", "Linux, not for a kernel with PASS=")
    k = other_kernel(path, knob["ARCH"])
    if knob["ARCH"] not in ("", k.arch):
        fail(f"KERNEL={path} is a kernel for {k.arch}, not for ARCH={knob['ARCH']}")
    make(k.arch, False, args.quiet, ())
    first = ["image=" + (kept(k.arch + "-%s.bin", k.image) if k.elf else path)]
    first += ["elf=" + path] * k.elf + [f"load={k.load}"] * (k.arch == "arm64")
    first += ["initrd=" + knob["INITRD"]] * bool(knob["INITRD"])
    last = ["args=" + knob["APPEND"], "until=" + knob["PASS"]]
    command = machine_words(knob, k.arch, first, last)
    if args.show:
        print(shlex.join(command))
        return 0
    judge = Line(knob["PASS"])
    verdict = judge.verdict(run(command, judge, args.log, args.quiet, Places()))
    print(output.closing("worst", verdict.status, f"{path} ({k.arch}): {verdict.sentence}"))
    return verdict.status


def main(words: list[str]) -> int:
    args = arguments().parse_intermixed_args(words)
    knob = knobs(args.knobs, os.environ)
    if args.arch:
        print(architecture(knob))
        return 0
    path = path_of(knob)
    r = fetch.row(knob["KERNEL"])
    if r and r.flavour in firmware.FLAVOURS:
        return boot_firmware(knob, r, args)
    if knob["PASS"] and not r:
        return boot_other(knob, path, args)
    k = kernel(path)
    if knob["ARCH"] not in ("", k.arch):
        fail(f"KERNEL={path} is a kernel for {k.arch}, not for ARCH={knob['ARCH']}")
    make(k.arch, knob["MACHINE"] == "qemu", args.quiet)
    command = line(knob, k.arch, image_file(path, k), initrd_of(knob, path, k))
    if knob["MACHINE"] != "qemu":
        command += symbols_of(path, k)
    if args.show:
        print(shlex.join(command))
        return 0
    judge: Judge | Hunt = Hunt() if knob["SEEDS"] else Judge()
    places = Places()
    status = run(command, judge, args.log, args.quiet, places)
    if k.elf:
        for text in places.table(path, k.arch):
            print(text)
    verdict = judge.verdict(status)
    name = f"Linux {k.version}" if k.version else path
    print(output.closing("worst", verdict.status, f"{name} ({k.arch}): {verdict.sentence}"))
    return verdict.status
