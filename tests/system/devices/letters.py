# SPDX-License-Identifier: BSD-2-Clause
"""An Image with a port for stage letters, and QEMU that runs it."""
import os
import re
import subprocess

import pexpect

from conftest import LOGS
from devices.device_tree import COMMON, QEMU
from hotplate.boards import earlycon

PORT = {"arm64": ["pl011,0x9000000"], "riscv64": ["ns16550,0x10000000", "sbi"]}
LETTERS = "abcdefghi"


def image_of(arch, name, spec, stop=""):
    """The Image as `make EARLYCON=` builds it: only the bytes of the port differ."""
    symbols = subprocess.run(["nm", "build/%s/hotplate.elf" % arch], capture_output=True, text=True, check=True).stdout
    where = {n: int(a, 16) for a, n in re.findall(r"^(\w+) . (stage_port|image_start)$", symbols, re.M)}
    at, port = where["stage_port"] - where["image_start"], earlycon.port(spec, stop)
    with open("build/%s/Image" % arch, "rb") as f:
        data = bytearray(f.read())
    data[at:at + len(port)] = port
    path = os.path.join(LOGS, "%s-%s.Image" % (name, arch))
    with open(path, "wb") as f:
        f.write(data)
    return path


def console_of(arch, image, name):
    """Start QEMU with this image; returns its console."""
    line = QEMU[arch] + COMMON + ["-nographic", "-kernel", image, "-append", "withhold=none"]
    return pexpect.spawn(line[0], line[1:], encoding="utf-8", codec_errors="replace", timeout=120,
                         logfile=open(os.path.join(LOGS, "%s-%s.console" % (name, arch)), "w", encoding="utf-8"))
