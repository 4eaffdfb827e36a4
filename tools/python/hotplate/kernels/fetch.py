# SPDX-License-Identifier: BSD-2-Clause
"""List or fetch kernels and firmware of Debian; build a Linux.

  tools/hotplate kernels list           their names and versions
  tools/hotplate kernels fetch [NAME...] [--again]
      fetch them, or all, into build/kernels/NAME; --again: newer ones, if any
  tools/hotplate kernels build ...
      build a small Linux from the source package
  tools/hotplate kernels history ...
      put mistakes that Linux had back into that Linux, one at a time
  tools/hotplate kernels barriers ...
      remove the barriers of that Linux, one at a time

The last three have a --help of their own.

The packages are those of the archive in apt's configured sources, for any
architecture; apt's own directories are in build/kernels/apt, and nothing of
the host is changed.  Versions and hashes are recorded in build/kernels/NAME,
and compared with tools/third.sha256.  A kernel that cannot be had is skipped,
and the reason is printed.
"""
import fcntl
import glob
import hashlib
import importlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hotplate import BUILD, TOP, fail
from hotplate.command import HELP, Arguments
from hotplate.kernels import firmware
from hotplate.kernels.archive import Package, Release, Unavailable

KNOWN = os.path.join(TOP, "tools", "third.sha256")
RECORD = "packages"  # of build/kernels/NAME: package, version, sha256
IMAGES = ("boot/vmlinu[xz]-*", "usr/lib/modules/*/vmlinu[xz]", "lib/modules/*/vmlinu[xz]")


class Row(NamedTuple):
    arch: str
    suite: str  # of the archive
    flavour: str
    package: str

    @property
    def name(self) -> str:
        if self.flavour in firmware.FLAVOURS:
            return f"{self.arch}-{self.flavour}"
        return "-".join([self.arch, self.suite] + [self.flavour] * (self.flavour != "generic"))


# riscv64 is in Debian from release 13 on.  The cloud flavour exists for arm64 alone.
ROWS = [
    Row("arm64", suite, flavour, package)
    for suite in ("oldstable", "stable", "unstable")
    for flavour, package in (("cloud", "linux-image-cloud-arm64"), ("generic", "linux-image-arm64"))
] + [
    Row("riscv64", suite, "generic", "linux-image-riscv64")
    for suite in ("oldstable", "stable", "unstable")
]
ROWS += [
    Row(arch, "stable", flavour, of.package) for (arch, flavour), of in firmware.ROWS.items()
]
DEFAULT = {"arm64": "arm64-stable-cloud", "riscv64": "riscv64-stable"}


def row(name: str) -> Row | None:
    return next((r for r in ROWS if r.name == name), None)


def top() -> str:
    return os.path.join(TOP, BUILD, "kernels")


def directory(r: Row) -> str:
    return os.path.join(top(), r.name)


def record(r: Row) -> list[list[str]]:
    """Rows of package, version and sha256 of a kernel that was fetched; else none."""
    try:
        with open(os.path.join(directory(r), RECORD), encoding="utf-8") as file:
            return [line.split() for line in file]
    except FileNotFoundError:
        return []


def image(r: Row) -> str:
    """The path of its image."""
    if r.flavour in firmware.FLAVOURS:
        return firmware.image(directory(r), r.arch, r.flavour)
    for pattern in IMAGES:
        if found := sorted(glob.glob(os.path.join(directory(r), pattern))):
            return found[-1]
    fail(f"{directory(r)} has no image of a kernel (tools/hotplate kernels fetch {r.name} --again)")


def known(package: str, version: str, arch: str) -> list[str]:
    """The hashes of tools/third.sha256 of this package."""
    with open(KNOWN, encoding="utf-8") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    return [r[0] for r in rows if r[1:] == [package, version, arch]]


def check(package: Package, path: str, arch: str) -> None:
    """Compare a file with its hash in the signed list, and with the one that the tree knows."""
    with open(path, "rb") as file:
        has = hashlib.file_digest(file, "sha256").hexdigest()
    if has != package.sha256:
        fail(f"{path} has the sha256 {has}, its archive names {package.sha256}")
    hashes = known(package.name, package.version, arch)
    if hashes and has not in hashes:
        fail(f"{path} has the sha256 {has}, tools/third.sha256 has {hashes[0]} for this version")
    if not hashes:
        print(f"not in tools/third.sha256: {has} {package.name} {package.version} {arch}")


@contextmanager
def locked(path: str) -> Iterator[None]:
    """One fetch at a time: two tests may want the same kernel."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unpack(r: Row, release: Release, parts: list[Package]) -> None:
    """All or nothing: the directory gets its name at the end."""
    new = directory(r) + ".new"
    shutil.rmtree(new, ignore_errors=True)
    os.makedirs(new)
    lines = []
    for part in parts:
        path = release.download(part, new)
        check(part, path, r.arch)
        subprocess.run(["dpkg-deb", "-x", path, new], check=True, capture_output=True, text=True)
        os.unlink(path)
        lines.append(f"{part.name} {part.version} {part.sha256}\n")
    with open(os.path.join(new, RECORD), "w", encoding="utf-8") as file:
        file.writelines(lines)
    shutil.rmtree(directory(r), ignore_errors=True)
    os.rename(new, directory(r))


def fetch(r: Row, again: bool = False) -> None:
    """Fetch a kernel that is not there; Unavailable has the reason why it cannot be had."""
    with locked(os.path.join(top(), r.name + ".lock")):
        if record(r) and not again:
            return
        release = Release(os.path.join(top(), "apt"), r.suite, r.arch)
        release.update()
        whole = r.flavour in firmware.FLAVOURS
        parts = [release.package(r.package)] if whole else release.parts(r.package)
        if [[p.name, p.version, p.sha256] for p in parts] != record(r):
            unpack(r, release, parts)


def state(r: Row) -> str:
    rows = record(r)
    return f"{rows[0][0]} {rows[0][1]}" if rows else f"not fetched ({r.package} of {r.suite})"


def arguments() -> Arguments:
    parser = Arguments(__doc__)
    parser.add_argument("what", choices=("list", "fetch"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--again", action="store_true")
    return parser


def part(name: str, words: list[str]) -> int:
    """A verb in a module of its own, which needs more of the package."""
    module = importlib.import_module("hotplate.kernels." + name)
    if words in HELP:
        print(str(module.__doc__).strip())
        return 0
    return int(module.main(words))


def main(words: list[str]) -> int:
    if words[:1] in (["build"], ["history"], ["barriers"]):
        return part(words[0], words[1:])
    args = arguments().parse_args(words)
    if args.what == "list" and (args.names or args.again):
        fail("list takes no other word")
    for name in args.names:
        if not row(name):
            fail(f"{name!r} is no name of a kernel; `tools/hotplate kernels list` has them")
    lacking = 0
    for r in [r for r in ROWS if r.name in args.names or not args.names]:
        if args.what == "fetch":
            try:
                fetch(r, args.again)
            except Unavailable as why:
                print(f"{r.name:22} skipped: {why}", flush=True)
                lacking += 1
                continue
        print(f"{r.name:22} {state(r)}", flush=True)
    return 1 if args.names and lacking else 0
