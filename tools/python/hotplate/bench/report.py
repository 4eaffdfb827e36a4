# SPDX-License-Identifier: BSD-2-Clause
"""Compare figures of tools/bench with their limits; write tables.

  tools/hotplate bench-report check ARCH FILE
      status 1, and a line for each row above its limit
  tools/hotplate bench-report doc [DIR]
      writes the tables of docs/BENCHMARKS.md from DIR/bench-ARCH.txt

The limits are defined here alone; docs/BENCHMARKS.md shows them.
"""
import os
import re
from functools import partial
from collections.abc import Iterator

from hotplate import BUILD, TOP
from hotplate.command import usage, warn

Key = tuple[str, str | None]
Figures = dict[Key, int]

DOC = os.path.join(TOP, "docs", "BENCHMARKS.md")
LINE = re.compile(r"# bench (\S+) (\d+) (\S+)(?: \((.*)\))?$")
ARCHES = ("arm64", "riscv64")
BASE = {"arm64": "arm64-4k-48", "riscv64": "riscv-sv48"}  # slopes are compared with this geometry
SAME_PAGES_PERCENT = 103  # of BASE, with pages of the same size and one level more or less

# name, note -> limit per architecture
LIMITS = {
    ("boot.first_line", "512 MiB"): (100_000, 100_000),
    ("boot.first_line", "4 GiB"): (100_000, 100_000),
    ("boot.menu", "512 MiB"): (4_000_000, 4_000_000),
    ("boot.late_1g", "1 GiB"): (1_300_000, 2_400_000),
    ("hotplug.add_online_1g", None): (1_800_000, 2_800_000),
    ("hotplug.add_online_1g_4k", None): (1_750_000, 2_900_000),
    ("hotplug.first_page_1g", None): (22_200, 32_000),  # arm64: 2 % of an add that writes all
    ("hotplug.first_page_1g_device", None): (40_000, 65_000),
    ("hotplug.first_page_1g_4k", None): (590_000, 770_000),
    ("hotplug.offline_remove_1g", None): (400_000, 400_000),
    ("hotplug.offline_remove_1g_4k", None): (500_000, 500_000),
    ("hotplug.remove_waits_1g", None): (2, 2),
    ("hotplug.migrate_4k", None): (800, 1_250),
    ("vmalloc.map_unmap", None): (1_300, 1_900),
    ("tables.free_deferred", None): (70, 85),
    ("lock.read", "1 CPUs"): (150, 190),
    ("acpi.add_online_1g", None): (1_800_000, 2_800_000),
    ("acpi.offline_remove_eject_1g", None): (400_000, 400_000),
    ("dimm.add_online_1g", None): (1_800_000, None),
    ("dimm.add_online_1g", "page leaves"): (1_750_000, None),
    ("dimm.offline_remove_eject_1g", None): (400_000, None),
    ("dimm.offline_remove_eject_1g", "page leaves"): (500_000, None),
    ("dimm.offline_768m_in_use", None): (150_000_000, None),
    ("dimm.offline_768m_in_use", "page leaves"): (150_000_000, None),
    ("dimm.add_online_1g_waited", None): (100_000, None),
    ("dimm.offline_remove_eject_1g_waited", None): (100_000, None),
}
# The limit per GiB is the same in every geometry: row of geometry.* -> row above, GiB.
PER_GIB = {
    "geometry.large.add_online_1g": ("hotplug.add_online_1g", 1),
    "geometry.large.add_online_4g": ("hotplug.add_online_1g", 4),
    "geometry.large.offline_remove_1g": ("hotplug.offline_remove_1g", 1),
    "geometry.large.offline_remove_4g": ("hotplug.offline_remove_1g", 4),
    "geometry.pages.add_online_1g": ("hotplug.add_online_1g_4k", 1),
    "geometry.pages.add_online_4g": ("hotplug.add_online_1g_4k", 4),
    "geometry.pages.offline_remove_1g": ("hotplug.offline_remove_1g_4k", 1),
    "geometry.pages.offline_remove_4g": ("hotplug.offline_remove_1g_4k", 4),
    "geometry.large.waits_1g": ("hotplug.remove_waits_1g", 1),
    "geometry.pages.waits_1g": ("hotplug.remove_waits_1g", 1),
}
WIDE_PERCENT = 93  # of linear speed-up: the slowest of 2, 4 or 8 CPUs compared with one CPU
WIDE_REFERENCE = f"0.{WIDE_PERCENT} of linear"
BOOT_FIRST = "1 GiB"
BOOT_GROWTH: dict[Key, int] = {  # GiB more than BOOT_FIRST
    ("boot.menu", "%d GiB" % n): n - 1 for n in (2, 4, 8)
}
BOOT_PER_GIB = 100_000
GROWTH = ("hotplug.growth_1g", "hotplug.growth_4g", "hotplug.growth_16g")
GROWTH_NOTE = "16 GiB withheld"
GROWTH_PERCENT = 5
# Row of range.* -> text of the table; sizes in GiB.  Each may grow from the size before it by its
# length and GROWTH_PERCENT.
RANGES = {
    "range.device": "device range, struct pages of compounds",
    "range.1g": "linear map, leaves of 1 GiB",
    "range.2m": "linear map, leaves of 2 MiB",
    "range.4k": "linear map, page leaves",
}
RANGE_SIZES = (1, 8, 64, 512, 4096, 16384)
RANGE_MODEL = ("range.4k", 64)  # beyond that size the tables are counted, not made


