# SPDX-License-Identifier: BSD-2-Clause
"""Tables of our own in RAM, acpi=ADDR+SIZE, on both architectures: the same parser, the same namespace; each
malformed table is reported in one line, and boot continues."""
import os
import re
import struct
import subprocess

import pytest

from conftest import LOGS

AT = {"arm64": 0x50000000, "riscv64": 0x90000000}
SIZE = 0x10000
MACHINE = {"SMP": "2", "NODES": "1", "MEM": "512M"}
XSDT, FADT, SRAT, DSDT = 0x40, 0x100, 0x300, 0x400
ASL = '''
DefinitionBlock ("", "DSDT", 2, "HOTPL", "SYSTEM", 1)
{
    Scope (\\_SB)
    {
        Device (GED)
        {
            Name (_HID, "ACPI0013")
            Name (_CRS, ResourceTemplate () { Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 0x50 } })
            Method (_EVT, 1) { %s }
        }
        Device (MEM0)
        {
            Name (_HID, EisaId ("PNP0C80"))
            Name (_CRS, ResourceTemplate () { QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
                Cacheable, ReadWrite, 0, 0x200000000, 0x207FFFFFF, 0, 0x8000000) })
            Method (_STA) { Return (Zero) }
        }
    }
}
'''


def sealed(table):
    table = bytearray(table)
    table[9] = 0
    table[9] = -sum(table) & 255
    return bytes(table)


def head(name, length, revision=1):
    return struct.pack("<4sIBB6s8sI4sI", name, length, revision, 0, b"HOTPL ", b"SYSTEM  ", 1, b"HOTP", 1)


def dsdt(name, body, asl=ASL):
    source = os.path.join(LOGS, name + ".asl")
    with open(source, "w", encoding="ascii") as f:
        f.write(asl % body)
    subprocess.run(["iasl", "-p", source[:-4], source], check=True, capture_output=True)
    with open(source[:-4] + ".aml", "rb") as f:
        return f.read()


def blob(arch, aml):
    """RSDP, XSDT, FADT, SRAT with a window above everything, DSDT."""
    at = AT[arch]
    fadt = bytearray(head(b"FACP", 276, 6) + bytes(240))
    struct.pack_into("<I", fadt, 112, 1 << 20)
    struct.pack_into("<Q", fadt, 140, at + DSDT)
    srat = head(b"SRAT", 88, 3) + struct.pack("<IQ", 1, 0) + struct.pack(
        "<BBIHQQIIQ", 1, 40, 0, 0, 0x200000000, 1 << 30, 0, 3, 0)
    rsdp = bytearray(struct.pack("<8sB6sBIIQB3s", b"RSD PTR ", 0, b"HOTPL ", 2, 0, 36, at + XSDT, 0, b""))
    rsdp[8] = -sum(rsdp[:20]) & 255
    rsdp[32] = -sum(rsdp) & 255
    memory = bytearray(SIZE)
    for offset, table in ((0, bytes(rsdp)),
                          (XSDT, sealed(head(b"XSDT", 52) + struct.pack("<QQ", at + FADT, at + SRAT))),
                          (FADT, sealed(fadt)), (SRAT, sealed(srat)), (DSDT, aml)):
        memory[offset:offset + len(table)] = table
    return memory


@pytest.fixture
def tables(boot):
    """tables(arch, memory) -> Machine that finds these bytes at the address."""
    def start(arch, memory, words=None, **knobs):
        file = os.path.join(LOGS, "tables-%s-%d.bin" % (arch, os.getpid()))
        with open(file, "wb") as f:
            f.write(memory)
        return boot(arch, **dict(MACHINE, ARGS="withhold=none " + (words or "acpi=0x%x+64K" % AT[arch]),
                                 QEMU_ARGS="-device loader,file=%s,addr=0x%x,force-raw=on" % (file, AT[arch]),
                                 **knobs))
    return start


@pytest.mark.tier("ci")
def test_from_memory(arch, tables):
    machine = tables(arch, blob(arch, dsdt("fine-" + arch, "")))
    assert "ACPI: GED, 0 of 1 slots in use" in machine.banner
    printed = machine.answer("acpi")
    assert re.search(r"tables +FACP SRAT DSDT", printed) and "window   0x200000000+1G" in printed
    assert re.search(r"memory +\\_SB.MEM0 +empty", printed)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("lie", ["truncated", "checksum", "rsdp", "loop", "ram", "nowhere"])
