# SPDX-License-Identifier: BSD-2-Clause
"""A second reader of device trees: console, interrupts, CPUs and memory of a board, by the
devicetree specification, the bindings and the manuals.  The results of the parsers of boot are
compared with it.

No code or table is shared with the code that it judges; a row is added by hand for each new driver.
"""
from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from hotplate import fail

Range = Sequence[int]

BEGIN, END, PROP, NOP, STOP = 1, 2, 3, 4, 9
LETTER = 0x55  # main.c sends it

# The data register of each UART: offset and bytes; None: by the properties of a 16550.
FOUR = (0, 4)
BY_PROPERTIES = None
UARTS = {
    "ns16550a": BY_PROPERTIES,
    "ns16550": BY_PROPERTIES,
    "snps,dw-apb-uart": BY_PROPERTIES,
    "nuvoton,npcm750-uart": BY_PROPERTIES,
    "intel,xscale-uart": BY_PROPERTIES,
    "spacemit,k1-uart": BY_PROPERTIES,
    "brcm,bcm2835-aux-uart": FOUR,
    "mediatek,mt6577-uart": FOUR,
    "ti,am654-uart": FOUR,
    "nvidia,tegra20-uart": FOUR,
    "arm,pl011": FOUR,
    "arm,sbsa-uart": FOUR,
    "sifive,uart0": FOUR,
    "sifive,fu540-c000-uart0": FOUR,
    "cdns,uart-r1p12": (0x30, 4),
    "cdns,uart-r1p8": (0x30, 4),
    "xlnx,xuartps": (0x30, 4),
    "xlnx,zynqmp-uart": (0x30, 4),
    "fsl,imx6q-uart": (0x40, 4),
    "fsl,imx21-uart": (0x40, 4),
    "fsl,imx8mp-uart": (0x40, 4),
    "fsl,imx7ulp-lpuart": (0x1C, 4),
    "fsl,imx8ulp-lpuart": (0x1C, 4),
    "fsl,imx8qxp-lpuart": (0x1C, 4),
    "qcom,geni-debug-uart": (0x700, 4),
    "qcom,geni-uart": (0x700, 4),
    "qcom,msm-uartdm": (0x70, 4),
    "renesas,scif": (0x0C, 1),
    "renesas,hscif": (0x0C, 1),
    "renesas,scif-r7s9210": (0x06, 1),
    "renesas,scif-r9a07g044": (0x06, 1),
    "renesas,scif-r9a09g057": (0x06, 1),
    "amlogic,meson-gx-uart": FOUR,
    "amlogic,meson-ao-uart": FOUR,
    "amlogic,meson-s4-uart": FOUR,
    "amlogic,meson-g12a-uart": FOUR,
    "amlogic,meson-a1-uart": FOUR,
    "samsung,s5pv210-uart": (0x20, 4),
    "samsung,exynos4210-uart": (0x20, 4),
    "samsung,exynos5433-uart": (0x20, 4),
    "samsung,exynos850-uart": (0x20, 4),
    "samsung,exynos8895-uart": (0x20, 4),
    "google,gs101-uart": (0x20, 4),
    "axis,artpec8-uart": (0x20, 4),
    "socionext,uniphier-uart": FOUR,
    "sprd,sc9836-uart": FOUR,
    "actions,owl-uart": (0x08, 4),
    "nuvoton,ma35d1-uart": FOUR,
    "brcm,bcm6345-uart": (0x14, 4),
    "st,stm32h7-uart": (0x28, 4),
    "nvidia,tegra264-utc": (0x20, 4),
    "nvidia,tegra194-tcu": (0, 4),
    "marvell,armada-3700-uart": (0x04, 4),
}
# Registers that a probe reads: the firmware revision of GENI shows that the engine is a UART, its
# status that it is idle.
PROBED = {"qcom,geni-debug-uart": "68=200 40=0", "qcom,geni-uart": "68=200 40=0"}

CONTROLLERS = {
    "arm,gic-v3": "GICv3",
    "arm,gic-400": "GICv2",
    "arm,cortex-a15-gic": "GICv2",
    "arm,cortex-a9-gic": "GICv2",
    "arm,cortex-a7-gic": "GICv2",
    "arm,eb11mp-gic": "GICv2",
    "qcom,msm-qgic2": "GICv2",
    "brcm,bcm2836-l1-intc": "BCM2836",
    "riscv,plic0": "PLIC",
    "sifive,plic-1.0.0": "PLIC",
    "thead,c900-plic": "PLIC",
    "andestech,nceplic100": "PLIC",
    "riscv,aplic": "APLIC",
}

