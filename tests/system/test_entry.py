# SPDX-License-Identifier: BSD-2-Clause
"""Entry assumes nothing: a one-page loader enters the image with the MMU on, interrupts enabled and garbage in every
register, at any 4 KiB boundary and level.  Also the headers that loaders read: tools/hotplate lint image reports each
wrong one."""
import os
import struct
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import PATIENCE, unattended
from devices.loader import RAM, loader

# MMU off; permissions of stage 1 are indices (FEAT_S1PIE) into registers that permit nothing.
INDIRECT = """
	mrs	x1, S3_0_C0_C7_3
	tst	x1, #15
	b.eq	1f
	ubfx	x2, x1, #8, #4
	cbz	x2, 1f
	msr	S3_0_C10_C2_3, xzr
	msr	S3_0_C10_C2_2, xzr
	mov	x2, #2
	msr	S3_0_C2_C0_3, x2
1:	ldr	x30, =IMAGE
	br	x30
	.ltorg
"""


def entered(arch, name, offset, words="", vhe=False, text=None):
    at = RAM[arch] + offset
    status, text, printed = unattended(
        arch, "entry-" + name, 40, NODES="1", SMP="2", IMAGE=loader(arch, at, vhe, text), ARGS="run=boot.* exit",
        QEMU_ARGS="-device loader,file=build/%s/Image,addr=0x%x,force-raw=on %s" % (arch, at, words))
    assert not status and "#: end verdict=pass" in text, printed + text[-1500:]
    assert " entry=image " in text
    return text


@pytest.mark.tier("ci")
@pytest.mark.parametrize("offset", [0x2000000, 0x2001000, 0x21fe000, 0x21ff000])
def test_mmu_on(arch, offset):
    """Any 4 KiB boundary; at the last one below 2 MiB the destination overlaps the code that moves the image."""
    entered(arch, "mmu-%x" % offset, offset)


@pytest.mark.parametrize("offset", [0x2000000, 0x21fe000])
def test_hart_at_the_start(offset):
    """Firmware that marks a hart as started before it stores the start address (OpenSBI 1.1) may start it at the
    image's first address, also if the image has moved since.  gdb makes the kernel's call with that address."""
    if "riscv64" not in os.environ.get("HOTPLATE_ARCHES", "riscv64"):
        pytest.skip("riscv64 only")
    at = RAM["riscv64"] + offset
    with tempfile.TemporaryDirectory(prefix="hp-") as place, ThreadPoolExecutor(1) as pool:
        run = pool.submit(entered, "riscv64", "start-%x" % offset, offset, "-S -gdb unix:%s/gdb,server=on,wait=off" % place)
        words = ["gdb-multiarch", "-q", "-nx", "-batch", "build/riscv64/hotplate.elf"]
        for command in ("target remote " + place + "/gdb", "hbreak *arch_secondary_entry", "continue", "set $a0 = 0x%x" % at,
                        "set $pc = $ra", "delete", "detach"):
            words += ["-ex", command]
        while not os.path.exists(place + "/gdb") and not run.done():
            time.sleep(0.05)
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert "Breakpoint 1, " in done.stdout, done.stdout + done.stderr
        assert "ok 3 boot.cpus" in run.result()


@pytest.mark.tier("ci")
@pytest.mark.parametrize("vhe", [False, True])
def test_mmu_on_at_el2(vhe):
    if "arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64"):
        pytest.skip("arm64 only")
    assert "at EL2" in entered("arm64", "el2-vhe" if vhe else "el2", 0x21ff000, "-M virtualization=on", vhe)


@pytest.mark.tier("ci")
def test_indirect_permissions():
    """An earlier system at EL1 left TCR2_EL1.PIE set."""
    if "arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64"):
        pytest.skip("arm64 only")
    printed = subprocess.run(["qemu-system-aarch64", "--version"], capture_output=True, text=True, check=True).stdout
    if int(printed.split("version ")[1].split(".")[0]) < 11:
        pytest.skip("the max of this QEMU has no FEAT_S1PIE")
    entered("arm64", "indirect", 0x2000000, text=INDIRECT)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("machine", ["secure=on", "virtualization=on", "secure=on,virtualization=on"])
