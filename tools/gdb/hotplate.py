# SPDX-License-Identifier: BSD-2-Clause
"""Commands of gdb for hotplate: hp-pt VA, hp-blocks, hp-page PFN, hp-log [N], hp-early.  `help hp` lists them.

    gdb-multiarch build/arm64/hotplate.elf -x tools/gdb/hotplate.py        (make debug does this)

The commands read tables from memory and decode them by the manuals, without the functions of the kernel, in the geometry
that the kernel reports.  They find structures by their types, whatever the names of the variables.
"""
import os
import re
import sys

import gdb

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tools", "python"))  # gdb starts this file, tools/hotplate does not
from hotplate.ports import ringdump  # noqa: E402
U64 = (1 << 64) - 1
LINEAR, VMEMMAP = 0, 1  # enum region_id


class Wrong(gdb.GdbError):
    """One line for the user."""


def bits(value, high, low):
    return value >> low & ((1 << (high - low + 1)) - 1)


def number(value):
    return int(value) & U64


def text_of(value):
    """The text of a const char *; None: it is NULL."""
    return value.string(errors="replace") if number(value) else None


def symbol(name):
    try:
        return gdb.parse_and_eval(name)
    except gdb.error:
        raise Wrong("no symbol %s: is this the ELF file of hotplate?" % name)


def beside(function, *fields):
    """The variable with these fields in the file that defines the function."""
    found = gdb.lookup_global_symbol(function)
    if not found:
        raise Wrong("%s() is not in this ELF file" % function)
    for one in found.symtab.static_block():
        if one.is_variable and {f.name for f in one.type.strip_typedefs().fields()
                                if f.name} >= set(fields) if one.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT else False:
            return one.value()
    raise Wrong("%s has no variable with %s" % (found.symtab.filename, ", ".join(fields)))


def enumerator(kind, value, prefix):
    """BLOCK_ONLINE as `online`."""
    for field in gdb.lookup_type("enum " + kind).fields():
        if field.enumval == value:
            return field.name[len(prefix):].lower().replace("_", " ")
    return "%d?" % value


def size_text(value):
    for unit, shift in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if value and not value % (1 << shift):
            return "%d %s" % (value >> shift, unit)
    return "%d B" % value


def address(text):
    """The value of the user's text: a number, a register, a symbol, an expression."""
    try:
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRUCT):
            value = value.address
        return number(value.cast(gdb.lookup_type("unsigned long")))
    except gdb.error as why:
        raise Wrong("`%s`: %s" % (text, why))


def register(name):
    try:
        value = gdb.selected_frame().read_register(name)
        return number(value.cast(gdb.lookup_type("unsigned long")))
    except (gdb.error, ValueError):
        return None


# ---- memory by physical address ----

class Physical:
    """Physical memory: with QEMU by its own mode, else through the linear map, if it exists."""

    def __enter__(self):
        reply = gdb.execute("maint packet qqemu.PhyMemMode", to_string=True)
        self.qemu = 'received: "0"' in reply or 'received: "1"' in reply
        if self.qemu:
            gdb.execute("maint packet Qqemu.PhyMemMode:1", to_string=True)
        return self

    def __exit__(self, *_):
        if self.qemu:
            gdb.execute("maint packet Qqemu.PhyMemMode:0", to_string=True)

    def word(self, pa):
        at = pa
        if not self.qemu:
            layout = symbol("layout")
            at = number(layout["r"][LINEAR]["va"]) + pa - number(layout["phys_base"])
        gdb.execute("maint flush dcache", to_string=True)  # gdb has cached words of virtual addresses
        try:
            raw = gdb.selected_inferior().read_memory(at & U64, 8)
        except gdb.MemoryError:
            raise Wrong("no memory at pa 0x%x" % pa)
        return int.from_bytes(bytes(raw), "little")


# ---- geometry and cells ----

class Geometry:
    """The geometry of the kernel's page table, from struct pt_fmt."""

    def __init__(self):
        kpt = symbol("kpt")
        if not number(kpt["fmt"]):
            raise Wrong("the kernel's page table is not built yet (kpt.fmt is NULL)")
        fmt = kpt["fmt"].dereference()
        self.name = text_of(fmt["name"])
        self.levels, self.page_shift = int(fmt["levels"]), int(fmt["page_shift"])
        self.va_bits, self.half_bits = int(fmt["va_bits"]), int(fmt["half_bits"])
        self.width = [int(fmt["bits"][n]) for n in range(self.levels)]
        self.root = number(kpt["root"])
        self.cell = Arm64(self) if self.name.startswith("arm64-") else Riscv(self)
        if not self.name.startswith(("arm64-", "riscv-")):
            raise Wrong("only software walks the format %s" % self.name)

    def shift(self, level):
        return self.page_shift + sum(self.width[:level])

    def index(self, va, level):
        return va >> self.shift(level) & ((1 << self.width[level]) - 1)


