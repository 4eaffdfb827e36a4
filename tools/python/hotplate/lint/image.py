# SPDX-License-Identifier: BSD-2-Clause
"""Headers and sections of the image are what loaders expect.

  tools/hotplate lint image [BUILD/ARCH...]

Without words: build/arm64 and build/riscv64.  The lint compares the Linux
Image header and the PE/COFF header, field by field, with the ELF file; it
checks sections, their rights and distances; no relocation is left for run
time; no code that runs before the map follows a stored pointer.
"""
import os
import re
import struct
import subprocess

from hotplate import BUILD
from hotplate.lint.core import Lint

IMAGE_VA = 0xFFFFFFFF80000000
SECTION = 0x1000
PE_MACHINE = {"arm64": 0xAA64, "riscv64": 0x5064}
EXECUTE, READ, WRITE = 1 << 29, 1 << 30, 1 << 31
CODE, CONTENTS, EMPTY = 0x20, 0x40, 0x80
# (name, characteristics): code, constants, variables; every section is readable, none is both
# writable and executable.
SECTIONS = (
    (".text", CODE | EXECUTE | READ),
    (".rodata", CONTENTS | READ),
    (".data", EMPTY | READ | WRITE),
)
# Objects of code that runs at the physical address.
EARLY = (
    "boot/{arch}.o",
    "boot/early.o",
    "boot/efi/*.o",
    "lib/string.o",
    "libfdt/fdt.o",
    "libfdt/fdt_ro.o",
    "drivers/memory/efi_map.o",
    "lib/err.o",
    "lib/printf.o",
    "drivers/acpi/tree.o",
)
ON_PURPOSE = {"high", "boot_high"}  # the link addresses that such code may store
ABSOLUTE = re.compile(r"R_(AARCH64_ABS|RISCV_)(64|32)\b|R_AARCH64_MOVW_UABS|R_RISCV_HI20")


def tool(arch: str, name: str) -> str:
    return {"arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-"}[arch] + name


def output(*line: str) -> str:
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout


class Image:
    def __init__(self, directory: str, lint: Lint) -> None:
        self.path, self.elf = directory + "/Image", directory + "/hotplate.elf"
        self.arch, self.lint, self.directory = (
            os.path.basename(directory).split("-")[0],
            lint,
            directory,
        )
        with open(self.path, "rb") as f:
            self.bytes = f.read()
        self.symbol = {}
        for line in output(tool(self.arch, "nm"), self.elf).splitlines():
            address, _, name = line.split(" ", 2)
            self.symbol[name] = int(address, 16)

    def at(self, name: str) -> int:
        """Offset of a symbol from the start of the image."""
        return self.symbol[name] - IMAGE_VA

    def field(self, what: str, fmt: str, offset: int, want: int | bytes) -> None:
        (got,) = struct.unpack_from("<" + fmt, self.bytes, offset)
        if got != want:
            shown = "%r, not %r" if isinstance(want, bytes) else "0x%x, the ELF file has 0x%x"
            self.lint.report(self.path, 1, ("%s at 0x%x is " + shown) % (what, offset, got, want))

    def need(self, holds: object, sentence: str) -> None:
        if not holds:
            self.lint.report(self.path, 1, sentence)


def linux_header(i: Image) -> int:
    size = i.at("image_end") + 0x201000  # image_home() of boot/boot.h
    i.field("'MZ'", "2s", 0, b"MZ")
    i.field("image_size", "Q", 16, size)
    if i.arch == "arm64":
        i.field("code0, which must have no effect", "I", 0, 0x91005A4D)
        i.field("code1, a branch", "I", 4, 0x14000000 | (i.at("image_entry") - 4) >> 2)
        i.field("text_offset", "Q", 8, 0)
        i.field("flags: little endian, 4K, anywhere", "Q", 24, 0xA)
        i.field("magic", "4s", 0x38, b"ARM\x64")
    else:
        i.field("text_offset", "Q", 8, 0x200000)
        i.field("flags", "Q", 24, 0)
        i.field("version", "I", 32, 2)
        i.field("magic", "8s", 0x30, b"RISCV\0\0\0")
        i.field("magic 2", "4s", 0x38, b"RSC\x05")
    i.field("offset of the PE header", "I", 0x3C, i.at("pe_header_start"))
    return size


def pe_header(i: Image, size: int) -> int:
    pe = i.at("pe_header_start")
    opt = pe + 24
    i.field("PE signature", "4s", pe, b"PE\0\0")
    i.field("PE machine", "H", pe + 4, PE_MACHINE[i.arch])
    i.field("number of sections", "H", pe + 6, len(SECTIONS))
    i.field("size of the optional header", "H", pe + 20, 112 + 7 * 8)
    i.field("characteristics", "H", pe + 22, 0x206)
    i.field("PE32+", "H", opt, 0x20B)
    i.field("entry", "I", opt + 16, i.at("efi_entry"))
    i.field("image base", "Q", opt + 24, 0)
    i.field("section alignment", "I", opt + 32, SECTION)
    i.field("file alignment", "I", opt + 36, 0x200)
    i.field("size of image", "I", opt + 56, size)
    i.field("size of headers", "I", opt + 60, i.at("pe_header_end"))
    i.field("subsystem", "H", opt + 68, 10)
    i.field("DllCharacteristics: NX_COMPAT", "H", opt + 70, 0x100)
    i.field("number of directories", "I", opt + 108, 7)
    i.field("directories", "48s", opt + 112, bytes(48))
    i.field("place of the debug directory", "I", opt + 160, i.at("pe_debug"))
    i.field("size of the debug directory", "I", opt + 164, 28)
    return opt + 112 + 7 * 8


