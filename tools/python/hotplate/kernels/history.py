# SPDX-License-Identifier: BSD-2-Clause
"""Put mistakes back into Linux that it mended; report what the worst legal machine sees.

  tools/hotplate kernels history [M=GLOB,...] [ARCH=] [SEEDS=1-2] [SHARD=i/n]
      [QEMU=no] [LINUX_DIR=DIR] [JOBS=n] [OUT=FILE]
  tools/hotplate kernels history table FILE...

For each mistake of linux/history.txt: apply it, build the kernel of `kernels
build` with it, and boot that with linux/history.workloads on the worst legal
machine, with all adversaries, sanitize=1 and by each seed; odd and even seeds
have other CPUs (MACHINES); then once in QEMU.  The kernel without a mistake is
run in the same way, and passes, or nothing else runs.  A kernel that was built
is kept below LINUX_DIR/kept.  OUT=FILE (build/kernels/history.jsonl) gets a
line of JSON for each run; a run that has one is skipped.  JOBS= boots at once
(2), and compilers, use the host's CPUs.  `table` prints the
results of several files as Markdown: docs/HISTORY.md, "How to read it".
"""
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from hotplate import BUILD, TOP, Refused, fail
from hotplate.command import usage
from hotplate.kernels import boot, build, mistakes, score
from hotplate.kernels.image import kernel
from hotplate.kernels.judge import Judge
from hotplate.kernels.mistakes import Mistake
from hotplate.kernels.places import Places
from hotplate.kernels.score import NONE, Row
from hotplate.mutants import options

KNOBS = (*build.KNOBS, "M", "SEEDS", "SHARD", "QEMU", "OUT")
WORKLOADS = os.path.join(TOP, "linux", "history.workloads")
QEMU_SECONDS = 300
# Mi instructions after which a run has failed; one that passes needs less than 1000, or 2700 where
# a hart has to fault for each page (fault-no-sfence).
STEPS = {"arm64": 1500, "riscv64": 4000}
STEPPED = re.compile(rb"^worst: (\d+) M instructions", re.M)
# The CPUs of odd and of even seeds.  Odd: a TLBI may be ignored for its hint, no order of a walk by
# a barrier alone, range operations (arm64); few ASIDs (riscv64).  Even: CPUs that set access flag
# and dirty state, few ASIDs, exclusives instead of atomic instructions (arm64); fewer levels, and
# access and dirty state by hardware (riscv64).  root=1: Linux needs it (docs/FOUND.md, 5).
# bss=clean: without EFI the header has not the instruction by which the machine recognizes Linux.
MACHINES = {
    "arm64": {
        1: "bss=clean ttl=1 ets=0 tlbi=2 asid=16",
        0: "bss=clean ttl=0 ets=1 tlbi=0 asid=8 ad=1 lse=0",
    },
    "riscv64": {1: "root=1 asid=4", 0: "root=1 satp=sv39 ad=1"},
}
# The machine that QEMU has without words lacks the extensions that Linux uses for runs of pages.
QEMU = {"arm64": "-cpu max", "riscv64": "-cpu rv64,svnapot=on,svpbmt=on"}
SLOW = ("range-not-rounded",)  # each run ends by STEPS: last, and by one seed
FILES = threading.Lock()  # of build/linux, which several runs write
# Instructions by their bytes, wherever they are: what matches without being one is compiled too.
BYTES = {
    "tlbi": rb"[\x80-\x8f][\x08-\x0f]\xd5",
    "isb": rb"\xdf\x3f\x03\xd5",
    "sfence.vma": rb"\x73[\x00-\x7f][\x00-\xff][\x12\x13]",
}


def seeds(text: str) -> list[int]:
    found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", text or "1-2")
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if last < first:
        fail(f"SEEDS={text}: FIRST-LAST")
    return list(range(first, last + 1))


def instructions(log: str) -> int:
    """By counts=1; 0: the machine was ended before it could print them."""
    with open(log, "rb") as file:
        found = STEPPED.search(file.read())
    return int(found[1]) if found else 0


# ---- one boot ----
def worst_words(arch: str, seed: int, m: Mistake | None) -> str:
    """WORST= of a run."""
    words = [MACHINES[arch][seed % 2], *(m.words if m else [])]
    return " ".join([*words, "sanitize=1", f"steps={STEPS[arch]}", "counts=1"])


