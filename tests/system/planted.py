# SPDX-License-Identifier: BSD-2-Clause
"""Ordering mistakes, planted by changing instructions of a built image: what a row of PLANTED names, and nothing else."""
import os
import re
import struct
import subprocess
from collections import namedtuple

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Where: a function, and which of its instructions (as objdump writes them); what: the word that takes the place; run: tests,
# args: other words of the kernel, words: of the machine.
Mistake = namedtuple("Mistake", "arch symbol instruction what run args words", defaults=("", ""))
NOP = {"arm64": 0xd503201f, "riscv64": 0x00000013}
OBJDUMP = {"arm64": "aarch64-linux-gnu-objdump", "riscv64": "riscv64-linux-gnu-objdump"}

PLANTED = {
    "publish-without-dmb": Mistake("arm64", "arch_pt_publish", "dmb\tishst", NOP["arm64"], "race.seldom_moved"),
    "tlbi-before-stores": Mistake("arm64", "tlbi_sync", "dsb\tishst", NOP["arm64"], "hotplug.migrate_live"),
    "tlbi-waits-here": Mistake("arm64", "tlbi_wait", "dsb\tish", 0xd503379f, "hotplug.migrate_live"),
    "unlock-without-release": Mistake("arm64", "spin_unlock_irqrestore", "stlr\twzr, [x19]", 0xb900027f, "hotplug.under_fire/host"),
    "lock-without-acquire": Mistake("arm64", "spin_lock_irqsave", "ldaxr\tw0, [x19]", 0x885f7e60, "hotplug.under_fire/host"),
}


def base_of(elf, arch):
    text = subprocess.run([OBJDUMP[arch], "-p", elf], capture_output=True, text=True, check=True).stdout
    return min(int(v, 16) for v in re.findall(r"LOAD off .* vaddr (0x[0-9a-f]+)", text))


def places(elf, mistake):
    """Addresses and words of the instructions that a row names."""
    command = [OBJDUMP[mistake.arch], "-d", "-w", elf]
    if mistake.symbol:
        command.insert(1, "--disassemble=" + mistake.symbol)
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = re.compile(r"^ *([0-9a-f]+):\t([0-9a-f]{8}) +\t" + re.escape(mistake.instruction) + r"(?=\s|$)", re.M)
    return [(int(at, 16), int(word, 16)) for at, word in line.findall(text)]


def plant(name, folder):
    """A copy of the image with that mistake, in `folder`; its path."""
    mistake = PLANTED[name]
    built = os.path.join(TOP, "build", mistake.arch)
    elf = os.path.join(built, "hotplate.elf")
    with open(os.path.join(built, "Image"), "rb") as f:
        image = bytearray(f.read())
    base, found = base_of(elf, mistake.arch), places(elf, mistake)
    assert found, "%s: no %s in %s" % (name, mistake.instruction, mistake.symbol)
    for at, word in found:
        assert struct.unpack_from("<I", image, at - base)[0] == word, hex(at)
        struct.pack_into("<I", image, at - base, mistake.what)
    path = os.path.join(folder, name + ".img")
    with open(path, "wb") as f:
        f.write(image)
    return path


def line(name, image, seed):
    """The command line that runs it."""
    m = PLANTED[name]
    return [os.path.join(TOP, "build", "machine", "worst-" + m.arch), "image=" + image,
            "elf=" + os.path.join(TOP, "build", m.arch, "hotplate.elf"), "cpus=4", "mem=1024", "node1=1024", "seed=%d" % seed,
            *m.words.split(), "args=withhold=node1 run=%s %s exit" % (m.run, m.args)]
