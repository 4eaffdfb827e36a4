# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate firmware --boot: the image by each version of QEMU's firmware in the archive."""
import os
import re
import shlex
import subprocess
from typing import NamedTuple

from hotplate import PROGRAM, fail
from hotplate.boards import firmware
from hotplate.command import warn
from hotplate.results import output

SUITES = ("bookworm", "bookworm-backports", "trixie", "sid", "experimental")
TYPED = "run hotplug.cycle\nq\n"  # at the menu's prompt; q switches the machine off
PATIENCE = 600  # seconds for one version
FORM = "%-20s  %-8s %-24s %-18s  %s"
OPENSBI = "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"


class Row(NamedTuple):
    package: str
    arch: str
    prints: str  # on the console, before its version; a version that is empty is not compared
    knobs: tuple[str, ...]  # of tools/hotplate run; {} is the directory of a suite's packages


ROWS = (
    Row("opensbi", "riscv64", "OpenSBI v", ("QEMU_ARGS=-bios {}/opensbi/" + OPENSBI,)),
    Row("u-boot-qemu", "arm64", "U-Boot ", ("FIRMWARE=u-boot", "FIRMWARE_DIR={}")),
    Row("u-boot-qemu", "riscv64", "U-Boot ", ("FIRMWARE=u-boot", "FIRMWARE_DIR={}")),
    Row("qemu-efi-aarch64", "arm64", "version ", ("FIRMWARE=edk2", "FIRMWARE_DIR={}")),
    Row("qemu-efi-riscv64", "riscv64", "version ", ("FIRMWARE=edk2", "FIRMWARE_DIR={}")),
    Row("arm-trusted-firmware", "arm64", "", ()),  # no build for QEMU's virt machine so far
)


def fetched(package: str, suite: str) -> dict[str, str] | None:
    """The facts of the package in this suite, which is fetched once; None: the suite has none."""
    with firmware.locked():
        try:
            tree = firmware.from_archive(package, suite)
        except firmware.Missing as why:
            if re.search("Unable to locate package|has no candidate", str(why)):
                return None
            raise
    with open(tree + ".txt", encoding="utf-8") as facts:
        return dict(line.rstrip("\n").split(": ", 1) for line in facts)


def booted(row: Row, version: str, suite: str, knobs: list[str]) -> tuple[bool, str]:
    """Does it reach the menu and pass a test there?  With what hotplate found out about it, or with
    the last line."""
    store = os.path.join(firmware.STORE, suite)
    if not row.knobs:
        builds = os.listdir(os.path.join(store, row.package, "usr/lib", row.package))
        mine = [b for b in builds if b.startswith("qemu")]
        return not mine, "not booted: %d builds for boards, %d for QEMU's virt machine" % (
            len(builds) - len(mine),
            len(mine),
        )
    where = shlex.quote(store)
    line = [PROGRAM, "run", "ARCH=" + row.arch, *knobs]
    line += [knob.format(where) for knob in row.knobs]
    try:
        done = subprocess.run(
            line, input=TYPED.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
        status, out = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        status, out = 2, (late.stdout or b"") + b"\nno menu within %d s" % PATIENCE
    text = out.decode("utf-8", "replace").replace("\r", "")
    ids, ends = output.records(text, "id"), output.records(text, "end")
    if status or not ids or [e.keys["verdict"] for e in ends] != ["pass"]:
        return False, (text.strip().splitlines() or ["no output"])[-1]
    own = re.match(r"\d+\.\d+", version)
    wanted = row.prints + (own[0] if own else version)
    if wanted not in text and row.prints + " built at" not in text:  # EDK2 2022.11 has none
        return False, "the console has no " + wanted
    return True, "menu, hotplug.cycle; " + ids[0].keys["firmware"].replace("_", " ")


def main(words: list[str]) -> int:
    knobs = [w for w in words if "=" in w]
    packages = dict.fromkeys(row.package for row in ROWS)
    suites, names = [w for w in words if w in SUITES], [w for w in words if w in packages]
    if other := [w for w in words if w not in (*knobs, *suites, *names)]:
        fail(f"{other[0]!r} is no suite, package or knob: {' '.join((*SUITES, *packages))}")
    print(FORM % ("package", "arch", "version", "suite", "result"))
    status = 0
    for row in [r for r in ROWS if not names or r.package in names]:
        for suite in suites or SUITES:
            try:
                facts = fetched(row.package, suite)
            except firmware.Missing as why:
                warn(f"{row.package}: {why}")
                status = 4
                continue
            if facts:
                good, seen = booted(row, facts["version"], suite, knobs)
                print(FORM % (row.package, row.arch, facts["version"], suite, seen), flush=True)
                status = status or (0 if good else 1)
    return status