class Arm64:
    """VMSAv8-64 stage 1, Arm ARM D8.3: our level 0 is the architecture's level 3."""

    MEMORY = {0: "normal", 1: "device", 2: "uncached"}  # AttrIndx into MAIR_EL1

    def __init__(self, geometry):
        self.g = geometry
        self.lpa2 = geometry.va_bits == 52 and geometry.page_shift < 16

    def root_register(self):
        value = register("TTBR1_EL1")
        if value is None:
            return None, None
        pa = value & ((1 << 48) - 1) & ~1
        if self.g.page_shift == 16 or self.lpa2:  # BADDR[51:48] in bits 5:2
            pa = pa & ~0x3f | bits(value, 5, 2) << 48
        return "TTBR1_EL1", pa

    def kind(self, value, level):
        if not value & 1:
            return "invalid" if value else "empty"
        if value & 2:
            return "table" if level else "leaf"
        return "leaf" if level else "reserved"

    def output(self, value):
        pa = value & ((1 << 48) - 1) & ~((1 << self.g.page_shift) - 1)
        if self.lpa2:
            return pa | bits(value, 49, 48) << 48 | bits(value, 9, 8) << 50
        if self.g.page_shift == 16:
            pa |= bits(value, 15, 12) << 48
        return pa

    def rights(self, value):
        user = value >> 6 & 1
        return "%s%s%s%s" % ("r", "-" if value >> 7 & 1 else "w",
                             "-" if value >> (54 if user else 53) & 1 else "x", "-" if value >> 11 & 1 else "g")

    def memory(self, value):
        return self.MEMORY.get(bits(value, 4, 2), "AttrIndx %d" % bits(value, 4, 2))

    def more(self, value):
        names = ["AttrIndx %d" % bits(value, 4, 2)]
        if not self.lpa2:
            names.append({0: "non-shareable", 2: "outer shareable", 3: "inner shareable"}.get(bits(value, 9, 8), "SH 1"))
        names += [name for bit, name in ((6, "EL0"), (10, "accessed"), (51, "DBM"), (52, "contiguous"), (53, "PXN"),
                                         (54, "UXN")) if value >> bit & 1]
        return names


class Riscv:
    """Sv39, Sv48, Sv57 with Svnapot and Svpbmt."""

    def __init__(self, geometry):
        self.g = geometry

    def root_register(self):
        value = register("satp")
        return (None, None) if value is None else ("satp", bits(value, 43, 0) << 12)

    def kind(self, value, level):
        if not value & 1:
            return "invalid" if value else "empty"
        if value & 0xe:
            return "leaf"
        return "table" if level else "reserved"

    def output(self, value):
        ppn = bits(value, 53, 10)
        if value >> 63:  # Svnapot: PPN[3:0] encodes the length of the run
            ppn &= ~15
        return ppn << 12

    def rights(self, value):
        return "".join(c if value >> bit & 1 else "-" for bit, c in ((1, "r"), (2, "w"), (3, "x"), (5, "g")))

    def memory(self, value):
        return {0: "normal", 1: "uncached", 2: "device"}.get(bits(value, 62, 61), "PBMT 3")

    def more(self, value):
        return ["PBMT %d" % bits(value, 62, 61)] + [
            name for bit, name in ((4, "user"), (6, "accessed"), (7, "dirty"), (63, "NAPOT")) if value >> bit & 1]


def walk(va):
    """Lines: geometry, then each level from the root to the entry that ends the walk."""
    g = Geometry()
    cell = g.cell
    name, held = cell.root_register()
    root = "" if name is None else ", as %s has it" % name if held == g.root else ", but %s has 0x%x" % (name, held)
    yield "%s: %d levels, %s pages, VA of %d bits; root 0x%x%s" % (
        g.name, g.levels, size_text(1 << g.page_shift), g.va_bits, g.root, root)
    if va < (-(1 << g.half_bits) & U64):
        raise Wrong("0x%x is below the kernel's half, which begins at 0x%x" % (va, -(1 << g.half_bits) & U64))
    table = g.root
    with Physical() as memory:
        for level in range(g.levels - 1, -1, -1):
            at = table + 8 * g.index(va, level)
            value = memory.word(at)
            kind = cell.kind(value, level)
            line = "level %d  cell 0x%x  0x%016x  %s" % (level, at, value, kind)
            if kind == "table":
                table = cell.output(value)
                yield line + " 0x%x" % table
                continue
            if kind != "leaf":
                yield line
                yield "va 0x%x has no translation" % va
                return
            span = 1 << g.shift(level)
            pa = cell.output(value) & ~(span - 1) if not value >> 63 or g.name.startswith("arm64-") else cell.output(value)
            if g.name.startswith("riscv-") and value >> 63:  # a page inside its run
                pa |= va & 0xf000
            yield "%s 0x%x %s" % (line, pa, size_text(span))
            yield "         valid, %s %s: %s" % (cell.rights(value), cell.memory(value), ", ".join(cell.more(value)))
            yield "va 0x%x is pa 0x%x" % (va, pa + (va & (span - 1)))
            return