def test_lies(arch, tables, lie):
    """One line each, and the machine is usable."""
    body = {"loop": "While (One) { }", "ram":
            "OperationRegion (BAD0, SystemMemory, 0x%x, 4) Field (BAD0, DWordAcc) { VAL0, 32 } VAL0 = 1" %
            (AT[arch] - 0x1000000)}.get(lie, "")
    memory = blob(arch, dsdt(lie + "-" + arch, body))
    if lie == "truncated":
        struct.pack_into("<I", memory, SRAT + 4, SIZE)
    elif lie == "checksum":
        memory[DSDT + 50] ^= 1
    elif lie == "rsdp":
        memory[3] ^= 1
    wanted = {"truncated": "SRAT at 0x[0-9a-f]+ is cut off", "checksum": "DSDT at 0x[0-9a-f]+ has a bad checksum",
              "rsdp": "no RSDP at", "loop": "AML does not terminate", "ram": "which is RAM",
              "nowhere": "is not all RAM"}[lie]
    machine = tables(arch, memory, "acpi=0x7000000000+64K" if lie == "nowhere" else None)
    assert len(re.findall(wanted, machine.banner)) == 1, machine.banner[:1500]
    assert "digest" in machine.answer("digest")


CLOCK = {  # the machine's real-time clock asserts its interrupt until it is cleared: node, number, registers, AML
    "arm64": ("/pl031@9010000", 0x22, 0x09010000, "DR00, 32, MR00, 32, LR00, 32, CR00, 32, IM00, 32, Offset (0x1C), "
              "IC00, 32", "MR00 = DR00 + 1 IM00 = 1", "IC00 = 1"),
    "riscv64": ("/soc/rtc@101000", 0x0b, 0x101000, "TL00, 32, TH00, 32, AL00, 32, AH00, 32, IE00, 32, "
                "Offset (0x1C), CI00, 32", "Local0 = TL00 Local0 += (TH00 << 32) + 500000000 AH00 = Local0 >> 32 "
                "AL00 = Local0 & 0xFFFFFFFF IE00 = 1", "CI00 = 1"),
}
LEVEL = '''
DefinitionBlock ("", "DSDT", 2, "HOTPL", "LEVEL", 1)
{
    Scope (\\_SB)
    {
        Name (CNT0, 0)
        Name (HERE, 0)
        Device (GED)
        {
            Name (_HID, "ACPI0013")
            Name (_CRS, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 0x%02X } })
            OperationRegion (RTC0, SystemMemory, 0x%X, 0x20)
            Field (RTC0, DWordAcc, NoLock, Preserve) { %s }
            Method (_L%02X, 0, Serialized)
            {
                CNT0 += 1
                If (CNT0 < 4) { %s %s }
                If (CNT0 == 3) { HERE = 0x0F Notify (MEM0, 1) }
            }
        }
        Device (MEM0)
        {
            Name (_HID, EisaId ("PNP0C80"))
            Name (_CRS, ResourceTemplate () { QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
                Cacheable, ReadWrite, 0, 0x%X, 0x%X, 0, 0x8000000) })
            Method (_STA) { Return (HERE) }
        }
    }
}
'''


@pytest.mark.tier("ci")
def test_level(arch, tables):
    """A GED with a real level interrupt: twice it is asserted and deasserted, and memory is added; then AML leaves it
    asserted, and it is disabled with one line.  The device tree does not have the clock, so AML may access it."""
    node, irq, at, fields, alarm, clear = CLOCK[arch]
    where, machine = AT[arch] + 0x10000000, dict(MACHINE, MEM="1G")
    blob_of_tree = os.path.join(LOGS, "level-%s.dtb" % arch)
    subprocess.run(["tools/hotplate", "run", "ARCH=" + arch, "QEMU_ARGS=-machine dumpdtb=" + blob_of_tree] + [
        "%s=%s" % k for k in machine.items()], check=True, capture_output=True, timeout=60)
    subprocess.run(["fdtput", "-r", blob_of_tree, node], check=True)
    aml = dsdt("level-" + arch, (irq, at, fields, irq, clear, alarm, where, where + 0x7ffffff), LEVEL)
    machine = tables(arch, blob(arch, aml), "acpi=0x%x+64K withhold=0x%x+128M" % (AT[arch], where), MEM="1G",
                     DTB=blob_of_tree)
    machine.child.expect(r"src=acpi op=add range=0x%x\+128M node=0 outcome=ok code=0" % where)
    if arch == "arm64":  # QEMU's PLIC does not repeat a level that stays asserted
        machine.child.expect_exact("interrupt %d stays asserted after its method: it is disabled" % irq)
    machine.until_prompt()
    interrupts = int(re.search(r"GED .* (\d+) interrupts", machine.before_and_answer("acpi")[1])[1])
    assert interrupts >= (102 if arch == "arm64" else 2)
    if arch == "arm64":
        assert re.search("GED .* %d interrupts" % interrupts, machine.answer("acpi")), "and no more of them"