def read(path: str, unit: str | None = None) -> Figures:
    """{(name, note): value} of the `# bench` lines in a file, of one unit or all."""
    with open(path, encoding="utf-8") as f:
        found = [LINE.match(line.strip()) for line in f]
    return {(m[1], m[4]): int(m[2]) for m in found if m and unit in (None, m[3])}


def slope_limit(name: str, geometry: str | None, rows: Figures, arch: str) -> int | None:
    """The limit of a page beyond the first GiB: with page leaves the cost in 4K pages; with large
    leaves, whose cost is that of their block, the cost of a block there."""
    base = rows.get((name, BASE[arch]))
    if (
        base is not None
        and geometry is not None
        and geometry.rstrip("0123456789") == BASE[arch].rstrip("0123456789")
    ):
        return base * SAME_PAGES_PERCENT // 100
    if base is None or ".large." not in name:
        return base
    there, here = (rows.get(("geometry.large.block_pages", g)) for g in (BASE[arch], geometry))
    return base * there // here if there and here else base


def range_limit(name: str, rows: Figures) -> int | None:
    """Linear from the next shorter run that was measured, and GROWTH_PERCENT."""
    kind, _, size = name.rpartition("_")
    if kind not in RANGES or int(size) == RANGE_SIZES[0]:
        return None
    before = RANGE_SIZES[RANGE_SIZES.index(int(size)) - 1]
    shorter = rows.get(("%s_%d" % (kind, before), None))
    return shorter and shorter * int(size) * (100 + GROWTH_PERCENT) // (before * 100)


def limit_of(key: Key, rows: Figures, arch: str) -> int | None:
    """The limit of one row; None: it has none."""
    name, note = key
    at = ARCHES.index(arch)
    if key in LIMITS:
        return LIMITS[key][at]
    if name in PER_GIB:
        base, gib = PER_GIB[name]
        limit = LIMITS[base, None][at]
        return None if limit is None else limit * gib
    if name.endswith("_slope"):
        return slope_limit(name, note, rows, arch)
    if key in BOOT_GROWTH and (name, BOOT_FIRST) in rows:
        return rows[name, BOOT_FIRST] + BOOT_GROWTH[key] * BOOT_PER_GIB
    if name.startswith("lock.read"):  # readers scale: the same cost as on one CPU (S1-04)
        return rows.get(("lock.read", "1 CPUs"))
    if name.startswith("wide."):
        kind, cpus = name.rsplit("_", 1)
        alone = rows.get((kind + "_1", note))
        return alone * 100 // (int(cpus) * WIDE_PERCENT) if alone and cpus != "1" else None
    if name in GROWTH[1:] and (GROWTH[0], note) in rows:
        return rows[GROWTH[0], note] * (100 + GROWTH_PERCENT) // 100
    return range_limit(name, rows)


def exceeded(rows: Figures, arch: str) -> Iterator[str]:
    """A sentence for each row above its limit."""
    for key, value in rows.items():
        limit = limit_of(key, rows, arch)
        if limit is not None and value > limit:
            yield "%s%s is %d, above its limit of %d" % (
                key[0],
                " (%s)" % key[1] if key[1] else "",
                value,
                limit,
            )


