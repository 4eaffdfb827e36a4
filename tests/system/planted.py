# SPDX-License-Identifier: BSD-2-Clause
"""Ordering mistakes, planted by changing instructions of a built image: only those that a row of PLANTED names, and
the image's checksums (hotplate.barriers.patch)."""
import functools
import os
import re
import subprocess
from collections import namedtuple

from hotplate.barriers.find import TOOLS, Place
from hotplate.barriers.patch import Flat
from hotplate.barriers.weaken import Form

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOP = {"arm64": 0xd503201f, "riscv64": 0x00000013}

# symbols: functions; instruction: a regular expression of objdump's text, with the previous instruction if it has two
# lines; what: the new word, or a function of the old one; run: the test; args: other arguments of the kernel.
Mistake = namedtuple("Mistake", "arch symbols instruction what run args", defaults=("",))


def plain_store(word):
    """STLR as STR."""
    return word >> 30 << 30 | 0x39000000 | word & 0x3ff


def plain_load(word):
    """LDAR as LDR."""
    return word >> 30 << 30 | 0x39400000 | word & 0x3ff


def plain_exclusive(word):
    """LDAXR as LDXR."""
    return word & ~0x8000


def of_last_level(word):
    """TLBI VAAE1IS as VAALE1IS."""
    return word | 0x80


def of_own_domain(word):
    """DMB and DSB of any domain as Non-shareable."""
    return word & ~0xc00 | 0x400


def by_asid(word):
    """SFENCE.VMA of an address also with an ASID, that of the address's register: global entries stay."""
    return word | (word >> 15 & 31) << 20


def by_address(word):
    """SFENCE.VMA of everything as SFENCE.VMA of the address in a0."""
    return word | 10 << 15


def zero_for_load(word):
    """LD as LI 0: the awaited value seems to be loaded."""
    return word & 31 << 7 | 0x13


RELEASE = r"fence (?:iorw,ow|rw,w)"  # of gcc 12 and of gcc 14

PLANTED = {
    "publish-without-dmb": Mistake("arm64", "arch_pt_publish", r"dmb ishst", NOP["arm64"], "race.seldom_moved"),
    "tlbi-before-stores": Mistake("arm64", "tlbi_sync", r"dsb ishst", NOP["arm64"], "race.seldom_moved"),
    "publish-of-own-domain": Mistake("arm64", "arch_pt_publish", r"dmb ishst", of_own_domain, "race.seldom_moved"),
    "tlbi-before-stores-of-own-domain": Mistake("arm64", "tlbi_sync", r"dsb ishst", of_own_domain, "race.seldom_moved"),
    "locks-of-own-domain": Mistake("arm64", "read_lock|write_lock", r"dmb ish", of_own_domain, "kern.rwlock_excludes"),
    "tlbi-waits-here": Mistake("arm64", "tlbi_wait", r"dsb ish", 0xd503379f, "race.seldom_moved"),  # DSB NSH
    "tlbi-waits-for-stores": Mistake("arm64", "tlbi_wait", r"dsb ish", 0xd5033a9f, "race.seldom_moved"),  # DSB ISHST
    "visible-without-isb": Mistake("arm64", "arch_pt_visible", r"isb", NOP["arm64"], "hotplug.cycle"),
    "tlbi-without-isb": Mistake("arm64", "tlbi_ctx", r"isb", NOP["arm64"], "tlb.profile_forbidden"),
    "tlbi-of-last-level": Mistake("arm64", "vaae1is", r"tlbi vaae1is, x\d+", of_last_level, "tlb.reused_table"),
    "unlock-without-release": Mistake("arm64", "spin_unlock_irqrestore", r"stlr w.*", plain_store, "kern.spinlock_excludes"),
    "lock-without-acquire": Mistake("arm64", "spin_lock_irqsave", r"ldaxr w.*", plain_exclusive, "kern.spinlock_excludes"),
    "write-unlock-without-release": Mistake("arm64", "write_unlock", r"stlr w.*", plain_store, "kern.rwlock_excludes"),
    "unlock-without-fence": Mistake("riscv64", "spin_unlock_irqrestore", RELEASE, NOP["riscv64"],
                                    "kern.spinlock_excludes"),
    "write-unlock-without-fence": Mistake("riscv64", "write_unlock", RELEASE, NOP["riscv64"], "kern.rwlock_excludes"),
    "window-closed-early": Mistake("riscv64", "break_pages_close", RELEASE, NOP["riscv64"], "hotplug.migrate_live"),
    "call-not-awaited": Mistake("riscv64", "ipi_call", r"fence (?:iorw,iorw|rw,rw)\nld a5,0\(\w+\)", zero_for_load, "race.seldom_moved",
                                "tlb=ipi"),
    "fence-of-another-asid": Mistake("riscv64", "tlb_fence_local", r"sfence\.vma \w+,zero", by_asid, "race.seldom_moved",
                                     "tlb=ipi"),
    "fence-of-leaves": Mistake("riscv64", "tlb_fence_all|tlb_fence_local", r"sfence\.vma zero,zero", by_address,
                               "tlb.reused_table", "tlb=ipi"),
    "svinval-before-stores": Mistake("riscv64", "invalidate_here", r"\.word 0x18000073", NOP["riscv64"], "hotplug.cycle",
                                     "tlb=svinval"),
    "svinval-not-ended": Mistake("riscv64", "invalidate_here", r"\.word 0x18100073", NOP["riscv64"], "hotplug.migrate_live",
                                 "tlb=svinval"),
}


