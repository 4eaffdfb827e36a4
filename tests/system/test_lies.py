# SPDX-License-Identifier: BSD-2-Clause
"""Wrong firmware descriptions: each mistake causes one clear line, and the machine continues with the sound parts.

The trees are QEMU's own, edited, and passed by the stub of devices/device_tree.py.  Independent mistakes share a
boot:
each has its line.
"""
import re

import pytest

import ring
from conftest import PROMPT, rough
from devices.device_tree import IMAGE_AT, RAM, TREE_AT, compile_tree, memory_node, reg, source, start  # noqa: F401

BASE = {arch: int(RAM[arch].split()[1], 16) for arch in RAM}
UART = {"arm64": "pl011@9000000", "riscv64": "serial@10000000"}
MiB = 1 << 20


def cells(*values):
    return " ".join("0x%x 0x%x" % (v >> 32, v & 0xffffffff) for v in values)


def put(text, nodes):
    """The tree with more nodes below the root."""
    return text.rstrip()[:-2] + nodes + "};\n"


def node_of(text, name):
    """The text of a node with its children."""
    at = text.index(name + " {")
    depth, end = 0, at
    while True:
        end += 1
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if text[end] == "}" and not depth:
            return text[at:end + 2]


def within(text, name, old, new):
    """Edit one node by a pattern, which must match."""
    node = node_of(text, name)
    edited, n = re.subn(old, new, node, flags=re.S)
    assert n, (name, old)
    return text.replace(node, edited)


def chosen(text, old, new):
    return within(text, "\tchosen", old, new)


def output_to_prompt(child):
    child.expect_exact(PROMPT)
    return child.before.replace("\r", "")


def boots(arch, text, name, extra=(), works=True, **more):
    """The output up to the prompt; tests run there."""
    child = start(arch, compile_tree(text), "lies-" + name, extra, **more)
    try:
        printed = output_to_prompt(child)
        if works:
            child.send("run boot.wx\r")
            child.expect("#: end verdict=pass")
        return printed
    finally:
        child.close(force=True)


def in_use(arch, kib):
    """The banner's text.  QEMU's tree does not describe OpenSBI, whose 512 KiB (384 KiB of 1.6) do not respond."""
    sizes = [kib - taken for taken in ((512, 384) if arch == "riscv64" else (0,))]
    return "memory +(%s) in use" % "|".join(map(rough, sizes))


def silent(arch, text_or_blob, name, pattern, **stub_args):
    """Without a tree arm64 has no console: returns the text of the ring as soon as it has the pattern."""
    blob = text_or_blob if isinstance(text_or_blob, bytes) else compile_tree(text_or_blob)
    child = start(arch, blob, "lies-" + name, **stub_args)
    try:
        return ring.wait_for(child, arch, IMAGE_AT[arch], pattern, "lies-" + name)
    finally:
        child.close(force=True)


def holds(printed, *lines):
    """Check for each line, unchanged or wrapped as the banner's lines are."""
    missing = [s for s in lines if not re.search(s, printed) and not re.search(s, " ".join(printed.split()))]
    assert not missing, "not printed: %s\n%s" % (missing, printed[:3000])


# ---- the console ----

def aliased(text, arch):
    text = chosen(text, "stdout-path = [^;]*;", 'stdout-path = "serial1:115200n8";')
    path = "/" + UART[arch] if arch == "arm64" else "/soc/" + UART[arch]
    alias = 'serial1 = "%s"; ' % path
    if "\taliases {" in text:  # the aliases of QEMU 10
        return text.replace("\taliases {", "\taliases { " + alias, 1)
    return put(text, "\taliases { %s};\n" % alias)


def other_uart(text, arch, body):
    """stdout-path names a UART of ours; the real one is still there."""
    text = chosen(text, "stdout-path = [^;]*;", 'stdout-path = "/uart@7000000";')
    return put(text, "\tuart@7000000 { %s };\n" % body)