def check(arch: str, path: str) -> int:
    rows = read(path)
    wrong = list(exceeded(rows, arch))
    for sentence in wrong:
        warn("%s: %s" % (arch, sentence))
    if not any(limit_of(k, rows, arch) is not None for k in rows):
        warn("%s: no row in %s has a limit" % (arch, path))
        return 2
    return 1 if wrong else 0


# ---- docs/BENCHMARKS.md ----


def number(n: int) -> str:
    return "%.3f M" % (n / 1e6) if n >= 100_000 else "{:,}".format(n)


REFERENCES = (  # row, note, text of the table, figures of other kernels
    (
        "boot.first_line",
        "512 MiB",
        "`boot.first_line` (any RAM size)",
        "LK 0.08 M; kvm-unit-tests 15.6 M",
    ),
    ("boot.menu", "512 MiB", "`boot.menu`, 512 MiB", "LK 5.2 M; Linux 190 M trimmed"),
    ("boot.menu", "1 GiB", "`boot.menu`, 1 GiB", ""),
    ("boot.menu", "2 GiB", "`boot.menu`, 2 GiB", "0.1 M a GiB"),
    ("boot.menu", "4 GiB", "`boot.menu`, 4 GiB", "0.1 M a GiB"),
    ("boot.menu", "8 GiB", "`boot.menu`, 8 GiB", "0.1 M a GiB"),
    ("boot.late_1g", "1 GiB", "`boot.late_1g`: the rest, at the prompt, a GiB", ""),
    ("hotplug.add_online_1g", None, None, "riscv64 3.0 + 20.5 M"),
    (
        "hotplug.add_online_1g_4k",
        None,
        "`hotplug.add_online_1g_4k` (page leaves)",
        "arm64 6.3 + 18.9 M",
    ),
    (
        "hotplug.first_page_1g",
        None,
        "`hotplug.first_page_1g`: add and online, until the first page is allocated",
        "all of it",
    ),
    ("hotplug.first_page_1g_all", None, "... until all struct pages are written, by one CPU", ""),
    ("hotplug.first_page_1g_device", None, "... until the first page, memmap=device", "all of it"),
    ("hotplug.first_page_1g_4k", None, "... page leaves", "all of it"),
    ("hotplug.offline_remove_1g", None, "`hotplug.offline_remove_1g` idle", "riscv64 28.8 + 0.6 M"),
    (
        "hotplug.offline_remove_1g_4k",
        None,
        "`hotplug.offline_remove_1g_4k` idle",
        "arm64 17.5 + 12.5 M",
    ),
    ("hotplug.remove_tlbi_1g", None, "`hotplug.remove_tlbi_1g`, operations", "one per leaf"),
    ("hotplug.remove_waits_1g", None, "`hotplug.remove_waits_1g`, waits", ""),
    (
        "hotplug.overhead_1g",
        None,
        "`hotplug.overhead_1g`, bytes of old memory",
        "6.12: 292 kB best, 18,724 kB default",
    ),
    ("hotplug.overhead_tables_1g", None, "page tables, bytes of that", ""),
    ("hotplug.overhead_block", None, "a block costs, bytes, there since boot", ""),
    ("hotplug.migrate_4k", None, "`hotplug.migrate_4k`, per used page", "6.12: 3,790"),
    ("roots.switch", None, "`roots.switch`, from one address space to another", ""),
    ("vmalloc.map_unmap", None, "`vmalloc.map_unmap`, a page", ""),
    ("tables.free_deferred", None, "`tables.free_deferred`, a table until its reuse", ""),
    (
        "hotplug.growth_1g",
        GROWTH_NOTE,
        "`hotplug.growth`, add and online per GiB, of 1 GiB",
        "linear",
    ),
    ("hotplug.growth_4g", GROWTH_NOTE, "... of 4 GiB", ""),
    ("hotplug.growth_16g", GROWTH_NOTE, "... of 16 GiB", ""),
    ("lock.read", "1 CPUs", "`lock.read`: acquired for reading and released, of 1 CPU", ""),
    ("lock.read", "8 CPUs", "... of 8 CPUs", ""),
    ("lock.read", "64 CPUs", "... of 64 CPUs", ""),
    ("lock.read_beside", "64 CPUs", "... of 64 CPUs, while the others hold it too", ""),
    (
        "wide.add_online_1g_1",
        None,
        "`wide.add_online_1g`: add and online 1 GiB, the longest CPU, of 1 CPU",
        "",
    ),
    ("wide.add_online_1g_2", None, "... of 2 CPUs", WIDE_REFERENCE),
    ("wide.add_online_1g_4", None, "... of 4 CPUs", WIDE_REFERENCE),
    ("wide.add_online_1g_8", None, "... of 8 CPUs", WIDE_REFERENCE),
    (
        "wide.add_online_1g_4k_1",
        None,
        "`wide.add_online_1g_4k`: the same, page leaves, of 1 CPU",
        "",
    ),
    ("wide.add_online_1g_4k_2", None, "... of 2 CPUs", WIDE_REFERENCE),
    ("wide.add_online_1g_4k_4", None, "... of 4 CPUs", WIDE_REFERENCE),
    ("wide.add_online_1g_4k_8", None, "... of 8 CPUs", WIDE_REFERENCE),
    ("hotplug.cache_leave_1g", None, "`hotplug.cache_leave_1g` (in none of the above)", ""),
)


