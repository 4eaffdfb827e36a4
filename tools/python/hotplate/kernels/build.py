# SPDX-License-Identifier: BSD-2-Clause
"""Build a small Linux out of the distribution's source package.

  tools/hotplate kernels build [ARCH=arm64|riscv64] [LINUX_DIR=DIR] [JOBS=n] [LINE_INFO=yes]

Without ARCH= for both architectures.  The source is that of the package
linux-source-6.12, whose file is compared with the hash that dpkg has of it;
it is unpacked into LINUX_DIR (build/kernels/small: 1.8 GB), and the edits
"Class: base" of linux/history.txt are made.  The configuration is
linux/config and linux/config-ARCH, and everything else is off.  The image is
LINUX_DIR/ARCH/arch/.../boot/Image, modules are below LINUX_DIR/ARCH.
LINE_INFO=yes gives vmlinux the line of each instruction (kernels barriers);
the configuration and the instructions are the same.
"""
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Mapping

from hotplate import BUILD, TOP, fail
from hotplate.command import key_values, warn
from hotplate.kernels import mistakes

VERSION = "6.12"
TARBALL = f"/usr/src/linux-source-{VERSION}.tar.xz"
SUMS = f"/var/lib/dpkg/info/linux-source-{VERSION}.md5sums"
KERNEL_ARCH = {"arm64": "arm64", "riscv64": "riscv"}
PREFIX = {"arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-"}
KNOBS = ("ARCH", "LINUX_DIR", "JOBS", "CROSS_COMPILE", "LINE_INFO")
LINE_INFO = {"": (), "no": (), "yes": ("KCFLAGS=-g1", "KAFLAGS=-g")}
PROGRAMS = ("flex", "bison", "bc", "xz", "make")
Knobs = dict[str, str]


def knobs(words: list[str], environment: Mapping[str, str], names: tuple[str, ...]) -> Knobs:
    values = key_values(words, {name: environment.get(name, "") for name in names})
    if values["ARCH"] not in ("", *KERNEL_ARCH):
        fail("ARCH=%s is not known; there are: %s" % (values["ARCH"], " ".join(KERNEL_ARCH)))
    if values["JOBS"] and not values["JOBS"].isdecimal():
        fail("JOBS=%s: a number from 1" % values["JOBS"])
    if values.get("LINE_INFO", "") not in LINE_INFO:
        fail("LINE_INFO=%s: yes or no" % values["LINE_INFO"])
    return values


def top(knob: Knobs) -> str:
    return os.path.realpath(knob["LINUX_DIR"] or os.path.join(TOP, BUILD, "kernels", "small"))


def source(knob: Knobs) -> str:
    return os.path.realpath(os.path.join(top(knob), "source"))


def objects(knob: Knobs, arch: str) -> str:
    return os.path.realpath(os.path.join(top(knob), arch))


def image(directory: str, arch: str) -> str:
    return os.path.join(directory, "arch", KERNEL_ARCH[arch], "boot", "Image")


def check_package() -> None:
    """The file is that of the installed package."""
    if not os.path.exists(TARBALL):
        fail(f"{TARBALL} is missing (package linux-source-{VERSION})")
    if not os.path.exists(SUMS):
        fail(f"{TARBALL} is of no installed package: {SUMS} is missing")
    with open(SUMS, encoding="ascii") as file:
        known = [line.split()[0] for line in file if line.rstrip().endswith(TARBALL[1:])]
    with open(TARBALL, "rb") as data:
        has = hashlib.file_digest(data, "md5").hexdigest()
    if known != [has]:
        fail(f"{TARBALL} has the md5 {has}, its package {' '.join(known) or 'none'}")


def write(texts: dict[str, str], directory: str) -> None:
    for path, text in texts.items():
        with open(os.path.join(directory, path), "w", encoding="utf-8") as file:
            file.write(text)


def unpack(knob: Knobs) -> None:
    """All or nothing: the directory gets its name when the base edits are made."""
    place = os.path.join(top(knob), "source")
    if os.path.exists(place):
        return
    check_package()
    new = place + ".new"
    shutil.rmtree(new, ignore_errors=True)
    os.makedirs(new)
    words = ["tar", "-xf", TARBALL, "-C", new, "--strip-components=1"]
    subprocess.run(words, check=True, capture_output=True, text=True)
    write(mistakes.applied([m for m in mistakes.mistakes() if m.base], new), new)
    os.rename(new, place)


def fragment(arch: str) -> str:
    text = ""
    for name in ("config", "config-" + arch):
        with open(os.path.join(TOP, "linux", name), encoding="utf-8") as file:
            text += file.read()
    return text


def make(knob: Knobs, arch: str, where: str, *words: str) -> None:
    """Make in the directory of objects `where`; the last lines of an error are the message."""
    command = ["make", "-s", "-C", source(knob), "O=" + where, "ARCH=" + KERNEL_ARCH[arch]]
    command += ["CROSS_COMPILE=" + (knob["CROSS_COMPILE"] or PREFIX[arch])]
    command += ["-j" + (knob["JOBS"] or str(os.cpu_count())), *words]
    command += LINE_INFO[knob.get("LINE_INFO", "")]
    own = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [x for x in done.stderr.splitlines() if "rror" in x] or done.stderr.splitlines()
        fail(f"Linux for {arch} was not built: {lines[0] if lines else 'no message'}")


def lacking(text: str, config: str) -> list[str]:
    """Options that the fragment has and the configuration has not, because of what they need."""
    have = set(config.splitlines())
    asked = (line.strip() for line in text.splitlines() if line.startswith("CONFIG_"))
    return [line for line in asked if not line.endswith("=n") and line not in have]


def configure(knob: Knobs, arch: str) -> None:
    where, text = objects(knob, arch), fragment(arch)
    path = os.path.join(where, "fragment")
    os.makedirs(where, exist_ok=True)
    if not os.path.exists(os.path.join(where, ".config")) or old(path) != text:
        write({"fragment": text}, where)
        make(knob, arch, where, "KCONFIG_ALLCONFIG=" + path, "allnoconfig")
    missing = lacking(text, old(os.path.join(where, ".config")))
    if missing:
        os.unlink(path)
        fail(f"the configuration of {arch} has not: {' '.join(missing)}")


def old(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def prepare(knob: Knobs, arch: str) -> str:
    """Unpack, configure and build what is not there yet.  The path of the image."""
    for program in (*PROGRAMS, (knob["CROSS_COMPILE"] or PREFIX[arch]) + "gcc"):
        if not shutil.which(program):
            fail(f"{program} is not installed (tools/deps linux)")
    unpack(knob)
    configure(knob, arch)
    make(knob, arch, objects(knob, arch), "Image", "modules")
    return image(objects(knob, arch), arch)


def main(words: list[str]) -> int:
    knob = knobs(words, os.environ, KNOBS)
    for arch in KERNEL_ARCH:
        if knob["ARCH"] in ("", arch):
            warn(f"builds Linux {VERSION} for {arch}")
            begin = time.monotonic()
            path = prepare(knob, arch)
            print(f"{arch}: {path} ({time.monotonic() - begin:.0f} s)", flush=True)
    return 0