# ---- blocks, pages ----

def block_table():
    return beside("block_find", "top", "nr_top", "leaf_shift", "mid_shift")


def blocks():
    """struct block of each block that exists, in address order."""
    table, kind = block_table(), gdb.lookup_type("struct block").pointer()
    pages = gdb.lookup_type("void").pointer().pointer()
    for top in range(int(table["nr_top"])):
        mid = table["top"][top]
        if not number(mid):
            continue
        for m in range(1 << int(table["mid_shift"])):
            leaf = mid.cast(pages)[m]
            if not number(leaf):
                continue
            for n in range(1 << int(table["leaf_shift"])):
                block = gdb.Value((number(leaf) + (n << 7)) & U64).cast(kind).dereference()
                if int(block["state"]) or int(block["held"]):
                    yield block


def block_of(pfn):
    for block in blocks():
        first = number(block["first_pfn"])
        if first <= pfn < first + (number(symbol("layout")["block_bytes"]) >> page_shift()):
            return block
    return None


def page_shift():
    layout = symbol("layout")
    if not number(layout["fmt"]):
        raise Wrong("the layout is not chosen yet (layout.fmt is NULL)")
    return int(layout["fmt"]["page_shift"])


def described(block):
    """(state, node, zone, memmap, held) in the words of `blocks` at the prompt."""
    online = int(block["state"]) == 3
    memmap = "boot memory" if int(block["boot"]) else text_of(block["memmap"]["s"]["name"]) if number(block["memmap"]) else "-"
    return (enumerator("block_state", int(block["state"]), "BLOCK_"), int(block["node"]),
            enumerator("zone_id", int(block["zone"]), "ZONE_").capitalize() if online else "-", memmap,
            "held" if int(block["held"]) else "")


def block_lines():
    size, shift = number(symbol("layout")["block_bytes"]), page_shift()
    yield "blocks of " + size_text(size)
    yield "%-11s %-24s %4s  %-13s %-8s %s" % ("block", "range", "node", "state", "zone", "memmap")
    runs = []
    for block in blocks():
        pa = number(block["first_pfn"]) << shift
        if runs and runs[-1][2] == described(block) and runs[-1][1] == pa:
            runs[-1][1] = pa + size
        else:
            runs.append([pa, pa + size, described(block)])
    for start, end, (state, node, zone, memmap, held) in runs:
        first, last = start // size, end // size - 1
        yield "%-11s %-24s %4d  %-13s %-8s %s%s" % (
            "%d-%d" % (first, last) if last > first else first, "0x%x+%s" % (start, size_text(end - start)), node, state,
            zone, memmap, " " + held if held else "")