def command_of(given: build.Knobs, path: str, arch: str) -> list[str]:
    with FILES:
        knob, k = boot.knobs([], given), kernel(path)
        command = boot.line(knob, arch, boot.image_file(path, k), boot.initrd_of(knob, path, k))
        return command + (boot.symbols_of(path, k) if knob["MACHINE"] != "qemu" else [])


def run_one(path: str, modules: str, arch: str, m: Mistake | None, seed: int) -> Row:
    """Boot an image once: by a seed, or in QEMU (0).  The row of its result."""
    name = m.name if m else NONE
    given = {"KERNEL": path, "ARCH": arch, "WORKLOADS": WORKLOADS, "MODULES": modules}
    given |= {"APPEND": m.append if m else ""}
    words = {"SEED": str(seed), "WORST": worst_words(arch, seed, m)}
    given |= words if seed else {"MACHINE": "qemu"}
    command = command_of(given, path, arch)
    if seed:
        command = [w for w in command if w != f"steps={boot.STEPS}"]
    else:
        command = ["timeout", str(QEMU_SECONDS), *command, *QEMU[arch].split()]
    directory = os.path.join(TOP, BUILD, "kernels", "history")
    os.makedirs(directory, exist_ok=True)
    log = os.path.join(directory, f"{arch}-{name}-{seed or 'qemu'}.log")
    judge, begin = Judge(), time.monotonic()
    status = boot.run(command, judge, log, True, Places())
    reports = score.reports(log)
    # Reports are judged by themselves: what the kernel without a mistake has too is none of it.
    verdict = judge.verdict(0 if status == 1 and reports else status)
    row: Row = {"name": name, "arch": arch, "seed": seed, "failed": bool(verdict.status)}
    row |= {"how": verdict.sentence, "reports": reports, "instructions": instructions(log)}
    return row | {"seconds": round(time.monotonic() - begin, 1)}


# ---- the kernel with a mistake ----
def keep_times(where: str, held: dict[str, os.stat_result]) -> None:
    for path, was in held.items():
        os.utime(os.path.join(where, path), ns=(was.st_atime_ns, was.st_mtime_ns))


@contextlib.contextmanager
def changed(knob: build.Knobs, wanted: list[Mistake]) -> Iterator[None]:
    """The source with these mistakes; then as before, with its times, so that the objects without
    a mistake stay valid.  With Objects: make does not see the change by the times either."""
    where = build.source(knob)
    texts = mistakes.applied(wanted, where)
    held = {p: os.stat(os.path.join(where, p)) for p in texts}
    before = {p: build.old(os.path.join(where, p)) for p in texts}
    try:
        build.write(texts, where)
        if all(m.objects for m in wanted):
            keep_times(where, held)
        yield
    finally:
        build.write(before, where)
        keep_times(where, held)