def build_id(i: Image) -> None:
    """The flat image has the build id of the ELF file, in its note and in the record that the PE
    header points to."""
    text = output(tool(i.arch, "readelf"), "-n", i.elf)
    want = bytes.fromhex((re.findall(r"Build ID: (\w{40})", text) or ["00" * 20])[0])
    at = i.at("pe_debug")
    i.field("build id", "20s", i.at("build_id_note") + 16, want)
    i.field("type of the debug entry: CodeView", "I", at + 12, 2)
    i.field("address of its record", "I", at + 20, at + 32)
    i.field("place of its record in the file", "I", at + 24, at + 32)
    i.field("its signature", "4s", at + 32, b"RSDS")
    i.field(
        "its GUID, the build id's beginning",
        "16s",
        at + 36,
        struct.pack("<IHH8s", *struct.unpack(">IHH8s", want[:16])),
    )
    i.need(
        i.at("rodata_start") <= at and at + 72 <= i.at("rodata_end"),
        "the debug directory is not in .rodata",
    )


def pe_sections(i: Image, at: int, size: int) -> None:
    edges = (
        (i.at("pe_header_end"), i.at("text_end")),
        (i.at("rodata_start"), i.at("rodata_end")),
        (i.at("data_start"), size),
    )
    in_file = -(-i.at("data_pristine_end") // 0x200) * 0x200
    for (name, rights), (start, end) in zip(SECTIONS, edges):
        held = max(min(in_file, end) - start, 0) if rights & (CODE | CONTENTS) else 0
        i.field(name + ": name", "8s", at, name.encode().ljust(8, b"\0"))
        i.field(name + ": size", "I", at + 8, end - start)
        i.field(name + ": address", "I", at + 12, start)
        i.field(name + ": size in the file", "I", at + 16, held)
        i.field(name + ": place in the file", "I", at + 20, start if held else 0)
        i.field(name + ": characteristics", "I", at + 36, rights)
        (got,) = struct.unpack_from("<I", i.bytes, at + 36)
        i.need(not (got & WRITE and got & EXECUTE), "%s is writable and executable" % name)
        i.need(
            not (start | end) % SECTION,
            "%s: 0x%x to 0x%x is not aligned to 4 KiB" % (name, start, end),
        )
        at += 40
    i.need(at <= i.at("pe_header_end"), "the headers do not end before the code")
    i.need(
        not any(i.bytes[at : i.at("pe_header_end")]),
        "data follows the headers: a PE loader copies nothing else of their page",
    )
    i.need(
        i.at("pe_header_end") <= i.at("efi_entry") < i.at("text_end"),
        "UEFI's entry is not in .text",
    )
    i.need(len(i.bytes) == in_file, "it has %d bytes, its sections %d" % (len(i.bytes), in_file))


def elf_segments(i: Image) -> None:
    """The ELF file has the same rights, and no relocation for run time."""
    text = output(tool(i.arch, "readelf"), "-lW", i.elf)
    for start, rights in re.findall(r"^ +LOAD +\S+ (0x\w+) \S+ \S+ \S+ (R?[ W]?[ E]?)", text, re.M):
        i.need(
            not ("W" in rights and "E" in rights),
            "segment at %s is writable and executable" % start,
        )
    relocations = [
        line
        for line in output(tool(i.arch, "readelf"), "-rW", i.elf).splitlines()
        if re.match(r"[0-9a-f]{12}", line)
    ]
    i.need(
        not relocations,
        "%d relocations are left for run time, the first: %s"
        % (len(relocations), (relocations or [""])[0]),
    )


def no_pointers(i: Image) -> int:
    """The image is not relocated when these objects run: a stored address is the link address."""
    import glob

    paths = [
        p
        for e in EARLY
        for p in sorted(glob.glob("%s/obj/%s" % (i.directory, e.format(arch=i.arch))))
    ]
    i.need(
        len(paths) >= len(EARLY),
        "objects that run before the map are missing: %s" % " ".join(paths),
    )
    for path in paths:
        section = ""
        for line in output(tool(i.arch, "readelf"), "-rW", path).splitlines():
            match = re.match(r"Relocation section '\.rela(\S+)'", line)
            section = match[1] if match else section
            words = line.split()
            if (
                len(words) > 4
                and ABSOLUTE.match(words[2])
                and not section.startswith(".debug")
                and words[4] not in ON_PURPOSE
                and not words[4].startswith(("pe_", "image_size"))
            ):
                i.lint.report(
                    path,
                    1,
                    "%s at %s: the address of %s is stored, and this runs before the map"
                    % (section, words[0], words[4]),
                )
    return len(paths)


def main(words: list[str]) -> int:
    lint = Lint("image")
    directories = words or [os.path.join(BUILD, arch) for arch in ("arm64", "riscv64")]
    objects = 0
    for directory in directories:
        image = Image(directory, lint)
        size = linux_header(image)
        pe_sections(image, pe_header(image, size), size)
        build_id(image)
        elf_segments(image)
        objects += no_pointers(image)
    return lint.done("%d images, %d objects that run before the map" % (len(directories), objects))
