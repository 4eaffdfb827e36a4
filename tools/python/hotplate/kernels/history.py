# SPDX-License-Identifier: BSD-2-Clause
"""Put mistakes back into Linux that it mended; report what the worst legal machine sees.

  tools/hotplate kernels history [M=GLOB,...] [ARCH=] [SEEDS=1-4] [SHARD=i/n]
      [QEMU=no] [LINUX_DIR=DIR] [JOBS=n] [OUT=FILE]
  tools/hotplate kernels history table FILE...

For each mistake of linux/history.txt: apply it, build the kernel of `kernels
build` with it, and boot that with linux/history.workloads on the worst legal
machine, with all adversaries and by one seed after another until it fails;
then once in QEMU.  The kernel without a mistake passes all seeds first, or
nothing is reported.  Results are lines of JSON that OUT=FILE gets
(build/kernels/history.jsonl); those of several machines (SHARD=) are merged by
`table`, which prints them as Markdown, with what did not run.
"""
import contextlib
import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from typing import NamedTuple

from hotplate import BUILD, TOP, Refused, fail
from hotplate.command import usage
from hotplate.kernels import boot, build, mistakes
from hotplate.kernels.image import kernel
from hotplate.kernels.judge import Judge
from hotplate.kernels.mistakes import Mistake
from hotplate.kernels.places import Places
from hotplate.mutants import options

KNOBS = (*build.KNOBS, "M", "SEEDS", "SHARD", "QEMU", "OUT")
WORKLOADS = os.path.join(TOP, "linux", "history.workloads")
STEPS = 1500  # Mi: four times those of a kernel that passes
STEPPED = re.compile(rb"^worst: (\d+) M instructions", re.M)
QEMU_SECONDS = 300
NONE = "none"  # the name of the kernel without a mistake
# Instructions by their bytes, wherever they are: what matches without being one is compiled too.
BYTES = {
    "tlbi": rb"[\x80-\x8f][\x08-\x0f]\xd5",
    "isb": rb"\xdf\x3f\x03\xd5",
    "sfence.vma": rb"\x73[\x00-\x7f][\x00-\xff][\x12\x13]",
}
# Without EFI the header of Linux has not the instruction by which the machine recognizes it.
WORDS: dict[str, list[str]] = {"arm64": ["bss=clean", "ttl=1", "ets=0"], "riscv64": []}
Row = dict[str, object]


class Run(NamedTuple):
    status: int
    sentence: str
    seconds: float
    instructions: int  # Mi, of all CPUs


def seeds(text: str) -> list[int]:
    found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", text or "1-4")
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if last < first:
        fail(f"SEEDS={text}: FIRST-LAST")
    return list(range(first, last + 1))


def instructions(log: str) -> int:
    """By counts=1; 0: the machine was ended before it could print them."""
    with open(log, "rb") as file:
        found = STEPPED.search(file.read())
    return int(found[1]) if found else 0


def boot_one(path: str, arch: str, modules: str, log: str, **given: str) -> Run:
    """Boot an image once.  The log has its console."""
    environment = dict(given, KERNEL=path, ARCH=arch, WORKLOADS=WORKLOADS, MODULES=modules)
    knob = boot.knobs([], environment)
    k = kernel(path)
    command = boot.line(knob, arch, boot.image_file(path, k), boot.initrd_of(knob, path, k))
    if knob["MACHINE"] == "qemu":
        command = ["timeout", str(QEMU_SECONDS), *command]
    else:
        command += boot.symbols_of(path, k)
        command = [w for w in command if not w.startswith("steps=")]
        command += [f"steps={STEPS}", "counts=1"]
    judge, begin = Judge(), time.monotonic()
    verdict = judge.verdict(boot.run(command, judge, log, True, Places()))
    seconds = time.monotonic() - begin
    return Run(verdict.status, verdict.sentence, round(seconds, 1), instructions(log))


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


def built(knob: build.Knobs, m: Mistake) -> tuple[str, str]:
    """(image, directory of modules) of the kernel with the mistake, in a copy of the objects."""
    clean = build.objects(knob, m.arch)
    copy = os.path.join(build.top(knob), "mistaken-" + m.arch)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(clean, copy, symlinks=True)
    for path in affected(m, copy) if m.objects else ():
        os.unlink(path)
    with changed(knob, [m]):
        build.make(knob, m.arch, copy, "Image", "modules")
    return build.image(copy, m.arch), copy