def restore_when_ended() -> None:
    """SIGTERM is an exception, so that changed() restores the source."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))


def affected(m: Mistake, directory: str) -> list[str]:
    """The objects that Objects: names."""
    words = m.objects.split()
    folders = tuple(w for w in words if w.endswith("/"))
    codes = [BYTES.get(w) or re.escape(w.encode()) for w in words if w not in folders]
    found = []
    for at, _, names in os.walk(directory):
        inside = os.path.relpath(at, directory) + "/"
        for path in (os.path.join(at, n) for n in names if n.endswith(".o")):
            if inside.startswith(folders or "/"):
                found.append(path)
            elif codes and not inside.startswith("scripts/"):
                content = boot.read(path)
                found += [path] * any(re.search(code, content, re.S) for code in codes)
    return [path for path in found if os.path.basename(path) != "vmlinux.o"]


def compiled(knob: build.Knobs, m: Mistake) -> str:
    """In a copy of the objects: its directory."""
    clean = build.objects(knob, m.arch)
    copy = os.path.join(build.top(knob), "mistaken-" + m.arch)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(clean, copy, symlinks=True)
    for path in affected(m, copy) if m.objects else ():
        os.unlink(path)
    with changed(knob, [m]):
        build.make(knob, m.arch, copy, "Image", "modules")
    return copy


def keep(directory: str, arch: str, place: str) -> None:
    """Copy the image and the modules; all of them are there, or the place is not."""
    new = place + ".new"
    shutil.rmtree(new, ignore_errors=True)
    os.makedirs(new)
    shutil.copy(build.image(directory, arch), os.path.join(new, "Image"))
    for at, _, names in os.walk(directory):
        for name in names:
            if name.endswith(".ko") or name == "modules.builtin":
                shutil.copy(os.path.join(at, name), new)
    os.rename(new, place)


def place_of(knob: build.Knobs, arch: str, m: Mistake | None) -> str:
    """Its name has all that the kernel is made of."""
    base = [b.edits for b in mistakes.mistakes() if b.base and b.arch == arch]
    text = repr((build.VERSION, build.fragment(arch), base, m and (m.objects, m.edits)))
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    name = m.name if m else f"{NONE}-{arch}"
    return os.path.join(build.top(knob), "kept", f"{name}-{digest}")


def built(knob: build.Knobs, arch: str, m: Mistake | None) -> str:
    """The directory with the image and the modules."""
    place = place_of(knob, arch, m)
    if os.path.exists(place):
        return place
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(os.path.join(build.top(knob), "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(place):
            build.prepare(knob, arch)
            keep(compiled(knob, m) if m else build.objects(knob, arch), arch, place)
    return place


# ---- all runs ----
def record(row: Row, out: str) -> None:
    with open(out, "a", encoding="utf-8") as file:
        file.write(json.dumps(row, sort_keys=True) + "\n")
    by = f"seed {row['seed']}" if row["seed"] else "QEMU"
    more = f", {len(row['reports'])} kinds of reports" if row["reports"] else ""
    what = f"{row['arch']:8} {row['name']:24} {by}: {row['how']}{more} ({row['seconds']} s)"
    print(what, flush=True)


def run_all(knob: build.Knobs, arch: str, m: Mistake | None, out: str) -> None:
    """The runs that have no line in OUT=."""
    done = score.rows_of([out]) if os.path.exists(out) else {}
    name = m.name if m else NONE
    wanted = seeds(knob["SEEDS"])[: 1 if name in SLOW else None]
    wanted = [s for s in [*wanted, *[0] * (knob["QEMU"] != "no")] if (arch, name, s) not in done]
    if not wanted:
        return
    try:
        place = built(knob, arch, m)
    except Refused as why:
        fail(f"[{name}]: {why}")
    image = os.path.join(place, "Image")
    with ThreadPoolExecutor(int(knob["JOBS"] or 2)) as pool:
        for row in pool.map(lambda seed: run_one(image, place, arch, m, seed), wanted):
            record(row, out)


def base_passes(knob: build.Knobs, arch: str, out: str) -> None:
    """The kernel without a mistake; a failure in QEMU is recorded, and is none here."""
    run_all(knob, arch, None, out)
    rows = score.rows_of([out])
    for seed in seeds(knob["SEEDS"]):
        row = rows[arch, NONE, seed]
        if row["failed"]:
            fail(f"Linux for {arch} fails without a mistake, by seed {seed}: {row['how']}")


def main(words: list[str]) -> int:
    if words[:1] == ["table"]:
        if len(words) < 2:
            usage(__doc__)
        print(score.table(words[1:]))
        return 0
    knob = build.knobs(words, os.environ, KNOBS)
    seeds(knob["SEEDS"])
    given = options.read([f"SHARD={knob['SHARD']}"] if knob["SHARD"] else [], options.FORMS)
    wanted = options.shard(mistakes.chosen(knob["M"] or "*", knob["ARCH"]), given)
    if not wanted:
        fail("M=%s: no mistake of linux/history.txt has such a name" % (knob["M"] or "*"))
    restore_when_ended()
    out = knob["OUT"] or os.path.join(TOP, BUILD, "kernels", "history.jsonl")
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    for arch in dict.fromkeys(m.arch for m in wanted):
        boot.make(arch, False, True)
        base_passes(knob, arch, out)
        for m in sorted((m for m in wanted if m.arch == arch), key=lambda m: m.name in SLOW):
            run_all(knob, arch, m, out)
    return 0
