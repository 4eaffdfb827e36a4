# SPDX-License-Identifier: BSD-2-Clause
"""The file of a kernel: which architecture it is for, and its bytes as a boot loader places them.

A distribution's kernel is an Image of the Linux boot protocol (arm64/booting.rst and
riscv/boot-image-header.rst of Documentation/arch), alone, compressed, or in an EFI program that
decompresses it (drivers/firmware/efi/libstub/zboot-header.S).  An ELF file is made into an Image.
"""
import lzma
import re
import struct
import subprocess
import zlib
from typing import NamedTuple

from hotplate import fail

MAGIC = {b"ARM\x64": "arm64", b"RSC\x05": "riscv64"}  # at 56
MACHINES = {183: "arm64", 243: "riscv64"}  # e_machine of ELF
PROGRAMS = {"zstd": ["zstd", "-dcq"], "lz4": ["lz4", "-dcq"]}  # Python's library lacks these
STARTS = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x02\x21\x4c\x18": "lz4",
    b"\x04\x22\x4d\x18": "lz4",
}
ZBOOT = {"gzip": "gzip", "xzkern": "xz", "lzma": "lzma", "zstd22": "zstd", "lz4": "lz4"}
LEAST = 64  # bytes of a header
SIZE = 16  # offset of image_size, in both headers


class Kernel(NamedTuple):
    arch: str
    image: bytes  # with its header
    version: str  # of the banner; "" if there is none
    elf: bool


def external(form: str, data: bytes, where: str) -> bytes:
    try:
        done = subprocess.run(PROGRAMS[form], input=data, capture_output=True, check=False)
    except FileNotFoundError:
        fail(f"{where} is compressed by {form}, and the program {form} is not installed")
    if done.returncode and not done.stdout:
        fail(f"{where}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def decompress(form: str, data: bytes, where: str) -> bytes:
    """Bytes after the end of the compressed data are ignored: an EFI program has some."""
    try:
        if form == "gzip":
            inflate = zlib.decompressobj(31)
            out = inflate.decompress(data)
            if not inflate.eof:
                fail(f"{where} ends within its gzip data")
            return out
        if form in ("xz", "lzma"):
            unpack = lzma.LZMADecompressor()
            out = unpack.decompress(data)
            if not unpack.eof and form == "xz":
                fail(f"{where} ends within its xz data")
            return out
    except (zlib.error, lzma.LZMAError) as error:
        fail(f"{where}: its {form} data are damaged ({error})")
    return external(form, data, where)


def plain(data: bytes, where: str) -> bytes:
    """The content of a file that may be compressed."""
    form = next((form for start, form in STARTS.items() if data.startswith(start)), None)
    return decompress(form, data, where) if form else data


def out_of_zboot(data: bytes, where: str) -> bytes:
    if data[:2] != b"MZ" or data[4:8] != b"zimg":
        return data
    start, size = struct.unpack_from("<II", data, 8)
    name = data[24:56].split(b"\0")[0].decode("ascii", "replace")
    if name not in ZBOOT:
        fail(f"{where} is an EFI program with a kernel compressed by {name!r}, which is not known")
    if start + size > len(data):
        fail(f"{where} is an EFI program whose kernel ends after the end of the file")
    return decompress(ZBOOT[name], data[start : start + size], where)


def out_of_elf(data: bytes, where: str) -> bytes:
    """The Image: the segments at their distances in physical memory.  (The kernel's own makefile
    calls objcopy -O binary, which does the same.)"""
    if data[4] != 2 or data[5] != 1:
        fail(f"{where} is an ELF file, but not of 64 bits and little-endian")
    machine, offset = struct.unpack_from("<H", data, 18)[0], struct.unpack_from("<Q", data, 32)[0]
    size, number = struct.unpack_from("<HH", data, 54)
    if machine not in MACHINES:
        fail(f"{where} is an ELF file of machine {machine}: neither arm64 (183) nor riscv64 (243)")
    parts = []
    for n in range(number):
        kind, _, at, _, pa, bytes_ = struct.unpack_from("<IIQQQQ", data, offset + n * size)
        if kind == 1 and bytes_:
            parts.append((pa, data[at : at + bytes_]))
    if not parts:
        fail(f"{where} is an ELF file without a segment to load (a module, or an object?)")
    first, end = min(p[0] for p in parts), max(p[0] + len(p[1]) for p in parts)
    if end - first > 1 << 30:
        fail(f"{where}: its segments are {(end - first) >> 20} MiB apart")
    image = bytearray(end - first)
    for pa, content in parts:
        image[pa - first : pa - first + len(content)] = content
    return bytes(image)


def version_of(image: bytes) -> str:
    found = re.search(rb"Linux version (\d[\w.+~-]*) ", image)
    return found[1].decode() if found else ""


def kernel(path: str) -> Kernel:
    """Read the file of a kernel."""
    where = "KERNEL=" + path
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        fail(f"{where}: {error.strerror}")
    if len(data) < LEAST:
        fail(f"{where} has {len(data)} bytes: fewer than the header of a kernel")
    try:
        image = out_of_zboot(plain(data, where), where)
        elf = image[:4] == b"\x7fELF"
        image = out_of_elf(image, where) if elf else image
    except struct.error:
        fail(f"{where} ends within its own header")
    arch = MAGIC.get(image[56:60])
    if not arch and elf:
        fail(f"{where} is an ELF file whose first bytes in memory are no header of an Image")
    if not arch:
        fail(
            f"{where} is no kernel that starts by the Linux boot protocol: its bytes 56 to 59 are "
            f"{image[56:60].hex(' ')}, neither those of arm64 (41 52 4d 64) nor those of riscv64 "
            "(52 53 43 05)"
        )
    return Kernel(arch, image, version_of(image), elf)