SLOTS = (  # the same for a slot: row, note, text of the table, figures of Linux
    (
        "acpi.add_online_1g",
        None,
        "`acpi.add_online_1g`, from the interrupt to `_OST`, a board that the test plays",
        "6.12: 1.13 + 15.3 M best, 7.1 + 15.3 M default",
    ),
    ("acpi.add_online_1g_aml", None, "`acpi.add_online_1g_aml`, in none of the other rows", ""),
    (
        "acpi.offline_remove_eject_1g",
        None,
        "`acpi.offline_remove_eject_1g` idle",
        "6.12: 20.3 + 0.48 M",
    ),
    ("acpi.offline_remove_eject_1g_aml", None, None, ""),
    ("acpi.namespace", None, "`acpi.namespace`: tables and definition block of that board", ""),
    ("dimm.add_online_1g", None, "`dimm.add_online_1g`, QEMU's DIMM", "6.12: 1.13 + 15.3 M best"),
    (
        "dimm.add_online_1g",
        "page leaves",
        "`dimm.add_online_1g`, page leaves",
        "6.12: 7.1 + 15.3 M",
    ),
    ("dimm.add_online_1g_aml", None, None, ""),
    ("dimm.add_online_1g_waited", None, "`dimm.add_online_1g_waited`, ns", "19 M in all"),
    (
        "dimm.offline_remove_eject_1g",
        None,
        "`dimm.offline_remove_eject_1g` idle",
        "6.12: 20.3 + 0.48 M",
    ),
    (
        "dimm.offline_remove_eject_1g",
        "page leaves",
        "`dimm.offline_remove_eject_1g`, page leaves",
        "20.4 + 6.9 M",
    ),
    ("dimm.offline_remove_eject_1g_aml", None, None, ""),
    (
        "dimm.offline_remove_eject_1g_waited",
        None,
        "`dimm.offline_remove_eject_1g_waited`, ns",
        "32 M in all",
    ),
    (
        "dimm.offline_768m_in_use",
        None,
        "`dimm.offline_768m_in_use`: 196,608 pages move first",
        "765 M",
    ),
)


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(["| %s |" % " | ".join(r) for r in [head, ["---"] * len(head), *rows]])


def main_table(figures: dict[str, Figures]) -> str:
    rows = []
    for name, note, shown, reference in REFERENCES:
        limits = [limit_of((name, note), figures[a], a) for a in ARCHES]
        texts = ["" if v is None else number(v) for v in limits]
        if name in GROWTH[1:]:
            texts = ["the first and %d %%" % GROWTH_PERCENT] * 2
        reach = texts[0] if texts[0] == texts[1] else "%s; riscv64 %s" % tuple(texts)
        rows.append(
            [
                shown or "`%s`" % name,
                reference,
                reach,
                *(number(figures[a][name, note]) for a in ARCHES),
            ]
        )
    return table(["name", "reference", "limit", *ARCHES], rows)


def slot_table(figures: dict[str, Figures]) -> str:
    def cell(value: int | None) -> str:
        return "" if value is None else number(value)

    return table(
        ["name", "reference", "limit", *ARCHES],
        [
            [
                shown or "`%s`" % name,
                reference,
                "; riscv64 ".join(
                    dict.fromkeys(cell(v) for v in LIMITS.get((name, note), ()) if v is not None)
                ),
                *(cell(figures[a].get((name, note))) for a in ARCHES),
            ]
            for name, note, shown, reference in SLOTS
        ],
    )