def judged(row: Row, path: str, modules: str, m: Mistake | None, knob: build.Knobs) -> None:
    """Boot by seeds until one fails, and in QEMU; complete the row."""
    arch, append = str(row["arch"]), m.append if m else ""
    directory = os.path.join(TOP, BUILD, "kernels", "history")
    os.makedirs(directory, exist_ok=True)
    log = os.path.join(directory, f"{arch}-{row['name']}-%s.log")
    machine = " ".join(WORDS[arch] + (m.words if m else []))
    for seed in seeds(knob["SEEDS"]):
        given = {"SEED": str(seed), "WORST": machine, "APPEND": append}
        run = boot_one(path, arch, modules, log % seed, **given)
        row |= {"seed": seed, "seconds": run.seconds, "instructions": run.instructions}
        row |= {"caught": bool(run.status), "how": run.sentence}
        if run.status:
            break
    if knob["QEMU"] != "no":
        run = boot_one(path, arch, modules, log % "qemu", MACHINE="qemu", APPEND=append)
        row |= {"qemu": bool(run.status), "qemu_how": run.sentence, "qemu_seconds": run.seconds}


def record(row: Row, out: str) -> None:
    with open(out, "a", encoding="utf-8") as file:
        file.write(json.dumps(row, sort_keys=True) + "\n")
    seen = "caught" if row["caught"] else "missed"
    by = f"seed {row['seed']}, {row['seconds']} s"
    print(f"{row['arch']:8} {row['name']:24} {seen}: {row['how']} ({by})", flush=True)
    if "qemu" in row:
        print(f"{'':33} QEMU: {row['qemu_how']} ({row['qemu_seconds']} s)", flush=True)


def clean_passes(knob: build.Knobs, arch: str, out: str) -> None:
    """The kernel without a mistake."""
    path = build.prepare(knob, arch)
    boot.make(arch, False, True)
    row: Row = {"name": NONE, "arch": arch, "mended": "", "build": 0.0}
    judged(row, path, build.objects(knob, arch), None, knob)
    record(row, out)
    if row["caught"] or row.get("qemu"):
        fail(f"Linux for {arch} fails without a mistake: {row['how']}")


def one(knob: build.Knobs, m: Mistake, out: str) -> None:
    row: Row = {"name": m.name, "arch": m.arch, "mended": m.mended}
    begin = time.monotonic()
    try:
        path, modules = built(knob, m)
    except Refused as why:
        row |= {"caught": False, "how": f"not built: {why}", "seed": 0, "seconds": 0.0}
        record(row, out)
        return
    row["build"] = round(time.monotonic() - begin, 1)
    judged(row, path, modules, m, knob)
    record(row, out)


def rows_of(paths: list[str]) -> dict[tuple[str, str], Row]:
    """The last row of each mistake and architecture."""
    found: dict[tuple[str, str], Row] = {}
    for path in paths:
        for number, line in enumerate(boot.read(path).decode().splitlines(), 1):
            try:
                row = json.loads(line)
                found[str(row["arch"]), str(row["name"])] = row
            except (ValueError, KeyError, TypeError):
                fail(f"{path}:{number}: not a result of `kernels history`")
    return found


def cell(text: object) -> str:
    return str(text).replace("|", "\\|")


def table(paths: list[str]) -> str:
    """Markdown: a row for each mistake that ran, and the names of those that did not."""
    rows = rows_of(paths)
    lines = ["| mistake | mended by | the machine | seed | Mi instructions | seconds | QEMU |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    ran = [m for m in mistakes.chosen("*") if (m.arch, m.name) in rows]
    for m in ran:
        row = rows[m.arch, m.name]
        how = ("" if row["caught"] else "missed: ") + str(row["how"])
        qemu = str(row.get("qemu_how", "did not run"))
        count = row.get("instructions") or ""
        cells = [f"{m.arch}: {m.what}", f"`{m.mended}`", how, row["seed"], count]
        lines.append("| " + " | ".join(map(cell, [*cells, row["seconds"], qemu])) + " |")
    caught = sum(bool(rows[m.arch, m.name]["caught"]) for m in ran)
    seen = sum(bool(rows[m.arch, m.name].get("qemu")) for m in ran)
    lines += ["", f"{len(ran)} mistakes ran; the machine caught {caught}, QEMU {seen}."]
    rest = [m.name for m in mistakes.chosen("*") if m not in ran]
    if rest:
        lines += ["", f"{len(rest)} did not run: {', '.join(rest)}."]
    return "\n".join(lines)


def main(words: list[str]) -> int:
    if words[:1] == ["table"]:
        if len(words) < 2:
            usage(__doc__)
        print(table(words[1:]))
        return 0
    knob = build.knobs(words, os.environ, KNOBS)
    seeds(knob["SEEDS"])
    given = options.read([f"SHARD={knob['SHARD']}"] if knob["SHARD"] else [], options.FORMS)
    wanted = options.shard(mistakes.chosen(knob["M"] or "*", knob["ARCH"]), given)
    if not wanted:
        fail("M=%s: no mistake of linux/history.txt has such a name" % (knob["M"] or "*"))
    out = knob["OUT"] or os.path.join(TOP, BUILD, "kernels", "history.jsonl")
    os.makedirs(build.top(knob), exist_ok=True)
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    with open(os.path.join(build.top(knob), "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for arch in dict.fromkeys(m.arch for m in wanted):
            clean_passes(knob, arch, out)
            for m in wanted:
                if m.arch == arch:
                    one(knob, m, out)
    return 0
