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
OTHER = "another kernel needs PASS=TEXT"  # machine/README.md, "Run your kernel here"


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


class Segments(NamedTuple):
    arch: str
    at: int  # the physical address of the first byte
    entry: int  # virtual, or physical
    virtual: int  # the virtual address of the first byte
    image: bytes


def segments(data: bytes, where: str, headers: bool = True) -> Segments:
    """The segments of an ELF file at their distances in physical memory.  (Linux' own makefile
    calls objcopy -O binary, which does the same.)  headers: also one with the headers of the file,
    which a linker without a script puts anywhere, with a build-id."""
    if data[4] != 2 or data[5] != 1:
        fail(f"{where} is an ELF file, but not of 64 bits and little-endian")
    machine, offset = struct.unpack_from("<H", data, 18)[0], struct.unpack_from("<Q", data, 32)[0]
    size, number = struct.unpack_from("<HH", data, 54)
    if machine not in MACHINES:
        fail(f"{where} is an ELF file of machine {machine}: neither arm64 (183) nor riscv64 (243)")
    parts, virtual = [], {}
    entry = struct.unpack_from("<Q", data, 24)[0]
    for n in range(number):
        kind, _, at, va, pa, bytes_ = struct.unpack_from("<IIQQQQ", data, offset + n * size)
        if kind == 1 and bytes_ and (headers or at or va <= entry < va + bytes_):
            parts.append((pa, data[at : at + bytes_]))
            virtual[pa] = va
    if not parts:
        fail(f"{where} is an ELF file without a segment to load (a module, or an object?)")
    first, end = min(p[0] for p in parts), max(p[0] + len(p[1]) for p in parts)
    if end - first > 1 << 30:
        fail(f"{where}: its segments are {(end - first) >> 20} MiB apart")
    image = bytearray(end - first)
    for pa, content in parts:
        image[pa - first : pa - first + len(content)] = content
    return Segments(MACHINES[machine], first, entry, virtual[first], bytes(image))


def version_of(image: bytes) -> str:
    found = re.search(rb"Linux version (\d[\w.+~-]*) ", image)
    return found[1].decode() if found else ""


class Other(NamedTuple):
    """A kernel that starts at its first byte, without the header of an Image."""

    arch: str
    image: bytes
    load: int  # KiB of RAM before it
    elf: bool


RAM = {"arm64": 0x40000000, "riscv64": 0x80000000}
LOAD = 2048  # KiB: of an Image, and of every kernel on riscv64, where SBI firmware is below
LOAD_MOST = 65536
PAGE = 4096


def other_kernel(path: str, arch: str) -> Other:
    """Read a kernel that is no Linux: an ELF file, which has its address, or its bytes."""
    where, data = "KERNEL=" + path, contents(path)
    if data[:4] != b"\x7fELF":
        if not arch and data[56:60] not in MAGIC:
            fail(f"{where} is neither an ELF file nor an Image: ARCH= is needed")
        return Other(arch or MAGIC[data[56:60]], data, LOAD, False)
    try:
        s = segments(data, where, headers=False)
    except struct.error:
        fail(f"{where} ends within its own header")
    if data[:4] == s.image[:4] and s.virtual < s.entry <= s.virtual + PAGE:
        # A linker without a script puts the headers of the file into the page before the text.
        skip = s.entry - s.virtual
        s = s._replace(at=s.at + skip, virtual=s.entry, image=s.image[skip:])
    if s.entry not in (s.at, s.virtual):
        fail(f"{where} is started at its first byte, {s.at:#x}, but its entry is {s.entry:#x}")
    kib, rest = divmod(s.at - RAM[s.arch], 1024)
    if rest or not 4 <= kib <= LOAD_MOST or (s.arch == "riscv64" and kib != LOAD):
        least = RAM[s.arch] + (LOAD if s.arch == "riscv64" else 4) * 1024
        most = least if s.arch == "riscv64" else RAM[s.arch] + LOAD_MOST * 1024
        fail(f"{where} is linked at {s.at:#x}; the machine loads at {least:#x} to {most:#x}")
    return Other(s.arch, s.image, kib, True)


def contents(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        fail(f"KERNEL={path}: {error.strerror}")


def kernel(path: str) -> Kernel:
    """Read the file of a kernel."""
    where, data = "KERNEL=" + path, contents(path)
    if len(data) < LEAST:
        fail(f"{where} has {len(data)} bytes: fewer than the header of a kernel")
    try:
        image = out_of_zboot(plain(data, where), where)
        elf = image[:4] == b"\x7fELF"
        image = segments(image, where).image if elf else image
    except struct.error:
        fail(f"{where} ends within its own header")
    arch = MAGIC.get(image[56:60])
    if not arch and elf:
        fail(
            f"{where} is an ELF file whose first bytes in memory are no header of an Image; {OTHER}"
        )
    if not arch:
        fail(
            f"{where} is no kernel that starts by the Linux boot protocol: its bytes 56 to 59 are "
            f"{image[56:60].hex(' ')}, neither those of arm64 (41 52 4d 64) nor those of riscv64 "
            f"(52 53 43 05); {OTHER}"
        )
    return Kernel(arch, image, version_of(image), elf)