def geometries(rows: Figures) -> list[str]:
    return [note or "" for name, note in rows if name == "geometry.large.tlbi_1g"]


GEOMETRY_COLUMNS = (  # row of geometry.large.* and geometry.pages.*, head of the column
    ("add_online_1g", "add, online"),
    ("offline_remove_1g", "offline, remove"),
    ("tlbi_1g", "TLB operations (waits)"),
)


def geometry_table(figures: dict[str, Figures]) -> str:
    def cell(f: Figures, kind: str, what: str, g: str) -> str:
        value = f["geometry.%s.%s" % (kind, what), g]
        if what == "tlbi_1g":
            return "%d (%d)" % (value, f["geometry.%s.waits_1g" % kind, g])
        return number(value)

    rows = []
    for arch in ARCHES:
        f = figures[arch]
        for g in geometries(f):
            cells = [
                cell(f, k, what, g) for what, _ in GEOMETRY_COLUMNS for k in ("large", "pages")
            ]
            rows.append([g, *cells, "{:,}".format(f["geometry.pages.tables_1g", g])])
    heads = [h for _, shown in GEOMETRY_COLUMNS for h in (shown + ": large leaves", "pages")]
    return table(["geometry", *heads, "bytes of tables, pages"], rows)


def restart_table(figures: dict[str, Figures]) -> str:
    rows = [["%s again" % BASE[a], number(figures[a]["restart.same", None])] for a in ARCHES]
    rows += [
        ["%s to %s" % (BASE[a], note), number(value)]
        for a in ARCHES
        for (name, note), value in figures[a].items()
        if name == "restart.change"
    ]
    return table(["geometry", "instructions"], rows)


def range_table(figures: dict[str, Figures]) -> str:
    def cell(f: Figures, kind: str, gib: int) -> str:
        value = f.get(("%s_%d" % (kind, gib), None))
        model = kind == RANGE_MODEL[0] and gib > RANGE_MODEL[1]
        return "" if value is None else number(value) + (" (model)" if model else "")

    sizes = ["%d GiB" % n if n < 1024 else "%d TiB" % (n // 1024) for n in RANGE_SIZES]
    return table(
        ["run", "", *sizes],
        [
            [shown, arch, *(cell(figures[arch], kind, n) for n in RANGE_SIZES)]
            for kind, shown in RANGES.items()
            for arch in ARCHES
        ],
    )


STRESS = (  # row, text of the table
    ("patterns", "patterns that one CPU can run, 64 rounds each"),
    ("round", "instructions a round"),
    ("trials", "outcomes counted"),
    ("control_hits", "of them hits of the controls"),
    ("forbidden", "of them forbidden"),
    ("trials_per_m", "outcomes in a million instructions"),
    ("tlb_ops_per_m", "TLB operations in a million instructions"),
)


def stress_table(figures: dict[str, Figures]) -> str:
    return table(
        ["tlb stress", *ARCHES],
        [
            [shown, *(number(figures[a]["stress." + name, None]) for a in ARCHES)]
            for name, shown in STRESS
        ],
    )


def between(made: str, match: re.Match[str]) -> str:
    return match[1] + made + match[2]


def doc(directory: str) -> int:
    figures = {a: read(os.path.join(directory, "bench-%s.txt" % a)) for a in ARCHES}
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    for name, made in (
        ("main", main_table(figures)),
        ("slot", slot_table(figures)),
        ("geometry", geometry_table(figures)),
        ("range", range_table(figures)),
        ("restart", restart_table(figures)),
        ("stress", stress_table(figures)),
    ):
        pattern = r"(<!-- %s: tools/hotplate bench-report doc -->\n\n).*?(\n\n<!-- end -->)" % name
        text, n = re.subn(pattern, partial(between, made), text, flags=re.S)
        if n != 1:
            warn("%s has no place for the table '%s'" % (DOC, name))
            return 2
    with open(DOC, "w", encoding="utf-8") as f:
        f.write(text)
    return 0


def main(argv: list[str]) -> int:
    command, *rest = argv or [""]
    if command == "check" and len(rest) == 2 and rest[0] in ARCHES:
        return check(*rest)
    if command == "doc" and len(rest) <= 1:
        return doc(*rest or [os.path.join(TOP, BUILD)])
    usage(__doc__)
