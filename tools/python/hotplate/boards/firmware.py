# SPDX-License-Identifier: BSD-2-Clause
"""Fetch boot firmware of boards out of distribution packages.

  tools/hotplate firmware NAME...
      prints the directory of each package's files, and fetches those that are missing
  tools/hotplate firmware --list
      lists the packages and their contents
  tools/hotplate firmware --boot [SUITE...] [NAME...] [KNOB=...]
      boots the image in QEMU to its menu, by each version of these packages of
      firmware (opensbi, u-boot-qemu, ...; without NAME all) in these suites of
      the archive (without SUITE all), and prints a row for each; knobs are
      those of tools/hotplate run

A package is fetched and unpacked, never installed.  The tool needs no root,
and does not change the system's apt: lists and archives are kept in
build/firmware; the sources are those of the system.  A package that its
release does not have is taken from another suite of the same archive.
NAME.txt beside each directory NAME has version, suite, source, licence and
SHA-256 of the package.  FIRMWARE_DIR=DIR uses no network: it reads
DIR/NAME_*.deb, or the unpacked tree DIR/NAME.  Exit status 4: something is
missing, with the reason; 1: a version did not boot.
"""
import fcntl
import glob
import hashlib
import importlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from hotplate import BUILD, TOP, Refused
from hotplate.command import usage, warn

STORE = os.path.join(TOP, BUILD, "firmware")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PATIENCE = int(os.environ.get("FIRMWARE_PATIENCE", "300"))  # seconds for one command of apt

GPL, SBI, TFA = "GPL-2.0-or-later (U-Boot)", "BSD-2-Clause (OpenSBI)", "BSD-3-Clause (TF-A)"
EDK2 = "BSD-2-Clause-Patent and others (EDK2)"
# name: (architecture, component, suites after the system's own, contents, licences)
PACKAGES = {
    "u-boot-rpi": ("arm64", "main", ("trixie",), "U-Boot for Raspberry Pi 3 and 4", GPL),
    "arm-trusted-firmware": (
        "arm64",
        "main",
        ("trixie",),
        "TF-A BL31 for Raspberry Pi 3 and 4 and others",
        TFA,
    ),
    "raspi-firmware": (
        "arm64",
        "non-free-firmware",
        ("trixie",),
        "first stages of Raspberry Pi (not free)",
        "not free: Broadcom's, for use with Raspberry Pi devices only",
    ),
    "u-boot-rockchip": (
        "arm64",
        "main",
        ("trixie",),
        "U-Boot with TF-A for RK3399 and RK3328 boards",
        GPL + ", " + TFA,
    ),
    "u-boot-sifive": (
        "riscv64",
        "main",
        ("trixie",),
        "U-Boot SPL, OpenSBI and U-Boot for HiFive boards",
        GPL + ", " + SBI,
    ),
    "u-boot-starfive": (
        "riscv64",
        "main",
        ("trixie",),
        "U-Boot SPL, OpenSBI and U-Boot for VisionFive 2",
        GPL + ", " + SBI,
    ),
    "opensbi": ("all", "main", ("trixie",), "OpenSBI for QEMU and generic boards", SBI),
    "u-boot-qemu": ("all", "main", ("trixie",), "U-Boot for QEMU's virt machines", GPL),
    "qemu-efi-aarch64": ("all", "main", ("trixie",), "EDK2 for QEMU's virt machine, arm64", EDK2),
    "qemu-efi-riscv64": ("all", "main", ("trixie",), "EDK2 for QEMU's virt machine, riscv64", EDK2),
}
FIELDS = ("Package", "Version", "Architecture", "Source", "Built-Using")

# No hooks of the system, no translations; short time-outs for a mirror.
CONFIG = """#clear APT::Update;
#clear DPkg;
APT::Architecture "{arch}";
#clear APT::Architectures;
APT::Architectures {{ "{arch}"; }};
Dir::State "{at}";
Dir::State::status "{at}/status";
Dir::Cache "{at}/cache";
Dir::Etc::SourceList "{at}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Acquire::Languages "none";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::Retries "1";
"""


class Missing(Refused):
    """One sentence: the reason why a package is not available here."""


def command(words: list[str], **more: Any) -> str:
    """The output of a command; after PATIENCE seconds it is killed, with its children."""
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        env=dict(os.environ, LC_ALL="C"),
        **more
    ) as process:
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Missing("%s did not end within %d s" % (words[0], PATIENCE)) from None
    if process.returncode:
        lines = output.splitlines()
        errors = [s for s in lines if s.startswith("E:")] or lines[-1:]
        raise Missing(errors[0].removeprefix("E:").strip() if errors else "%s failed" % words[0])
    return output


def system_suite() -> str:
    try:
        with open("/etc/os-release", encoding="utf-8") as f:
            found = re.search(r"^VERSION_CODENAME=(\w+)$", f.read(), re.M)
    except OSError:
        found = None
    return found[1] if found else ""


def mirrors(own: str) -> list[str]:
    """Archives from which the system takes its own release.  Updates and security are other
    suites, or other archives."""
    uris = command(["apt-get", "update", "--print-uris"])
    found = re.findall(r"^'(\S+)/dists/(?:%s|stable)/main/binary-" % own, uris, re.M) if own else []
    if not found:
        raise Missing(
            "no package source of this system is its own release %s"
            % (own or "(which has no name)")
        )
    return list(dict.fromkeys(found))


