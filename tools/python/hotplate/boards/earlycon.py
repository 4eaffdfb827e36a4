# SPDX-License-Identifier: BSD-2-Clause
"""Print the assembler source of the port for boot-stage letters.

  tools/hotplate earlycon
      no port
  tools/hotplate earlycon NAME,ADDRESS[,SHIFT[,WIDTH]]
      a name of UARTS below; SHIFT and WIDTH are for ns16550
  tools/hotplate earlycon sbi
      the SBI console (riscv64)

The source defines struct stage_port of boot/stage.h; docs/boards.md explains
the letters.  A last word STOP=c stops after the letter c, for tests.
"""
import struct

from hotplate import fail

MMIO, SBI = 1, 2
UARTS = {  # name -> mask and value of the status while busy, offsets of status and data, width
    "pl011": (0x20, 0x20, 0x18, 0, 4),
    "sbsa": (0x20, 0x20, 0x18, 0, 4),
    "ns16550": (0x20, 0, 5, 0, 1),
    "sifive": (1 << 31, 1 << 31, 0, 0, 4),
    "cadence": (0x10, 0x10, 0x2C, 0x30, 4),
    "imx": (0x10, 0x10, 0xB4, 0x40, 4),
    "lpuart": (1 << 23, 0, 0x14, 0x1C, 4),
    "meson": (1 << 21, 1 << 21, 0x0C, 0, 4),
    "samsung": (1 << 24, 1 << 24, 0x18, 0x20, 4),
    "armada3700": (1 << 11, 1 << 11, 0x0C, 4, 4),
}


def number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return fail("%s is not a number" % text)


def port(spec: str, stop: str = "") -> bytes:
    """The 24 bytes of struct stage_port."""
    if not spec:
        return bytes(24)
    name, *rest = spec.split(",")
    if name == "sbi" and not rest:
        return struct.pack("<QIIHHBBcB", 0, 0, 0, 0, 0, SBI, 0, stop.encode() or b"\0", 0)
    if name not in UARTS or not 1 <= len(rest) <= (3 if name == "ns16550" else 1):
        fail(
            "%s: there are sbi, %s; write NAME,ADDRESS, ns16550,ADDRESS[,SHIFT[,WIDTH]]"
            % (spec, " ".join(UARTS))
        )
    mask, busy, status, data, width = UARTS[name]
    at, shift, wide = [number(r) for r in rest] + [0, width][len(rest) - 1 :]
    if at % wide or shift > 4 or wide not in (1, 4):
        fail("%s: an address in whole registers, a shift of 0 to 4, a width of 1 or 4" % spec)
    return struct.pack(
        "<QIIHHBBcB",
        at,
        mask,
        busy,
        status << shift,
        data << shift,
        MMIO,
        wide,
        stop.encode() or b"\0",
        0,
    )


def main(words: list[str]) -> None:
    words = [w for w in words if w]
    stop = words.pop()[5:] if words and words[-1].startswith("STOP=") else ""
    if len(words) > 1 or len(stop) > 1:
        fail("one port, and one letter")
    data = ", ".join("0x%02x" % b for b in port(words[0] if words else "", stop))
    print(
        '\t.section .rodata.stage, "a"\n\t.balign 8\n\t.globl stage_port\nstage_port:\n\t.byte %s'
        % data
    )