STDOUT = {  # name -> (edit, the line, or None)
    "alias": (aliased, None),
    "no-chosen": (lambda t, a: t.replace(node_of(t, "\tchosen"), ""), "there is no /chosen; @ is used"),
    "missing": (lambda t, a: chosen(t, "stdout-path = [^;]*;", ""),
                "/chosen has no usable stdout-path; @ is used"),
    "nothing": (lambda t, a: chosen(t, "stdout-path = [^;]*;", 'stdout-path = "/soc/nobody@123:115200";'),
                "stdout-path=/soc/nobody@123:115200 names no node; @ is used"),
    "unterminated": (lambda t, a: chosen(t, "stdout-path = [^;]*;", "stdout-path = [2f 73 6f 63];"),
                     "/chosen has no usable stdout-path; @ is used"),
    "disabled": (lambda t, a: other_uart(t, a, 'compatible = "ns16550a"; status = "disabled"; reg = <0 0x7000000 0 '
                                               '0x100>;'),
                 "the status of uart@7000000 is not okay; @ is used"),
    "unknown": (lambda t, a: other_uart(t, a, 'compatible = "acme,uart-9", "acme,uart"; reg = <0 0x7000000 0 0x100>;'),
                'no driver for this UART: compatible = "acme,uart-9"; @ is used'),
    "too-small": (lambda t, a: other_uart(t, a, 'compatible = "ns16550a"; reg = <0 0x7000000 0 0x4>;'),
                  r"the driver refuses uart@7000000, reg 0x7000000\+0x4; @ is used"),
    "no-reg": (lambda t, a: other_uart(t, a, 'compatible = "arm,pl011";'),
               "device tree: uart@7000000 has no usable reg; @ is used"),
}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("case", sorted(STDOUT))
def test_stdout(arch, case, source):
    """A console other than the one that firmware names is reported."""
    edit, line = STDOUT[case]
    printed = boots(arch, edit(source(arch), arch), "stdout-" + case, works=False)
    if line:
        holds(printed, "(?m)^console: " + line.replace("@ is", UART[arch] + " is") + "$")
    else:
        assert "console:" not in printed, printed


# ---- memory ----

def memory_lies(text, arch):
    """Wrong in nine ways beside the node that is right."""
    base, nodes = BASE[arch], ""
    for name, reg_of in (("beyond", cells(1 << 60, 1 << 20)), ("wraps", cells((1 << 64) - 4096, 1 << 20)),
                         ("empty", cells(0xff0000000, 0)), ("odd", cells(0xfe0000123, 0x777)),
                         ("short", "0x1 0x0 0x1"), ("overlaps", cells(base, 64 * MiB))):
        nodes += '\tmemory@%s { device_type = "memory"; reg = <%s>; };\n' % (name, reg_of)
    nodes += '\tmemory@off { device_type = "memory"; status = "disabled"; reg = <%s>; };\n' % cells(0xfd0000000, MiB)
    nodes += '\tmemory@none { device_type = "memory"; };\n'
    return put(text, nodes)


def test_memory(arch, source):
    """Nodes that cannot be memory, and RAM that does not exist."""
    base = BASE[arch]
    text = memory_lies(source(arch), arch)
    text = text.replace(memory_node(text), reg(text, cells(base, 768 * MiB)))
    printed = boots(arch, text, "memory")
    holds(printed, "memory 0x1000000000000000.1M left out: it is beyond any physical address",
          "memory 0xfffffffffffff000.1M left out: it wraps around", "memory 0xff0000000.0x0 left out: it is empty",
          "memory 0xfe0000123.0x777 left out: it is not aligned", "a memory node has no usable reg and is left out",
          "memory 0x%x.64M left out: 0x%x.64M overlaps RAM at" % (base, base),
          r"memory: 0x%x\+256M left out: it does not hold written values" % (base + 512 * MiB),
          in_use(arch, 512 << 10))
    assert printed.count("no usable reg") == 2 and "0xfd0000000" not in printed, printed


@pytest.mark.tier("ci")
def test_ranges_of_one_node_in_any_order(arch, source):
    """Three ranges in one node, the highest first, and an earlier node with a higher address."""
    base = BASE[arch]
    text = source(arch)
    low = reg(text, cells(base + 192 * MiB, 64 * MiB, base + 128 * MiB, 0x30000, base, 127 * MiB))
    high = re.sub(r"memory@[0-9a-f]+", "memory@high", reg(text, cells(base + 256 * MiB, 256 * MiB)), count=1)
    printed = boots(arch, text.replace(memory_node(text), high + low), "order")
    holds(printed, in_use(arch, (447 << 10) + 192))
    assert "device tree: memory" not in printed, printed


@pytest.mark.tier("ci")
def test_registers_where_ram_is_claimed(arch, source):
    """A memory node that also covers the devices down to address 0, and is larger than the memory."""
    text = source(arch)
    covered = reg(text, cells(0, BASE[arch] + 1024 * MiB))
    printed = boots(arch, text.replace(memory_node(text), covered), "shadow")
    holds(printed, r"device tree: 0x[0-9a-f]+\+\w+ is no RAM: registers of [\w@-]+ and \d+ more are there",
          r"memory: 0x[0-9a-f]+.(0x[0-9a-f]+|\d+[KMGT]) left out: it does not hold written values",
          in_use(arch, 512 << 10))


