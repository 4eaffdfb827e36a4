# SPDX-License-Identifier: BSD-2-Clause
"""Pass a device tree to the image as the boot loader of a board does, where QEMU's own is wrong.

QEMU -kernel writes one range of all memory into the tree, even if the board has two banks with its
registers between them.  So QEMU starts four instructions instead, which jump to the image with our
tree.  Some models pass the tree of -dtb on unchanged, without the words of -append
(microchip-icicle-kit since QEMU 11).
"""
import hashlib
import os
import shutil
import struct
import subprocess

from hotplate import Refused
from hotplate.command import warn

IMAGE_AT, TREE_AT = 0x200000, 0x6000000  # QEMU's own tree is at 0x8000000


class Missing(Refused):
    pass


def stub(image: int, tree: int) -> bytes:
    """arm64: ldr x0, tree; ldr x9, image; mov x1, #0; br x9"""
    return struct.pack("<4I2Q", 0x58000080, 0x580000A9, 0xD2800001, 0xD61F0120, tree, image)


def stored(data: bytes, name: str, directory: str) -> str:
    """The path of a file with these bytes; a file with the same bytes is reused."""
    path = os.path.join(directory, "%s-%s" % (name, hashlib.sha256(data).hexdigest()[:12]))
    if not os.path.exists(path):
        new = "%s.%d" % (path, os.getpid())
        with open(new, "wb") as f:
            f.write(data)
        os.rename(new, path)
    return path


def put(dtb: str, properties: list[tuple[str, str, str, list[str]]], directory: str) -> str:
    """A copy of the tree with these properties, (fdtput's type, node, name, values) each.  Raises
    CalledProcessError if the file is no tree."""
    if not shutil.which("fdtput"):
        raise Missing("fdtput is not installed (device-tree-compiler)")
    new = os.path.join(directory, "handover.%d.dtb" % os.getpid())
    shutil.copyfile(dtb, new)
    try:
        for kind, node, name, values in properties:
            subprocess.run(["fdtput", "-p", "-t", kind, new, node, name] + values, check=True)
        with open(new, "rb") as f:
            return stored(f.read(), "handover", directory)
    finally:
        os.remove(new)


def worded(dtb: str, words: str, directory: str) -> str:
    """The tree with these boot arguments; the unchanged tree if they cannot be added."""
    if not words or not os.path.exists(dtb):
        return dtb
    try:
        return put(dtb, [("s", "/chosen", "bootargs", [words])], directory)
    except subprocess.CalledProcessError:
        warn("%s is no valid device tree: only -append passes the boot arguments" % dtb)
        return dtb


def tree(dtb: str, banks: list[tuple[int, int]], words: str, directory: str) -> str:
    """The tree with these banks, (address, bytes) each, in its first memory node, and these boot
    arguments."""
    cells = [
        "%x" % half
        for bank in banks
        for value in bank
        for half in (value >> 32, value & 0xFFFFFFFF)
    ]
    return put(
        dtb,
        [("x", "/memory@%x" % banks[0][0], "reg", cells), ("s", "/chosen", "bootargs", [words])],
        directory,
    )


def line(
    image: str, dtb: str, tree_file: str, image_at: int = IMAGE_AT, tree_at: int = TREE_AT
) -> list[str]:
    """QEMU's words instead of -kernel and -append.  The -dtb is for QEMU, which refuses 4 GiB
    without it."""
    directory = os.path.dirname(os.path.abspath(image))
    found = ["-kernel", stored(stub(image_at, tree_at), "stub", directory), "-dtb", dtb]
    for path, at in ((image, image_at), (tree_file, tree_at)):
        found += ["-device", "loader,file=%s,addr=0x%x,force-raw=on" % (path, at)]
    return found
