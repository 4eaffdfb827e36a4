# SPDX-License-Identifier: BSD-2-Clause
"""ACPI tables that tests make, and the files by which QEMU's fw_cfg passes them to firmware.

  loader([table, ...]) -> {"etc/table-loader": bytes, "etc/acpi/rsdp": ..., "etc/acpi/tables": ...}
  virt()               -> tables of QEMU's arm64 machine with one CPU, without a console
"""
import struct


def head(name, body, revision=1):
    """A table with a header of 36 bytes; the loader computes its checksum."""
    return struct.pack("<4sIBB6s8sI4sI", name.encode(), 36 + len(body), revision, 0, b"CRAFT ", b"TABLES  ", 1, b"HAND",
                       1) + body


def fadt():
    """Hardware-reduced; PSCI, called by HVC.  The loader writes the address of the DSDT at 140."""
    body = bytearray(276 - 36)
    struct.pack_into("<I", body, 112 - 36, 1 << 20)
    struct.pack_into("<H", body, 129 - 36, 3)
    body[131 - 36] = 3
    return head("FACP", bytes(body), 6)


def gicd(pa=0x08000000, version=2):
    return struct.pack("<BBHIQIBBBB", 12, 24, 0, 0, pa, 0, version, 0, 0, 0)


def gicc(mpidr=0, flags=1, cpu_if=0x08010000):
    return struct.pack("<BBHIIIIIQQQQIQQI", 11, 80, 0, mpidr, mpidr, flags, 0, 23, 0, cpu_if, 0, 0, 0, 0, mpidr, 0)


def madt(*entries):
    return head("APIC", struct.pack("<II", 0, 0) + b"".join(entries or (gicd(), gicc())), 4)


def gtdt(numbers=(29, 30, 27, 26), cut=0):
    timers = b"".join(struct.pack("<II", gsi, 0) for gsi in numbers)
    body = struct.pack("<QI", 2**64 - 1, 0) + timers + struct.pack("<QII", 2**64 - 1, 0, 0)
    return head("GTDT", body[:len(body) - cut], 2)


def mcfg(pa, first=0, last=255, cut=0):
    body = bytes(8) + struct.pack("<QHBBI", pa, 0, first, last, 0)
    return head("MCFG", body[:len(body) - cut])


def srat(*entries):
    return head("SRAT", struct.pack("<IQ", 1, 0) + b"".join(entries), 3)


def near_memory(domain, pa, size):
    return struct.pack("<BBIHQQIIQ", 1, 40, domain, 0, pa, size, 0, 1, 0)


def near_cpu(domain, uid):
    return struct.pack("<BBIIII", 3, 18, domain, uid, 1, 0)


def address(pa):
    return struct.pack("<BBBBQ", 0, 32, 0, 3, pa)


def spcr(kind, pa):
    return head("SPCR", struct.pack("<BBBB", kind, 0, 0, 0) + address(pa) + struct.pack("<BBIBBBBB", 8, 0, 33, 3, 0, 1, 0, 3) +
                bytes(80 - 36 - 4 - 12 - 11), 2)


def dbg2(kind, pa):
    device = struct.pack("<BHBHHHHHHHHH", 0, 22 + 12 + 4 + 2, 1, 2, 38, 0, 0, 0x8000, kind, 0, 22, 34)
    return head("DBG2", struct.pack("<II", 44, 1) + device + address(pa) + struct.pack("<I", 0x1000) + b".\0", 0)


def virt():
    return [fadt(), madt(), gtdt()]


def name56(name):
    return name.encode().ljust(56, b"\0")


def command(number, body):
    return (struct.pack("<I", number) + body).ljust(128, b"\0")


def loader(tables):
    """One file with DSDT, the tables and XSDT; one with the RSDP; and the script that links them."""
    rsdp, file = "etc/acpi/rsdp", "etc/acpi/tables"
    data, script = bytearray(head("DSDT", b"", 2)), []
    at = [0]
    for table in tables:
        at.append(len(data))
        data += table
    xsdt = len(data)
    data += head("XSDT", struct.pack("<%dQ" % len(tables), *at[1:]))
    struct.pack_into("<Q", data, at[1] + 140, 0)  # the FADT is the first table; its DSDT is at 0

    script.append(command(1, name56(rsdp) + struct.pack("<IB", 16, 2)))
    script.append(command(1, name56(file) + struct.pack("<IB", 64, 1)))
    links = [(file, at[1] + 140, file)] + [(file, xsdt + 36 + 8 * n, file) for n in range(len(tables))]
    for where, offset, to in links:
        script.append(command(2, name56(where) + name56(to) + struct.pack("<IB", offset, 8)))
    for begin in at + [xsdt]:
        length = struct.unpack_from("<I", data, begin + 4)[0]
        script.append(command(3, name56(file) + struct.pack("<III", begin + 9, begin, length)))
    script.append(command(2, name56(rsdp) + name56(file) + struct.pack("<IB", 24, 8)))
    script.append(command(3, name56(rsdp) + struct.pack("<III", 8, 0, 20)))
    script.append(command(3, name56(rsdp) + struct.pack("<III", 32, 0, 36)))
    root = struct.pack("<8sB6sBIIQB3x", b"RSD PTR ", 0, b"CRAFT ", 2, 0, 36, xsdt, 0)
    return {"etc/table-loader": b"".join(script), rsdp: root, file: bytes(data)}