@functools.lru_cache
def listing(elf, arch, symbol):
    """(address, word, text) of each instruction of a function, also of two-byte instructions."""
    more = ["-M", "no-aliases"] if arch == "riscv64" else []
    command = [TOOLS[arch] + "objdump", "-d", "-w", *more, "--disassemble=" + symbol, elf]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^ *([0-9a-f]{16}):\t([0-9a-f]{4,8}) +\t([^#<]*?) *(?:[#<].*|//.*)?$", text, re.M)
    return [(int(at, 16), int(word, 16), re.sub(r"\s+", " ", printed).strip()) for at, word, printed in found]


def places(elf, mistake):
    """Addresses and words of the instructions that a row names."""
    found, lines = [], mistake.instruction.count(r"\n") + 1
    for symbol in mistake.symbols.split("|"):
        rows = listing(elf, mistake.arch, symbol)
        found += [(at, word) for n, (at, word, _) in enumerate(rows)
                  if re.fullmatch(mistake.instruction, "\n".join(printed for _, _, printed in rows[max(0, n + 1 - lines):n + 1]))]
    return found


def plant(name, folder):
    """Copy the image with that mistake to `folder`; returns its path."""
    mistake = PLANTED[name]
    built = os.path.join(TOP, "build", mistake.arch)
    image, elf = os.path.join(built, "Image"), os.path.join(built, "hotplate.elf")
    found = places(elf, mistake)
    assert found, "%s: no %s in %s" % (name, mistake.instruction, mistake.symbols)
    words = tuple(mistake.what(word) if callable(mistake.what) else mistake.what for _, word in found)
    changed = Place("", 0, Form("", "", "", 0), (), tuple(at for at, _ in found), words)
    path = os.path.join(folder, name + ".img")
    with open(path, "wb") as f:
        f.write(Flat(image, elf, mistake.arch).without(changed))
    return path


def line(name, image, seed):
    """The command line that runs it, with the smallest memory that the test needs."""
    m = PLANTED[name]
    return [os.path.join(TOP, "build", "machine", "worst-" + m.arch), "image=" + image,
            "elf=" + os.path.join(TOP, "build", m.arch, "hotplate.elf"), "cpus=4", "mem=128",
            "node1=256" if m.run == "hotplug.migrate_live" else "node1=128", "seed=%d" % seed,
            "args=" + " ".join(w for w in ("withhold=node1", m.args, "run=" + m.run, "exit") if w)]