@pytest.mark.tier("ci")
def test_registers_in_the_image(arch, source):
    """The image is in RAM, regardless of the nodes."""
    text = put(source(arch), '\tghost@1 { compatible = "acme,ghost"; reg = <%s>; };\n' %
               cells(IMAGE_AT[arch] + MiB, 4096))
    holds(boots(arch, text, "ghost"), r"ghost@1 claims registers at 0x%x, where the image is: not believed" % (
        IMAGE_AT[arch] + MiB), in_use(arch, 512 << 10))


@pytest.mark.tier("ci")
def test_reserved(arch, source):
    """Reserved ranges that overlap, wrap, or are outside RAM, and too many of them."""
    at = BASE[arch] + 256 * MiB
    claimed = (("a", "", at, MiB), ("b", "no-map;", at + MiB // 2, MiB), ("nowhere", "", 0xee0000000, MiB),
               ("wraps", "", (1 << 64) - 4096, MiB), ("empty", "", at, 0))
    nodes = "".join("%s@1 { %s reg = <%s>; };\n" % (n, p, cells(pa, size)) for n, p, pa, size in claimed)
    nodes += "".join("many@%d { reg = <%s>; };\n" % (n, cells(at + (16 + n) * MiB, 8192)) for n in range(150))
    nodes += "short@1 { reg = <0x0 0x1 0x2>; };\n"
    nodes += "dynamic { size = <0x0 0x100000>; };\n"
    text = put(source(arch), "\treserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;\n%s};\n" % nodes)
    printed = boots(arch, text, "reserved")
    holds(printed, r"reserved b@1, 0x%x\+1M, overlaps the reserved at 0x%x: both stay" % (at + MiB // 2, at),
          r"reserved nowhere@1, 0xee0000000\+1M, is outside RAM",
          "reserved wraps@1, 0xfffffffffffff000.1M, left out: it is empty or wraps around",
          "reserved empty@1, 0x%x.0x0, left out" % at, "a child of /reserved-memory has a malformed reg",
          r"reserved many@\d+, 0x[0-9a-f]+\+8K, is one range too many: not used at all")
    assert "dynamic" not in printed


@pytest.mark.tier("ci")
def test_no_map_wins(arch, source):
    """A range that is no-map and also reserved, before, after and by /memreserve/, is not in the linear map."""
    at = BASE[arch] + 256 * MiB
    nodes = "".join("%s@1 { %s reg = <%s>; };\n" % (n, p, cells(at + pa * MiB, size * MiB)) for n, p, pa, size in (
        ("a", "", 0, 4), ("b", "no-map;", 2, 4), ("c", "", 4, 4)))
    text = put(source(arch), "\treserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;\n%s};\n" % nodes)
    text = re.sub(r"(/dts-v1/;\n)", r"\1/memreserve/ 0x%x 0x%x;\n" % (at + 3 * MiB, MiB), text, count=1)
    child = start(arch, compile_tree(text), "lies-no-map")
    try:
        holds(output_to_prompt(child), r"reserved b@1, 0x%x\+4M, overlaps the reserved at 0x%x: both stay" % (at + 2 * MiB, at))
        for part, want in (("0x%x+4M" % (at + 2 * MiB), r"\n  empty\n"), ("0x%x+2M" % at, r"-> 0x%x\n" % at),
                           ("0x%x+2M" % (at + 6 * MiB), r"-> 0x%x\n" % (at + 6 * MiB))):
            child.send("ptdump %s\r" % part)
            assert re.search(want, output_to_prompt(child)), (part, child.before)
    finally:
        child.close(force=True)


# ---- references between nodes ----

def loops(text):
    """Interrupt parents that refer to each other and to themselves; phandles of no node and of two nodes."""
    return put(text, """
	loop-a@1 { compatible = "acme,a"; interrupt-parent = <0x7001>; phandle = <0x7001>; interrupts = <1>; };
	loop-b@1 { compatible = "acme,b"; interrupt-parent = <0x7003>; phandle = <0x7002>; interrupts = <1>; };
	loop-c@1 { compatible = "acme,c"; interrupt-parent = <0x7002>; phandle = <0x7003>; interrupts = <1>; };
	twin-a@1 { compatible = "acme,d"; phandle = <0x7004>; };
	twin-b@1 { compatible = "acme,e"; phandle = <0x7004>; };
	zero@1 { compatible = "acme,f"; phandle = <0x0>; interrupt-parent = <0x0>; interrupts = <1>; };
	wide@1 { #address-cells = <3>; #size-cells = <2>; ranges = <1 2 3 4 5 6 7>;
		inner@2 { compatible = "arm,pl011", "ns16550a"; reg = <1 2 3 4 5>; }; };
	narrow@1 { #address-cells = <0>; #size-cells = <0>; ranges = <>;
		inner@3 { compatible = "arm,pl011", "ns16550a"; reg = <1 2 3 4 5>; }; };
""")


@pytest.mark.tier("ci")
def test_names(arch, source):
    """Loops and duplicates of phandles, cells of 0 and 3."""
    printed = boots(arch, loops(source(arch)), "names")
    holds(printed, "device tree: two nodes have phandle 0x7004: the first is used")


@pytest.mark.tier("ci")
@pytest.mark.parametrize("count", ["0", "3"])
def test_root_cells(arch, source, count):
    """No node has an address: a sentence, not a hang."""
    text = re.sub("#address-cells = <0x02>", "#address-cells = <0x%s>" % count, source(arch), count=1)
    wanted = "no memory node covers the image"
    holds(silent(arch, text, "cells-" + count, wanted), wanted)


# ---- boot arguments, clocks, CPUs ----

def absent_cpu(text, arch):
    like = node_of(text, "\t\tcpu@1")
    absent = re.sub(r"reg = <[^>]*>", "reg = <0x29>", like.replace("cpu@1", "cpu@29"))
    absent = re.sub(r"phandle = <[^>]*>;", "", absent)
    return text.replace(like, like + absent)


CLOCK = {"arm64": "clock: CNTFRQ_EL0 is 0: 1000000000 Hz is taken, and there is no usable clock-frequency",
         "riscv64": "clock: the device tree has no timebase-frequency: 10000000 Hz is taken"}


@pytest.mark.tier("ci")
def test_clock_and_cpus(arch, source):
    """No rate, no timer node, a CPU that does not exist."""
    text = absent_cpu(source(arch), arch)
    if arch == "arm64":
        text = text.replace(node_of(text, "\ttimer"), "")
        printed = boots(arch, text, "clock", no_clock=True)
    else:
        text = text.replace("timebase-frequency = <0x989680>", "timebase-frequency = <0x0>")
        printed = boots(arch, text, "clock")
    holds(printed, CLOCK[arch], r"cpu 2 \(hwid 0x29\): firmware does not start it", "1 more left off")


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_no_psci_method(arch, source):
    text = within(source(arch), "\tpsci", r'method = "hvc";', "")
    holds(boots(arch, text, "method", works=False), "psci: method is neither hvc nor smc", "2 CPUs|1 CPU|left off")


@pytest.mark.tier("ci")
@pytest.mark.parametrize("case", ["unterminated", "64k", "long-word"])
def test_bootargs(arch, case, source):
    words = {"unterminated": "[77 69 74 68]", "64k": '"withhold=none %s cpus=1"' % ("seed=1 " * 9362),
             "long-word": '"withhold=none run=%s cpus=1"' % ("a" * 65536)}
    text = chosen(source(arch), "bootargs = [^;]*;", "bootargs = %s;" % words[case])
    printed = boots(arch, text, "bootargs-" + case)
    if case == "unterminated":
        holds(printed, "device tree: bootargs has 4 bytes and no terminator: not used")
    else:
        holds(printed, "1 more left off")
    if case == "long-word":
        holds(printed, r"a word may have \d+ characters, this has 65540")


# ---- the address of the tree ----

@pytest.mark.parametrize("case", ["absent", "unaligned", "unmapped", "unaddressable", "end-unmapped"])
def test_where_the_tree_is(arch, case, source):
    """Without a tree arm64 has no console, so the sentence is in the ring."""
    blob, at = compile_tree(source(arch)), TREE_AT[arch]
    end_of_ram = BASE[arch] + 512 * MiB
    at = {"absent": 0, "unaligned": at + 4, "unmapped": end_of_ram + 512 * MiB, "unaddressable": 0xdead << 48,
          "end-unmapped": end_of_ram - 4096}[case]
    if case == "end-unmapped":
        blob = blob[:4] + (16384).to_bytes(4, "big") + blob[8:4096]
    wanted = {"absent": "device tree: (header: FDT_ERR_BADMAGIC|firmware passed the address 0x0, where no memory responds)",
              "unaligned": "0x%x, which is not aligned to 8 bytes" % at,
              "end-unmapped": "no memory responds at the end of its 16384 bytes",
              }.get(case, "0x%x, where no memory responds" % at)
    holds(silent(arch, blob, "at-" + case, wanted, tree_at=at), wanted, "no memory is known without a device tree")