def test_levels(machine, suite):
    if "arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64"):
        pytest.skip("arm64 only")
    cpu = "cortex-a72" if machine.count("on") > 1 else "max"  # docs/LIMITS.md: QEMU's PSCI and what max has
    _, text = suite("arm64", "entry-" + machine, CPU=cpu, ARGS="run=boot.*,hotplug.cycle exit", QEMU_ARGS="-M " + machine)
    assert ("entry Image at EL2" if "virt" in machine else "entry Image at EL1") in text


# name: the changed offset from the PE header (0x40) or the start of the file, its format and value, the lint's
# message
BENT = {
    "mz": (0, "H", 0x4141, "'MZ' at 0x0"),
    "image-size": (16, "Q", 1 << 20, "image_size at 0x10"),
    "entry": (0x40 + 24 + 16, "I", 0x10, "entry at 0x68"),
    "nx": (0x40 + 24 + 70, "H", 0, "NX_COMPAT"),
    "text-writable": (0x100 + 36, "I", 0xe0000020, ".text is writable and executable"),
    "data-executable": (0x100 + 80 + 36, "I", 0xe0000080, ".data is writable and executable"),
    "alignment": (0x40 + 24 + 32, "I", 0x200, "section alignment"),
    "debug-directory": (0x40 + 24 + 160, "I", 0x1000, "place of the debug directory"),
    "directories": (0x40 + 24 + 112, "I", 0x1000, "directories"),
    "data-size": (0x100 + 80 + 8, "I", 0x1000, ".data: size"),
    "behind-headers": (0xffc, "I", 0x13, "data follows the headers"),
}


def lint(directory):
    done = subprocess.run(["tools/hotplate", "lint", "image", directory], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def beside(arch, directory, image):
    """Make a build directory with another Image."""
    where = os.path.join(directory, arch)
    os.mkdir(where)
    for name in ("obj", "hotplate.elf"):
        os.symlink(os.path.abspath("build/%s/%s" % (arch, name)), os.path.join(where, name))
    with open(os.path.join(where, "Image"), "wb") as f:
        f.write(image)
    return where


@pytest.mark.parametrize("case", sorted(BENT))
def test_lint_objects(arch, case, tmp_path):
    at, fmt, value, words = BENT[case]
    with open("build/%s/Image" % arch, "rb") as f:
        image = bytearray(f.read())
    struct.pack_into("<" + fmt, image, at, value)
    status, printed = lint(beside(arch, str(tmp_path), image))
    assert status == 1 and words in printed, printed


def test_build_id(arch, tmp_path):
    """A reader of PE files finds the ELF file's build id from the header, and another one is noticed."""
    with open("build/%s/Image" % arch, "rb") as f:
        image = bytearray(f.read())
    pe, = struct.unpack_from("<I", image, 0x3c)
    directory, size = struct.unpack_from("<II", image, pe + 24 + 112 + 6 * 8)
    assert size == 28
    kind, _, _, at = struct.unpack_from("<4I", image, directory + 12)
    assert kind == 2 and image[at:at + 4] == b"RSDS"
    found = struct.pack(">IHH8s", *struct.unpack_from("<IHH8s", image, at + 4)).hex()
    notes = subprocess.run([{"arm64": "aarch64", "riscv64": "riscv64"}[arch] + "-linux-gnu-readelf", "-n",
                            "build/%s/hotplate.elf" % arch], capture_output=True, text=True, check=True).stdout
    assert "Build ID: " + found in notes, (found, notes)
    image[at + 19] ^= 1
    status, printed = lint(beside(arch, str(tmp_path), image))
    assert status == 1 and "the build id's beginning" in printed, printed


def test_lint_is_content(arch):
    status, printed = lint("build/" + arch)
    assert not status, printed