def apt_state(uri: str, suite: str, arch: str, component: str) -> str:
    """Fetch the lists of one suite, once.  Returns the configuration that uses them."""
    arch = "arm64" if arch == "all" else arch  # every suite has the lists of arm64
    key = hashlib.sha256(uri.encode()).hexdigest()[:8]
    at = os.path.join(STORE, ".apt", "-".join((suite, arch, component, key)))
    config = os.path.join(at, "apt.conf")
    if os.path.exists(os.path.join(at, "fresh")):
        return config
    for d in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(at, d), exist_ok=True)
    signed = "[signed-by=%s] " % KEYRING if os.path.exists(KEYRING) else ""
    files = {
        "status": "",
        "apt.conf": CONFIG.format(at=at, arch=arch),
        "sources.list": "deb %s%s %s %s\n" % (signed, uri, suite, component),
    }
    for name, text in files.items():
        with open(os.path.join(at, name), "w", encoding="utf-8") as f:
            f.write(text)
    command(["apt-get", "-c", config, "-q", "-o", "APT::Update::Error-Mode=any", "update"])
    with open(os.path.join(at, "fresh"), "w", encoding="utf-8"):
        pass
    return config


def download(name: str, suites: Iterable[str]) -> tuple[str, str]:
    """Download the package from the first suite that has it: (path, suite)."""
    arch, component = PACKAGES[name][:2]
    into = os.path.join(STORE, ".get")
    shutil.rmtree(into, ignore_errors=True)
    os.makedirs(into)
    why = []
    for suite, uri in itertools.product(suites, mirrors(system_suite())):
        try:
            config = apt_state(uri, suite, arch, component)
            command(["apt-get", "-c", config, "-q", "download", name], cwd=into)
            return glob.glob(os.path.join(into, "*.deb"))[0], suite
        except Missing as e:
            why.append("%s: %s" % (suite, e))
    raise Missing("%s; FIRMWARE_DIR=DIR takes the package from a directory" % "; ".join(why))


def sha256(path: str) -> str:
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def write_facts(path: str, facts: dict[str, str]) -> None:
    with open(path, "w", encoding="utf-8") as f:
        f.writelines("%s: %s\n" % row for row in facts.items())


def facts_of(name: str, deb: str, suite: str) -> dict[str, str]:
    control = {}
    for field in FIELDS:
        control[field] = command(["dpkg-deb", "-f", deb, field]).strip()
    source = re.fullmatch(r"(\S*)(?: \((.+)\))?", control["Source"]) or ["", "", ""]
    return {
        "package": control["Package"],
        "version": control["Version"],
        "architecture": control["Architecture"],
        "suite": suite,
        "source": (source[1] or control["Package"]) + " " + (source[2] or control["Version"]),
        "built-using": control["Built-Using"] or "-",
        "licence": PACKAGES[name][4],
        "sha256": sha256(deb),
    }


def unpack(name: str, deb: str, suite: str, store: str = STORE) -> dict[str, str]:
    new = os.path.join(store, name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    command(["dpkg-deb", "-x", deb, new])
    facts = facts_of(name, deb, suite)
    if facts["package"] != name:
        raise Missing("%s holds the package %s" % (deb, facts["package"]))
    write_facts(os.path.join(store, name + ".txt"), facts)
    os.rename(new, os.path.join(store, name))
    return facts


def from_directory(name: str, given: str) -> str:
    """FIRMWARE_DIR: a package, or an unpacked one."""
    tree, debs = os.path.join(given, name), sorted(glob.glob(os.path.join(given, name + "_*.deb")))
    if debs:
        shutil.rmtree(os.path.join(STORE, name), ignore_errors=True)
        unpack(name, debs[-1], "FIRMWARE_DIR")
        return os.path.join(STORE, name)
    if not os.path.isdir(tree):
        raise Missing(
            "FIRMWARE_DIR=%s has neither %s_*.deb nor a directory %s" % (given, name, name)
        )
    write_facts(
        os.path.join(STORE, name + ".txt"),
        {
            "package": name,
            "version": "unknown (a directory of FIRMWARE_DIR)",
            "source": "unknown",
            "licence": PACKAGES[name][4],
        },
    )
    return tree


def from_archive(name: str, suite: str = "") -> str:
    """The package of the system's own suite or of one that follows it, or of this suite alone,
    which has a directory of its own."""
    store = os.path.join(STORE, suite)
    tree = os.path.join(store, name)
    if os.path.isdir(tree) and os.path.exists(tree + ".txt"):
        return tree
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise Missing(
                "%s is not installed: download Debian's package; give FIRMWARE_DIR=DIR" % tool
            )
    os.makedirs(store, exist_ok=True)
    suites = [suite] if suite else dict.fromkeys((system_suite(),) + PACKAGES[name][2])
    facts = unpack(name, *download(name, suites), store)
    print(
        "  GET   %s %s (%s, %s)" % (name, facts["version"], facts["suite"], facts["architecture"]),
        file=sys.stderr,
    )
    return tree


def fetch(name: str) -> str:
    if name not in PACKAGES:
        raise Missing("no package of this table: %s" % " ".join(PACKAGES))
    given = os.environ.get("FIRMWARE_DIR", "")
    return from_directory(name, os.path.abspath(given)) if given else from_archive(name)


@contextmanager
def locked() -> Iterator[None]:
    """Another process may fetch the same package; the second then finds it here."""
    os.makedirs(STORE, exist_ok=True)
    with open(os.path.join(STORE, ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(names: list[str]) -> int:
    if not names:
        usage(__doc__)
    if names == ["--list"]:
        for name, row in PACKAGES.items():
            print("%-22s %-8s %s" % (name, row[0], row[3]))
        return 0
    if names[0] == "--boot":
        return importlib.import_module("hotplate.boards.versions").main(names[1:])
    status = 0
    with locked():
        for name in names:
            try:
                print(fetch(name), flush=True)
            except Missing as e:
                warn("%s: %s" % (name, e))
                status = 4
    return status