def page_lines(pfn):
    layout, shift = symbol("layout"), page_shift()
    base = number(layout["phys_base"]) >> shift
    if pfn < base or (pfn - base) << shift >= number(layout["r"][LINEAR]["len"]):
        raise Wrong("pfn 0x%x is outside the linear map, which begins at pfn 0x%x" % (pfn, base))
    at = number(layout["r"][VMEMMAP]["va"]) + (pfn - base) * 64
    page = gdb.Value(at).cast(gdb.lookup_type("struct page").pointer()).dereference()
    try:
        flags = number(page["flags"])
    except gdb.MemoryError:
        raise Wrong("pfn 0x%x (pa 0x%x) has no struct page: 0x%x is not mapped (hp-pt 0x%x)" % (pfn, pfn << shift, at, at))
    block = block_of(pfn)
    yield "pfn 0x%x, pa 0x%x, struct page at 0x%x" % (pfn, pfn << shift, at)
    yield "flags     0x%08x: %s, provenance %s, order %d, node %d" % (
        flags, enumerator("page_state", bits(flags, 7, 4), "PAGE_"), enumerator("pt_provenance", bits(flags, 3, 0), "PAGE_"),
        bits(flags, 15, 8), bits(flags, 31, 16))
    yield "refcount  %d   private 0x%x" % (int(page["refcount"]), number(page["private"]))
    yield "owner     %s" % (text_of(page["owner"]) or "-")
    yield "block     %s" % ("none" if block is None else "%d, %s, zone %s" % (
        number(block["first_pfn"]) // (number(layout["block_bytes"]) >> shift), described(block)[0], described(block)[2]))


# ---- the log, and symbols before the MMU is on ----

def log_text():
    ring = symbol("log_ring")
    raw = bytes(gdb.selected_inferior().read_memory(number(ring.address), ring.type.sizeof))
    text, wrong = ringdump.decode(raw)
    if text is None:
        raise Wrong("the ring: " + wrong)
    return text


def elf_head(elf, size=64):
    """The first bytes of the image, from the ELF file."""
    start = number(gdb.parse_and_eval("&image_start"))
    listed = gdb.execute("maint info sections", to_string=True)
    for lo, hi, offset in re.findall(r"0x([0-9a-f]+)->0x([0-9a-f]+) at 0x([0-9a-f]+):", listed):
        if int(lo, 16) <= start < int(hi, 16):
            with open(elf, "rb") as f:
                f.seek(int(offset, 16) + start - int(lo, 16))
                return f.read(size)
    raise Wrong("%s has no section at image_start" % elf)


def image_places(head):
    """Addresses of the image in the first 256 MiB of RAM."""
    for base in (0x40000000, 0x80000000):
        for pa in range(base, base + (256 << 20), 1 << 21):
            try:
                if bytes(gdb.selected_inferior().read_memory(pa, len(head))) == head:
                    yield pa
            except gdb.MemoryError:
                break


def load_early(pa=None):
    elf = gdb.objfiles()[0].filename
    start = number(gdb.parse_and_eval("&image_start"))
    places = [pa] if pa is not None else list(image_places(elf_head(elf)))
    if not places:
        raise Wrong("the image is at no multiple of 2 MiB near the start of RAM: give its address, hp-early PA")
    for place in places:
        gdb.execute("add-symbol-file %s -o %d" % (elf, place - start), to_string=True)
    return places


# ---- commands ----

class Group(gdb.Command):
    """Commands for hotplate's page tables, blocks, pages and log."""

    def __init__(self):
        super().__init__("hp", gdb.COMMAND_DATA, prefix=True)


class Command(gdb.Command):
    word, most = "", 1

    def __init__(self):
        super().__init__(self.word, gdb.COMMAND_DATA)

    def invoke(self, argument, _):
        gdb.write("".join(line + "\n" for line in self.lines(argument.strip())))

    def lines(self, argument):
        raise NotImplementedError


class Pt(Command):
    """hp-pt VA: walk the kernel's live page table for VA, level by level.

Each level: the physical address of the cell, its raw value and its kind.  The leaf: output address, size, rights in the
letters of ptdump (read, write, execute, global), memory type and the bits that encode it.  VA is any expression:
hp-pt $pc"""
    word = "hp-pt"

    def lines(self, argument):
        if not argument:
            raise Wrong("hp-pt VA: which address?")
        return walk(address(argument))


class Blocks(Command):
    """hp-blocks: memory blocks and their states, as `blocks` at the prompt."""
    word = "hp-blocks"

    def lines(self, argument):
        return block_lines()


class Page(Command):
    """hp-page PFN: the struct page of a page frame: flags, zone, owner, block.

PFN is the physical address divided by the page size: hp-page 0x80000000 >> 12"""
    word = "hp-page"

    def lines(self, argument):
        if not argument:
            raise Wrong("hp-page PFN: which page frame?")
        return page_lines(address(argument))


class Log(Command):
    """hp-log [N]: the log ring, or its last N lines."""
    word = "hp-log"

    def lines(self, argument):
        found = log_text().rstrip("\n").split("\n")
        if argument and not argument.isdigit():
            raise Wrong("hp-log N: `%s` is no number of lines" % argument)
        return found[-int(argument):] if argument else found


class Early(Command):
    """hp-early [PA]: symbols at the address of the image before it maps itself, found in memory or at PA.

make debug does this at the first instruction.  Before the MMU is on, `break` takes the names of functions of boot/."""
    word = "hp-early"

    def lines(self, argument):
        for place in load_early(address(argument) if argument else None):
            yield "symbols at 0x%x, before the image maps itself" % place


for one in (Group, Pt, Blocks, Page, Log, Early):
    one()