# A combined UART: the word is one character and the bit that marks the mailbox as full; mailboxes
# start 64 KiB into the HSP, 32 KiB apart.
TCU, TCU_LETTER = "nvidia,tegra194-tcu", 0x81000000 | LETTER
MAILBOXES, MAILBOX = 0x10000, 0x8000

PSCI_CPU_ON, SBI_HSM = 0xC4000003, 0x48534D


class Node:
    def __init__(self, name: str, parent: Node | None) -> None:
        self.name, self.parent = name, parent
        self.props: dict[str, bytes] = {}
        self.children: list[Node] = []

    def text(self, prop: str) -> str | None:
        value = self.props.get(prop)
        return (
            value.split(b"\0")[0].decode("ascii", "replace") if value and b"\0" in value else None
        )

    def strings(self, prop: str) -> list[str]:
        return [s.decode("ascii", "replace") for s in self.props.get(prop, b"").split(b"\0")[:-1]]

    def words(self, prop: str) -> list[int]:
        value = self.props.get(prop, b"")
        return list(struct.unpack(">%dI" % (len(value) // 4), value[: len(value) // 4 * 4]))

    def word(self, prop: str, absent: int) -> int:
        return (self.words(prop) or [absent])[0]

    def okay(self) -> bool:
        return "status" not in self.props or self.text("status") in ("ok", "okay")

    def cells(self) -> tuple[int, int]:
        return self.word("#address-cells", 2), self.word("#size-cells", 1)

    def child(self, name: str) -> Node | None:
        for exact in (True, False):
            for c in self.children:
                if c.name == name or (
                    not exact and "@" not in name and c.name.split("@")[0] == name
                ):
                    return c
        return None

    def every(self) -> Iterator[Node]:
        yield self
        for c in self.children:
            yield from c.every()


def read(path: str) -> tuple[Any, list[Any]]:
    try:
        return read_blob(path)
    except (struct.error, ValueError, AttributeError):
        fail(path + " is no device tree")


def read_blob(path: str) -> tuple[Any, list[Any]]:
    """(root, memory reservations)"""
    with open(path, "rb") as f:
        blob = f.read()
    magic, _, structure, strings, reservations = struct.unpack(">5I", blob[:20])
    if magic != 0xD00DFEED:
        raise ValueError
    reserved, at = [], reservations
    while struct.unpack(">QQ", blob[at : at + 16]) != (0, 0):
        reserved.append(struct.unpack(">QQ", blob[at : at + 16]))
        at += 16
    at = structure
    node: Any = None
    root: Any = None
    while True:
        tag = struct.unpack(">I", blob[at : at + 4])[0]
        at += 4
        if tag == BEGIN:
            end = blob.index(b"\0", at)
            new = Node(blob[at:end].decode("ascii", "replace"), node)
            if node:
                node.children.append(new)
            root, node, at = root or new, new, (end + 4) & ~3
        elif tag == END:
            node = node.parent
        elif tag == PROP:
            size, name = struct.unpack(">II", blob[at : at + 8])
            key = blob[strings + name : blob.index(b"\0", strings + name)].decode(
                "ascii", "replace"
            )
            node.props.setdefault(key, blob[at + 8 : at + 8 + size])
            at += 8 + (size + 3 & ~3)
        elif tag == STOP:
            return root, reserved


def number(words: Sequence[int]) -> int:
    value = 0
    for w in words:
        value = value << 32 | w
    return value


def split(words: Sequence[int], sizes: Sequence[int]) -> Iterator[Any]:
    """Groups of cells, as numbers."""
    width = sum(sizes)
    for at in range(0, len(words) - width + 1, width) if width else ():
        out, i = [], at
        for size in sizes:
            out.append(number(words[i : i + size]))
            i += size
        yield out


def translated(node: Any, addr: int) -> int | None:
    """The CPU address of an address on the bus of `node`; None: the CPU cannot reach it."""
    bus = node.parent
    while bus and bus.parent:
        if "ranges" not in bus.props:
            return None
        child, size = bus.cells()
        ranges = list(split(bus.words("ranges"), (child, bus.parent.cells()[0], size)))
        if bus.props["ranges"]:
            low = (1 << 64) - 1
            hits = [(addr - (c & low)) + p for c, p, s in ranges if c & low <= addr < (c & low) + s]
            if not hits:
                return None
            addr = hits[0]
        bus = bus.parent
    return addr


def registers(node: Any) -> list[Range]:
    """[(CPU address, size)] of `reg`."""
    if not node.parent:
        return []
    address, size = node.parent.cells()
    if address not in (1, 2) or size not in (1, 2):
        return []
    found = [(translated(node, a), s) for a, s in split(node.words("reg"), (address, size))]
    return [(a, s) for a, s in found if a is not None and s]


def union(ranges: list[Range]) -> list[Range]:
    out: list[Any] = []
    for a, s in sorted(ranges, key=tuple):
        if out and a <= out[-1][1]:
            out[-1][1] = max(out[-1][1], a + s)
        else:
            out.append([a, a + s])
    return out


def without(ranges: list[Range], cut: list[Range]) -> list[Range]:
    """[begin, end) of `ranges` that `cut` does not cover."""
    out: list[Range] = []
    for b, e in ranges:
        for cb, ce in cut:
            if ce <= b or cb >= e:
                continue
            if cb > b:
                out.append([b, cb])
            b = max(b, ce)
        if b < e:
            out.append([b, e])
    return out


def size_text(n: int) -> str:
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if n >= unit and n % unit == 0:
            return "%d %s" % (n // unit, name)
    return "%d" % n


class Expectation:
    """The query for one tree, and the expected answer."""

    def __init__(self, path: str) -> None:
        self.path, self.name = path, os.path.basename(path)[:-4]
        self.root, self.reserved = read(path)
        self.cpus = [
            c
            for c in (self.root.child("cpus") or self.root).children
            if c.text("device_type") == "cpu"
        ]
        self.arch = None
        if any("riscv,isa" in c.props or "riscv,isa-extensions" in c.props for c in self.cpus):
            self.arch = "riscv64"
        elif any(
            "arm" in t or t.startswith(("apple,", "qcom,", "nvidia,", "cavium,", "brcm,", "apm,"))
            for c in self.cpus
            for t in c.strings("compatible")
        ):
            self.arch = "arm64"
        self.stdout, self.model = self.find_stdout()
        self.gic = next(
            (n for n in self.root.every() if "arm,gic-v3" in n.strings("compatible") and n.okay()),
            None,
        )
        self.usable = [c for c in self.cpus if self.is_usable(c)]
        if not self.usable:  # no CPU with an MMU that may be used: no machine for hotplate
            self.arch = None
        self.row: dict[str, Any] = {}
        self.lacks: list[str] = []

    # ---- the contents of the tree ----

    def find(self, path: str) -> Any:
        node = self.root
        for part in path.split("/"):
            node = node.child(part) if part and node else node
        return node

    def find_stdout(self) -> tuple[Any, Any]:
        chosen = self.root.child("chosen")
        path = chosen and chosen.text("stdout-path")
        if not path and self.arch == "arm64":  # on riscv64 the console of firmware precedes it
            path = "serial0"
        if not path:
            return None, None
        path = path.split(":")[0]
        if not path.startswith("/"):
            aliases = self.root.child("aliases")
            path = aliases and aliases.text(path)
        node = path and self.find(path)
        if not node:
            return None, None
        model = next((m for m in node.strings("compatible") if m in UARTS), None)
        return node, model if node.okay() and self.where(node, model) else None

    def where(self, node: Any, model: Any) -> Any:
        """(address, size) of the registers for the driver, or None."""
        if model != TCU:
            return next(iter(registers(node)), None)
        mailboxes = list(split(node.words("mboxes"), (1, 1, 1)))
        at = node.strings("mbox-names").index("tx") if "tx" in node.strings("mbox-names") else None
        if at is None or at >= len(mailboxes):
            return None
        phandle, _, number_ = mailboxes[at]
        hsp = next((n for n in self.root.every() if n.word("phandle", 0) == phandle), None)
        ranges = registers(hsp) if hsp else []
        return (ranges[0][0] + MAILBOXES + (number_ & 0xFFFFFF) * MAILBOX, 4) if ranges else None

    def hwid(self, cpu: Any) -> int:
        return number(cpu.words("reg")[: cpu.parent.cells()[0]])

    def is_usable(self, cpu: Any) -> bool:
        if not cpu.okay() or "reg" not in cpu.props:
            return False
        return self.arch == "arm64" or cpu.text("mmu-type") not in (None, "riscv,none")

    def redistributors(self) -> tuple[int, int, int]:
        """(number of regions, stride, number of CPUs that they serve)"""
        if not self.gic:
            return 0, 0, 0
        ranges = registers(self.gic)[1:]
        regions = min(self.gic.word("#redistributor-regions", 1), len(ranges))
        stride = number(self.gic.words("redistributor-stride")[:2])
        room = sum(
            1 + (s - 0x20000) // (stride or 0x20000) for _, s in ranges[:regions] if s >= 0x20000
        )
        return regions, stride, room

    def question(self) -> str:
        regions, stride, _ = self.redistributors()
        hwid = self.hwid(self.usable[0]) if self.usable else 0
        return "%s %s %x %x %x %s" % (
            self.path,
            self.arch,
            hwid,
            regions,
            stride,
            PROBED.get(self.model, ""),
        )

    # ---- the judgement ----

    def judge(self, answer: list[tuple[str, str]]) -> list[str]:
        """Compare the answer: the differences, as sentences.  It fills in the row."""
        self.answer = answer
        self.wrong: list[str] = []
        if not answer or answer[-1][0] != "end" or answer[0][0] != "nodes":
            self.row = dict.fromkeys(("console", "irq", "started", "timer", "named"))
            self.row.update(
                arch=self.arch,
                name=self.name,
                lacks=["everything"],
                console_text="",
                irq_text="",
                cpus="",
                method="",
                memory="",
            )
            return ["incomplete answer: %s" % answer[:3]]
        nodes, left = (int(w) for w in self.one("nodes").split())
        self.equal("nodes", nodes + left, sum(1 for _ in self.root.every()))
        self.row = {"arch": self.arch, "name": self.name, "lacks": self.lacks}
        self.row["named"] = self.names_all()
        for part in (
            self.judge_console,
            self.judge_irq,
            self.judge_timer,
            self.judge_cpus,
            self.judge_isa,
            self.judge_memory,
            self.judge_pci,
        ):
            part()
        return self.wrong

    def names_all(self) -> Any:
        """Whether the tree names a console (on riscv64 firmware has one), an interrupt controller
        and a way to start each CPU, known to hotplate or not."""
        uart = self.arch == "riscv64" or bool(
            self.stdout and "compatible" in self.stdout.props and self.stdout.okay()
        )
        ways = (
            self.arch == "riscv64"
            or len(self.usable) == 1
            or all(
                self.method(c) != "psci" and self.method(c) or self.psci_node() for c in self.usable
            )
        )
        return uart and bool(ways) and self.names_of_controllers() != "none"

    def all(self, word: str) -> list[str]:
        return [rest for w, rest in self.answer if w == word]

    def one(self, word: str) -> str:
        return (self.all(word) or [""])[0]

    def equal(self, what: str, is_: object, wanted: object) -> None:
        if is_ != wanted:
            self.wrong.append("%s: %s, wanted %s" % (what, is_, wanted))

    def data_register(self) -> tuple[int, int, int]:
        """(offset, bytes, value) of the write of the letter."""
        where = UARTS[self.model]
        if where is BY_PROPERTIES:
            where = (self.stdout.word("reg-offset", 0), self.stdout.word("reg-io-width", 1))
        return *where, TCU_LETTER if self.model == TCU else LETTER

    def judge_console(self) -> None:
        name = self.one("console")
        compatible = self.stdout.strings("compatible") if self.stdout else []
        self.row["console"], self.row["console_text"] = None, "-"
        if self.model:
            address, size = self.where(self.stdout, self.model)
            self.equal("console", name, self.stdout.name)
            self.equal("its registers", self.one("map"), "0x%x 0x%x" % (address, size))
            writes = [tuple(int(w, 0) for w in text.split()) for text in self.all("write")]
            if self.data_register() not in writes:
                self.wrong.append(
                    "console: %s: the letter is not among %s" % (self.data_register(), writes)
                )
            self.row["console"] = "uart"
            self.row["console_text"] = "%s at 0x%x" % (self.model, address)
        elif self.arch == "riscv64":
            self.equal("console", name, "firmware")
            self.row["console"] = self.row["console_text"] = "SBI"
        else:
            self.equal("console", name, "none")
            why = (
                "no stdout-path"
                if not self.stdout
                else compatible[0]
                if self.stdout.okay()
                else "its status"
            )
            self.row["console_text"] = "none: " + why
            self.lacks.append("console: " + (why if not self.stdout else compatible[-1]))

    def judge_irq(self) -> None:
        known = {
            next(CONTROLLERS[m] for m in n.strings("compatible") if m in CONTROLLERS)
            for n in self.root.every()
            if n.okay() and any(m in CONTROLLERS for m in n.strings("compatible"))
        }
        is_ = self.one("irq")
        self.row["irq"] = is_ if is_ != "none" else None
        self.row["irq_text"] = is_
        messages = [
            n
            for n in self.root.every()
            if "riscv,aplic" in n.strings("compatible") and "msi-parent" in n.props and n.okay()
        ]
        if is_ == "none" and messages:  # IMSICs are registers of a hart, which this host lacks
            self.row["irq"] = self.row["irq_text"] = "APLIC and IMSICs"
            return
        if known and is_ not in known:
            self.wrong.append("irq: %s, wanted one of %s" % (is_, sorted(known)))
        if not known:
            self.equal("irq", is_, "none")
        if is_ == "none":
            self.lacks.append("interrupt controller: " + self.names_of_controllers())
        lost = [text for text in self.all("line") if "no redistributor" in text]
        if is_ == "GICv3" and lost and self.redistributors()[2] >= min(len(self.usable), 64):
            self.wrong.append("irq: " + lost[0])

    def names_of_controllers(self) -> str:
        return next(
            (
                n.strings("compatible")[-1]
                for n in self.root.every()
                if "interrupt-controller" in n.props
                and n.strings("compatible")
                and "riscv,cpu-intc" not in n.strings("compatible")
                and n.okay()
            ),
            "none",
        )

    def judge_timer(self) -> None:
        node = next(
            (
                n
                for n in self.root.every()
                if "arm,armv8-timer" in n.strings("compatible") and n.okay()
            ),
            None,
        )
        is_ = int(self.one("timer"), 0)
        self.row["timer"] = None if is_ == 0xFFFFFFFF else is_
        if not node or self.row["irq"] not in ("GICv2", "GICv3") or "interrupts" not in node.props:
            return
        names, words = node.strings("interrupt-names"), node.words("interrupts")
        cells = self.gic.word("#interrupt-cells", 3) if self.gic else 3
        at = cells * (names.index("virt") if "virt" in names else 2)
        if at + cells <= len(words):
            kind, nr = words[at : at + 2]
            self.equal("timer", is_, nr + (16 if kind == 1 else 32))

    def psci_node(self) -> Any:
        known = {"arm,psci", "arm,psci-0.2", "arm,psci-1.0"}
        return next(
            (n for n in self.root.every() if n.okay() and known & set(n.strings("compatible"))),
            None,
        )

    def psci(self) -> tuple[str, int] | None:
        """(conduit, function number of CPU_ON), or None."""
        n = self.psci_node()
        if not n:
            return None
        later = {"arm,psci-0.2", "arm,psci-1.0"} & set(n.strings("compatible"))
        cpu_on = PSCI_CPU_ON if later else n.word("cpu_on", 0)
        return (n.text("method"), cpu_on) if n.text("method") in ("smc", "hvc") and cpu_on else None

    def method(self, cpu: Any) -> Any:
        return cpu.text("enable-method") or cpu.parent.text("enable-method")

    def way(self, cpu: Any) -> str | None:
        """The line of the answer that starts this CPU, or None."""
        hwid = "0x%x" % self.hwid(cpu)
        if self.arch == "riscv64":
            return "call sbi 0x%x 0x0 %s" % (SBI_HSM, hwid)
        if self.method(cpu) == "spin-table":
            return "pen " + hwid
        psci = self.psci()
        if psci and self.method(cpu) in ("psci", None):
            return "call %s 0x0 0x%x %s" % (psci[0], psci[1], hwid)
        return None

    def judge_cpus(self) -> None:
        lines = ["%s %s" % pair for pair in self.answer]
        by_id = {self.hwid(c): c for c in self.usable[1:]}
        others = (
            [c for h, c in list(by_id.items())[:63] if h != self.hwid(self.usable[0])]
            if self.usable
            else []
        )
        self.row["method"] = ", ".join(
            sorted(
                {self.method(c) or self.arch == "riscv64" and "SBI" or "?" for c in self.usable}
                or {"?"}
            )
        )
        ways, started = [self.way(c) for c in others], 0
        for cpu, way in zip(others, ways):
            starts = "start 0x%x 0" % self.hwid(cpu) in lines
            started += starts
            if way and way not in lines and not self.release_is_wrong(cpu):
                self.wrong.append("cpus: no line `%s`" % way)
            if not way and starts:
                self.wrong.append("cpus: 0x%x started without a start method" % self.hwid(cpu))
        self.equal("CPUs", len(self.all("start")), len(others))
        self.row["started"] = (
            bool(self.usable)
            and all(ways)
            and (self.arch == "riscv64" or len(self.usable) == 1 or bool(ways))
        )
        self.row["cpus"] = "%d of %d" % (len(self.usable), len(self.cpus))
        if not self.row["started"]:
            self.lacks.append(
                "start of CPUs: "
                + self.row["method"]
                + (", and no node of PSCI" if "psci" in self.row["method"] else "")
            )

    def release_is_wrong(self, cpu: Any) -> Any:
        """Whether a spin-table has no release address, or one in memory that is not reserved."""
        at = number(cpu.words("cpu-release-addr"))
        held = union(self.reserved + [r for n in self.reserved_nodes() for r in registers(n)])
        return self.method(cpu) == "spin-table" and (
            not at
            or at & 7
            or not without([[at, at + 8]], union(self.memory_ranges()))
            and bool(without([[at, at + 8]], held))
        )

    def judge_isa(self) -> None:
        for c in self.cpus if self.arch == "riscv64" else ():
            isa = c.props.get("riscv,isa-extensions") or c.props.get("riscv,isa")
            total = 0
            for byte in isa or b"":
                total = total * 31 + byte & 0xFFFFFFFF
            want = "0x%x 0x%x 0x%x 0x%x" % (
                self.hwid(c),
                len(isa),
                total,
                c.word("riscv,cbom-block-size", 0),
            )
            if isa and want not in self.all("isa"):
                self.wrong.append("isa: no line " + want)
        timer = next(
            (
                n
                for n in self.root.every()
                if {"arm,armv8-timer", "arm,armv7-timer"} & set(n.strings("compatible"))
                and n.okay()
            ),
            None,
        )
        hz = (self.root.child("cpus") or self.root).word("timebase-frequency", 0)
        self.equal(
            "hz", int(self.one("hz")), hz or (timer.word("clock-frequency", 0) if timer else 0)
        )

    def memory_ranges(self) -> list[Range]:
        return [
            r
            for n in self.root.every()
            if n.text("device_type") == "memory" and n.okay()
            for r in registers(n)
        ]

    def memory_accepted(self) -> list[Range]:
        """The memory ranges; of two that overlap, the first."""
        accepted: list[Range] = []
        for a, s in self.memory_ranges():
            if all(a >= b + t or a + s <= b for b, t in accepted):
                accepted.append((a, s))
        return accepted

    def reserved_nodes(self) -> list[Node]:
        top = self.root.child("reserved-memory")
        return [n for n in top.children if n.okay()] if top else []

    def judge_memory(self) -> None:
        ram = union([tuple(int(w, 0) for w in text.split()[:2]) for text in self.all("ram")])
        listed = union(self.memory_accepted())
        self.row["memory"] = size_text(sum(e - b for b, e in listed)) if listed else "by firmware"
        for b, e in without(ram, listed):
            self.wrong.append("memory: 0x%x to 0x%x is RAM, which the tree lacks" % (b, e))
        # addresses between registers that are less than twice this apart are no RAM either
        near = 64 << 20
        devices = union(
            [
                (a - near, s + 2 * near)
                for n in self.root.every()
                if n.text("device_type") != "memory"
                for a, s in registers(n)
            ]
        )
        frame = [[b + -b % 4096, e & ~4095] for b, e in listed]
        for b, e in without(without([f for f in frame if f[0] < f[1]], ram), devices):
            self.wrong.append("memory: 0x%x to 0x%x is left out, and has no registers" % (b, e))
        held = union([tuple(int(w, 0) for w in text.split()[:2]) for text in self.all("reserved")])
        wanted = self.reserved + [r for n in self.reserved_nodes() for r in registers(n)]
        inside = without(union(wanted), without([[0, 1 << 64]], ram))
        for b, e in without(inside, held):
            self.wrong.append("memory: 0x%x to 0x%x is not reserved" % (b, e))

    def judge_pci(self) -> None:
        bridges = [
            n
            for n in self.root.every()
            if "pci-host-ecam-generic" in n.strings("compatible") and n.okay()
        ]
        answers = self.all("pci")
        self.equal("PCI bridges", len(answers), len(bridges))
        for n, answer in zip(bridges, answers):
            if not answer.startswith("refused"):
                self.equal("ECAM", tuple(int(w, 0) for w in answer.split()), registers(n)[0])
