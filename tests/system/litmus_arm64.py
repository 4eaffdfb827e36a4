# SPDX-License-Identifier: BSD-2-Clause
"""Litmus tests of Armv8 for two CPUs as a bare EL1 program: which outcomes a machine shows, and how often.

A shape is the code of two threads.  x20 and x21 are the addresses of x and y; results are w5 and w6 (0 or 1) of
thread 0 if it has any, else of thread 1.  `final` reads memory afterwards.  The
verdicts are those of the Armv8 model (Arm ARM B2.3); weak is the outcome that only an order between accesses forbids.
"""
from collections import namedtuple

ADDRESS = "ldr w5, [x21]\n{0}\nldr w6, [x20, x10]"  # x10: 0, dependent on w5


def mp(between, second, reader):
    return f"mov w9, #1\nstr w9, [x20]\n{between}\n{second} w9, [x21]", reader


def sb(first, between, second):
    return (f"mov w9, #1\n{first} w9, [x20]\n{between}\n{second} w5, [x21]", f"mov w9, #1\n{first} w9, [x21]\n{between}\n{second} w6, [x20]")


def two_two(between):
    return (f"mov w9, #1\nmov w10, #2\nstr w9, [x20]\n{between}\nstr w10, [x21]",
            f"mov w9, #1\nmov w10, #2\nstr w9, [x21]\n{between}\nstr w10, [x20]")


def casp(form, at, new):
    """CASP of two 8-byte words, each from 0 to `new`."""
    return f"mov x10, #0\nmov x11, #0\nmov x12, #{new}\nmov x13, #{new}\n{form} x10, x11, x12, x13, [{at}]"


def casp_reader(form):
    """A CASP that fails reads a pair whose first word is y."""
    return f"mov w10, #7\nmov w11, #7\n{form} w10, w11, w12, w13, [x21]\nmov w5, w10\nldr w6, [x20]"


DELAY = "mov w11, #300\n8: subs w11, w11, #1\nb.ne 8b"  # delays the use of the result, and so perhaps its load


def lb(between="", load="ldr {0}, [{1}]", store="str w9, [x12]", po=False):
    """Each thread loads a word, then stores the word that the other one loads; w9 is the stored value, x12 its
    address.  po: thread 0 has no order but program order."""
    def thread(register, source, target, text, load, store):
        return "\n".join(("mov w9, #1", "mov x12, " + target, load.format(register, source), text.format(r=register), store, DELAY))
    first = ("", "ldr {0}, [{1}]", "str w9, [x12]") if po else (between, load, store)
    return thread("w5", "x21", "x20", *first), thread("w6", "x20", "x21", between, load, store)


def read_own(text):
    """After the load of y, an atomic compares with its value; the address of x depends on the value that the atomic
    stored."""
    return mp("", "stlr", f"add x12, sp, #64\nmov w9, #1\nstr w9, [x12]\nldr w5, [x21]\n{text}\nldr w10, [x12]\n"
              "eor w10, w10, w10\nldr w6, [x20, x10]")


def lb_over(text, store="str w9, [x12]"):
    return lb(text, store=store)[0], lb("dmb ish")[1]


def exclusive(form):
    return f"7: ldxr w10, [x12]\n{form} w11, w9, [x12]\ncbnz w11, 7b"


def atomic_first(store, between=""):
    """An atomic stores x and returns the old value in w11; w9 is stored to y."""
    return (f"mov w9, #1\nmov w10, #0\nmov x12, x20\n{store}\n{between}\nstr w9, [x21]", PLAIN.format("dmb ishld"))


def exclusive_first(load, store, between=""):
    return atomic_first(f"7: {load} w11, [x12]\n{store} w13, w9, [x12]\ncbnz w13, 7b", between)


DATA, ADDR = "eor w10, {r}, {r}\nadd w9, w9, w10", "eor w10, {r}, {r}\nadd x12, x12, x10"
OVERWRITE = "mov w10, #2\nstr w10, [x21]\n"  # overwrites y, which thread 0 of lb() has loaded
BACK = OVERWRITE + "ldr w11, [x21]\n"  # reads its own store, which is still buffered
BEYOND = "eor w10, {r}, {r}\nadd x10, x10, x22\nldr w10, [x10, #256]"  # a load whose address depends on the first
OWN = "add x10, sp, #64\n"  # x10: a word private to the thread

PLAIN = "ldr w5, [x21]\n{0}\nldr w6, [x20]"
# name: (threads, the weak outcome, is it allowed?)
SHAPES = {
    "MP": (mp("", "str", PLAIN.format("")), "10", True),
    "MP+dmb.st+po": (mp("dmb ishst", "str", PLAIN.format("")), "10", True),
    "MP+po+dmb.ld": (mp("", "str", PLAIN.format("dmb ishld")), "10", True),
    "MP+dmb.st+dmb.ld": (mp("dmb ishst", "str", PLAIN.format("dmb ishld")), "10", False),
    "MP+dmb.ld+dmb.ld": (mp("dmb ishld", "str", PLAIN.format("dmb ishld")), "10", True),
    "MP+dmb.st+dmb.st": (mp("dmb ishst", "str", PLAIN.format("dmb ishst")), "10", True),
    "MP+dmb+dmb": (mp("dmb ish", "str", PLAIN.format("dmb ish")), "10", False),
    "MP+rel+acq": (mp("", "stlr", PLAIN.format("").replace("ldr w5", "ldar w5")), "10", False),
    "MP+rel+acqpc": (mp("", "stlr", PLAIN.format("").replace("ldr w5", "ldapr w5")), "10", False),
    "MP+dmb.st+addr": (mp("dmb ishst", "str", ADDRESS.format("eor w10, w5, w5")), "10", False),
    "MP+dmb.st+ctrl": (mp("dmb ishst", "str", PLAIN.format("cbz w5, 7f\n7:")), "10", True),
    "MP+dmb.st+ctrlisb": (mp("dmb ishst", "str", PLAIN.format("cbz w5, 7f\n7: isb")), "10", False),
    "MP+dmb.st+isb": (mp("dmb ishst", "str", PLAIN.format("isb")), "10", True),
    "MP+dmb.st+flags-addr": (mp("dmb ishst", "str", ADDRESS.format("cmp w5, #3\nadc w10, wzr, wzr")), "10", False),
    "MP+dmb.st+flags-ctrlisb": (mp("dmb ishst", "str", PLAIN.format("cmp w5, #1\nb.eq 7f\n7: isb")), "10", False),
    "MP+dmb.st+memory-addr": (mp("dmb ishst", "str", ADDRESS.format("eor w10, w5, w5\nstr x10, [sp]\nldr x10, [sp]")), "10", False),
    "MP+dmb.st+register-addr": (mp("dmb ishst", "str", ADDRESS.format("eor w10, w5, w5\nmsr tpidr_el0, x10\nmrs x10, tpidr_el0")),
                                "10", False),
    "MP+dmb.st+addr-isb": (mp("dmb ishst", "str", PLAIN.format("eor w10, w5, w5\nldr w9, [x22, x10]\nisb")), "10", False),
    "MP+dmb.st+dsb.ld": (mp("dmb ishst", "str", PLAIN.format("dsb ishld")), "10", False),
    "MP+dsb.st+dmb.ld": (mp("dsb ishst", "str", PLAIN.format("dmb ishld")), "10", False),
    "CoRR": (mp("", "str", "ldr w5, [x21]\nldr w6, [x21]"), "10", False),
    "SB": (sb("str", "", "ldr"), "00", True),
    "SB+dmb.st": (sb("str", "dmb ishst", "ldr"), "00", True),
    "SB+dmb.ld": (sb("str", "dmb ishld", "ldr"), "00", True),
    "SB+dmb": (sb("str", "dmb ish", "ldr"), "00", False),
    "SB+dsb.st": (sb("str", "dsb ishst", "ldr"), "00", False),
    "SB+rel+acq": (sb("stlr", "", "ldar"), "00", False),
    "SB+rel+acqpc": (sb("stlr", "", "ldapr"), "00", True),
    "SB+rel+ldr": (sb("stlr", "", "ldr"), "00", True),
    "LB": (lb(), "11", True),
    "LB+data+data": (lb(DATA), "11", False),
    "LB+data+po": (lb(DATA, po=True), "11", True),
    "LB+addrs": (lb(ADDR), "11", False),
    "LB+addr+po": (lb(ADDR, po=True), "11", True),
    "LB+ctrls": (lb("cbz {r}, 7f\n7:"), "11", False),
    "LB+ctrl+po": (lb("cbz {r}, 7f\n7:", po=True), "11", True),
    "LB+flags-ctrls": (lb("cmp {r}, #1\nb.eq 7f\n7:"), "11", False),
    "LB+flags-ctrl+po": (lb("cmp {r}, #1\nb.eq 7f\n7:", po=True), "11", True),
    "LB+flags-data+flags-data": (lb("cmp {r}, #3\nadc w10, wzr, wzr\nadd w9, w9, w10"), "11", False),
    "LB+memory-data+memory-data": (lb("eor w10, {r}, {r}\nstr x10, [sp]\nldr x10, [sp]\nadd w9, w9, w10"), "11", False),
    "LB+register-data+register-data":
        (lb("eor w10, {r}, {r}\nmsr tpidr_el0, x10\nmrs x10, tpidr_el0\nadd w9, w9, w10"), "11", False),
    "LB+addr-pos": (lb(BEYOND), "11", False),
    "LB+addr-po+po": (lb(BEYOND, po=True), "11", True),
    "LB+dmbs": (lb("dmb ish"), "11", False),
    "LB+dmb+po": (lb("dmb ish", po=True), "11", True),
    "LB+dmb.lds": (lb("dmb ishld"), "11", False),
    "LB+dmb.ld+po": (lb("dmb ishld", po=True), "11", True),
    "LB+dmb.sts": (lb("dmb ishst"), "11", True),
    "LB+dsb.lds": (lb("dsb ishld"), "11", False),
    "LB+dsbs": (lb("dsb ish"), "11", False),
    "LB+isbs": (lb("isb"), "11", True),
    "LB+ctrlisbs": (lb("cbz {r}, 7f\n7: isb"), "11", False),
    "LB+acqs": (lb(load="ldar {0}, [{1}]"), "11", False),
    "LB+acqpcs": (lb(load="ldapr {0}, [{1}]"), "11", False),
    "LB+acq+po": (lb(load="ldar {0}, [{1}]", po=True), "11", True),
    "LB+rels": (lb(store="stlr w9, [x12]"), "11", False),
    "LB+rel+po": (lb(store="stlr w9, [x12]", po=True), "11", True),
    "LB+po-acq-pos": (lb("ldar w10, [x22]"), "11", True),
    "LB+po-rel-pos": (lb(OWN + "stlr w9, [x10]"), "11", True),
    "LB+po-ldadd-pos": (lb(OWN + "ldadd w9, w11, [x10]"), "11", True),
    "LB+po-ldaddal-pos": (lb(OWN + "ldaddal w9, w11, [x10]"), "11", False),
    "LB+swps": (lb(store="swp w9, w11, [x12]"), "11", True),
    "LB+swpls": (lb(store="swpl w9, w11, [x12]"), "11", False),
    "LB+stxrs": (lb(store=exclusive("stxr")), "11", True),
    "LB+stlxrs": (lb(store=exclusive("stlxr")), "11", False),
    # thread 0 overwrites the word that it loads: the load may be performed as long as that store is buffered
    "LB+fri-po+dmb": (lb_over(OVERWRITE), "11", True),
    "LB+fri-dmb.st+dmb": (lb_over(OVERWRITE + "dmb ishst"), "11", False),
    "LB+fri-rel+dmb": (lb_over(OVERWRITE, "stlr w9, [x12]"), "11", False),
    "LB+fri-rfi-ctrl+dmb": (lb_over(BACK + "cbz w11, 7f\n7:"), "11", True),
    "LB+fri-rfi-ctrlisb+dmb": (lb_over(BACK + "cbz w11, 7f\n7: isb"), "11", True),
    "LB+fri-rfi-addr+dmb": (lb_over(BACK + "eor w10, w11, w11\nadd x12, x12, x10"), "11", True),
    "LB+fri-rfi-data+dmb": (lb_over(BACK + "eor w10, w11, w11\nadd w9, w9, w10"), "11", True),
    "LB+fri-rfi-dmb.ld+dmb": (lb_over(BACK + "dmb ishld"), "11", False),
    "LB+data-rfi-ctrl+dmb": (lb_over("eor w10, w5, w5\nadd w10, w10, #2\nstr w10, [x21]\nldr w11, [x21]\ncbz w11, 7f\n7:"), "11", False),
    "CoRW": (("ldr w5, [x20]\nmov w9, #1\nstr w9, [x20]\n" + DELAY, "mov w9, #2\nstr w9, [x20]\nmov w6, #0"), "10", False),
    "MP+casp+dmb.ld": (("mov w9, #1\nstr w9, [x20]\n" + casp("casp", "x21", 1), PLAIN.format("dmb ishld")), "10", True),
    "MP+caspl+dmb.ld": (("mov w9, #1\nstr w9, [x20]\n" + casp("caspl", "x21", 1), PLAIN.format("dmb ishld")), "10", False),
    "MP+dmb.st+casp": (mp("dmb ishst", "str", casp_reader("casp")), "10", True),
    "MP+dmb.st+caspa": (mp("dmb ishst", "str", casp_reader("caspa")), "10", False),
    "CASP+dmb.ld": ((casp("casp", "x20", 1), "ldr w5, [x20]\ndmb ishld\nldr w6, [x20, #8]"), "10", False),
    "CASP+dmb.ld-back": ((casp("casp", "x20", 1), "ldr w5, [x20, #8]\ndmb ishld\nldr w6, [x20]"), "10", False),
    "CASP+po": ((casp("casp", "x20", 1), "ldr w5, [x20]\nldr w6, [x20, #8]"), "10", True),
    "2+2W": (two_two(""), "11", True),
    "2+2W+dmb.st": (two_two("dmb ishst"), "11", False),
    "2+2W+dmb.ld": (two_two("dmb ishld"), "11", True),
}
# The condition of CSEL and similar instructions (B2.3, "Pick dependency") orders stores, and loads after an ISB, but
# no load from the selected address.  The registers that they select from are dependencies of every kind.
CSEL, CSET = "cmp {r}, #3\ncsel x10, x30, xzr, eq", "cmp {r}, #3\ncset x10, eq"  # x10: 0, selected by r
PICK = CSEL.format(r="w5")


def mp_pick(text):
    return mp("dmb ishst", "str", text)


SHAPES.update({
    "MP+dmb.st+csel-addr": (mp_pick(ADDRESS.format(PICK)), "10", True),
    "MP+dmb.st+cset-addr": (mp_pick(ADDRESS.format(CSET.format(r="w5"))), "10", True),
    "MP+dmb.st+csinv-addr": (mp_pick(ADDRESS.format("cmp w5, #3\nmov x11, #-1\ncsinv x10, x30, x11, eq")), "10", True),
    "MP+dmb.st+csneg-addr": (mp_pick(ADDRESS.format("cmp w5, #3\ncsneg x10, x30, xzr, eq")), "10", True),
    "MP+dmb.st+csel-add-addr": (mp_pick(ADDRESS.format(PICK + "\nadd x10, x10, x10")), "10", True),
    "MP+dmb.st+csel-csel-addr": (mp_pick(ADDRESS.format(PICK + "\ncmp x10, #1\ncsel x10, x30, xzr, eq")), "10", True),
    "MP+dmb.st+csel-acq": (mp_pick(ADDRESS.format(PICK + "\nadd x11, x20, x10").replace("ldr w6, [x20, x10]", "ldar w6, [x11]")), "10", True),
    "MP+dmb.st+csel-addr-addr": (mp_pick(ADDRESS.format(PICK + "\nldr w10, [x22, x10]\neor w10, w10, w10")), "10", True),
    "MP+dmb.st+csel-ctrl": (mp_pick(PLAIN.format(PICK + "\ncbz x10, 7f\n7:")), "10", True),
    "MP+dmb.st+csel-ctrlisb": (mp_pick(PLAIN.format(PICK + "\ncbz x10, 7f\n7: isb")), "10", False),
    "MP+dmb.st+csel-flags-ctrlisb": (mp_pick(PLAIN.format(PICK + "\ncmp x10, #1\nb.eq 7f\n7: isb")), "10", False),
    "MP+dmb.st+csel-memory-ctrlisb": (mp_pick(PLAIN.format(PICK + "\nstr x10, [sp]\nldr x10, [sp]\ncbz x10, 7f\n7: isb")), "10", False),
    "MP+dmb.st+csel-register-ctrlisb":
        (mp_pick(PLAIN.format(PICK + "\nmsr tpidr_el0, x10\nmrs x10, tpidr_el0\ncbz x10, 7f\n7: isb")), "10", False),
    "MP+dmb.st+csel-addr-isb": (mp_pick(PLAIN.format(PICK + "\nldr w9, [x22, x10]\nisb")), "10", False),
    "MP+dmb.st+csel-acq-isb": (mp_pick(PLAIN.format(PICK + "\nadd x11, x22, x10\nldapr w9, [x11]\nisb")), "10", False),
    "MP+dmb.st+csel-addr-dmb.ld": (mp_pick(ADDRESS.format(PICK + "\ndmb ishld")), "10", False),
    "MP+dmb.st+selected-addr": (mp_pick(ADDRESS.format("eor w10, w5, w5\ncmp wzr, wzr\ncsel x10, x10, xzr, eq")), "10", False),
    "MP+dmb.st+selected-cset-addr": (mp_pick(ADDRESS.format("eor w10, w5, w5\ncmp w5, #3\ncsel x10, xzr, x10, eq")), "10", False),
    "LB+csel-datas": (lb(CSEL + "\nadd w9, w9, w10"), "11", False),
    "LB+cset-datas": (lb(CSET + "\nadd w9, w9, w10"), "11", False),
    "LB+csel-data+po": (lb(CSEL + "\nadd w9, w9, w10", po=True), "11", True),
    "LB+csel-addrs": (lb(CSEL + "\nadd x12, x12, x10"), "11", False),
    "LB+csel-addr-pos": (lb(CSEL + "\nadd x10, x10, x22\nldr w10, [x10, #256]"), "11", False),
    "LB+csel-ctrls": (lb(CSEL + "\ncbz x10, 7f\n7:"), "11", False),
    "MP+rel+cas-addr": (read_own("mov w10, w5\ncas w10, w9, [x12]"), "10", True),
})
W11_DATA, W11_CTRL = "eor w10, w11, w11\nadd w9, w9, w10", "cbz w11, 6f\n6:"
# The store of an atomic is ordered after its own read, to which dependencies and acquire apply; an atomic with
# acquire and release is ordered before all later accesses.  A load-acquire of its word by the same CPU is ordered
# after that read, not after the store.
SHAPES.update({
    "MP+swp-po": (atomic_first("swp w9, w11, [x12]"), "10", True),
    "MP+swpa-po": (atomic_first("swpa w9, w11, [x12]"), "10", True),
    "MP+swpl-po": (atomic_first("swpl w9, w11, [x12]"), "10", True),
    "MP+swpal-po": (atomic_first("swpal w9, w11, [x12]"), "10", False),
    "MP+ldadda-po": (atomic_first("ldadda w9, w11, [x12]"), "10", True),
    "MP+ldaddal-po": (atomic_first("ldaddal w9, w11, [x12]"), "10", False),
    "MP+stadd-po": (atomic_first("stadd w9, [x12]"), "10", True),
    "MP+casa-po": (atomic_first("casa w10, w9, [x12]"), "10", True),
    "MP+casal-po": (atomic_first("casal w10, w9, [x12]"), "10", False),
    "MP+swpa-data": (atomic_first("swpa w9, w11, [x12]", W11_DATA), "10", True),
    "MP+swpa-ctrl": (atomic_first("swpa w9, w11, [x12]", W11_CTRL), "10", True),
    "MP+swpa-ctrlisb": (atomic_first("swpa w9, w11, [x12]", W11_CTRL + "isb"), "10", True),
    "MP+swpa-dmb.ld": (atomic_first("swpa w9, w11, [x12]", "dmb ishld"), "10", True),
    "MP+swpa-dmb.st": (atomic_first("swpa w9, w11, [x12]", "dmb ishst"), "10", False),
    "MP+swpa-dsb.st": (atomic_first("swpa w9, w11, [x12]", "dsb ishst"), "10", False),
    "MP+swpa-dmb": (atomic_first("swpa w9, w11, [x12]", "dmb ish"), "10", False),
    "MP+swpl-acq": (atomic_first("swpl w9, w11, [x12]", "ldar w11, [x22]"), "10", False),
    "MP+swpl-acqpc": (atomic_first("swpl w9, w11, [x12]", "ldapr w11, [x22]"), "10", True),
    "MP+swp-rfi-data": (atomic_first("swp w9, w11, [x12]", "ldr w11, [x12]\n" + W11_DATA), "10", True),
    "MP+swp-rfi-acq": (atomic_first("swp w9, w11, [x12]", "ldar w11, [x12]"), "10", True),
    "MP+swp-rfi-acqpc": (atomic_first("swp w9, w11, [x12]", "ldapr w11, [x12]"), "10", True),
    "MP+ex-po": (exclusive_first("ldxr", "stxr"), "10", True),
    "MP+exal-po": (exclusive_first("ldaxr", "stlxr"), "10", True),
    "MP+exa-ctrl": (exclusive_first("ldaxr", "stxr", W11_CTRL), "10", True),
    "MP+ex-dmb.st": (exclusive_first("ldxr", "stxr", "dmb ishst"), "10", False),
})


def read_by(*text):
    """x, then y by a store-release; the second thread reads y by an atomic (w5) before it reads x (w6)."""
    return mp("", "stlr", "\n".join(("mov w9, #2", "mov w10, #1", *text, "ldr w6, [x20]")))


EXCLUSIVE_2 = "7: ldxr w5, [x21]\nstxr w11, w9, [x21]\ncbnz w11, 7b"
LDAR_Y, LDAPR_Y = "ldar w7, [x21]", "ldapr w7, [x21]"
STORE_LOCAL = "ldr w5, [x21]\n{0}\nmov w9, #1\n{1}\nstr w9, [x22, x10]\nldar w7, [x22]\nldr w6, [x20]"  # z is a word at x22
# As the herdtools7 catalogue has them (aarch64, kinds.txt: MP+rel+rmw-lrs-acq and its neighbours), by Atomic-ordered-before.
SHAPES.update({
    "MP+rel+rmw-lrs-acq": (read_by("swp w9, w5, [x21]", LDAR_Y), "10", False),
    "MP+rel+rmw-lrs-acqpc": (read_by("swp w9, w5, [x21]", LDAPR_Y), "10", False),
    "MP+rel+rmw-lrs": (read_by("swp w9, w5, [x21]", "ldr w7, [x21]"), "10", True),
    "MP+rel+ldadd-lrs-acq": (read_by("ldadd w9, w5, [x21]", LDAR_Y), "10", False),
    "MP+rel+ldclr-lrs-acqpc": (read_by("ldclr w9, w5, [x21]", LDAPR_Y), "10", False),
    "MP+rel+cas-lrs-acq": (read_by("mov w5, w10", "cas w5, w9, [x21]", LDAR_Y), "10", False),
    "MP+rel+cas-lrs-acqpc": (read_by("mov w5, w10", "cas w5, w9, [x21]", LDAPR_Y), "10", False),
    "MP+rel+ex-lrs-acq": (read_by(EXCLUSIVE_2, LDAR_Y), "10", False),
    "MP+rel+ex-lrs-acqpc": (read_by(EXCLUSIVE_2, LDAPR_Y), "10", False),
    "MP+rel+swp-acq": (read_by("swpa w9, w5, [x21]"), "10", False),
    "MP+rel+addr-lrs-acq": (mp("", "stlr", STORE_LOCAL.format("eor w10, w5, w5", "")), "10", False),
    "MP+rel+data-lrs-acq": (mp("", "stlr", STORE_LOCAL.format("mov x10, #0", "eor w11, w5, w5\nadd w9, w9, w11")), "10", False),
    "MP+rel+ctrl-lrs-acq": (mp("", "stlr", STORE_LOCAL.format("mov x10, #0\ncmp w5, #1\nb.eq 7f\n7:", "")), "10", True),
})
# w5: did the atomic read the value of the store-release?  y shows it, since the atomic's result is discarded.
NORET = "mov w9, #1\n{0}\n{1}\nldr w6, [x20]\nldr w5, [x21]\n{2}"
LDADD, CAS = ("ldadd w9, {0}, [x21]", "lsr w5, w5, #1"), ("mov w10, #0\ncas {0}, w9, [x21]", "and w5, w5, #1")


def by_cas(barrier, result):
    """y is 2, then 0 by the store-release, then 1."""
    return (DELAY.replace("300", "100") + "\nmov w9, #1\nstr w9, [x20]\nstlr wzr, [x21]",
            f"mov w9, #2\nstr w9, [x21]\n{DELAY}\n" + NORET.format(CAS[0].format(result), barrier, CAS[1]))


def by_ldadd(barrier, result):
    return mp("", "stlr", NORET.format(LDADD[0].format(result), barrier, LDADD[1]))


SHAPES.update({
    "MP+rel+ldadd-dmb.ld": (by_ldadd("dmb ishld", "w10"), "10", False),
    "MP+rel+ldadd.noret-dmb.ld": (by_ldadd("dmb ishld", "wzr"), "10", True),
    "MP+rel+ldadd.noret-dsb.ld": (by_ldadd("dsb ishld", "wzr"), "10", True),
    "MP+rel+ldadd.noret-dmb": (by_ldadd("dmb ish", "wzr"), "10", False),
    "MP+rel+cas-dmb.ld": (by_cas("dmb ishld", "w10"), "10", False),
    "MP+rel+cas.noret-dmb.ld": (by_cas("dmb ishld", "wzr"), "10", True),
    "MP+rel+cas.noret-dmb": (by_cas("dmb ish", "wzr"), "10", False),
})
# The domain of a barrier: OSH and SY include the Inner Shareable CPUs, NSH includes no other CPU.
SHAPES.update({
    "MP+dmb.oshst+dmb.ld": (mp("dmb oshst", "str", PLAIN.format("dmb ishld")), "10", False),
    "MP+dmb.sy+dmb.osh": (mp("dmb sy", "str", PLAIN.format("dmb osh")), "10", False),
    "MP+dmb.nshst+dmb.ld": (mp("dmb nshst", "str", PLAIN.format("dmb ishld")), "10", True),
    "MP+dmb.nsh+dmb.ld": (mp("dmb nsh", "str", PLAIN.format("dmb ishld")), "10", True),
    "MP+dmb.st+dmb.nsh": (mp("dmb ishst", "str", PLAIN.format("dmb nsh")), "10", True),
    "MP+dmb.st+dmb.nshld": (mp("dmb ishst", "str", PLAIN.format("dmb nshld")), "10", True),
    "MP+dsb.nshst+dmb.ld": (mp("dsb nshst", "str", PLAIN.format("dmb ishld")), "10", True),
    "MP+dsb.nsh+dmb.ld": (mp("dsb nsh", "str", PLAIN.format("dmb ishld")), "10", True),
    "MP+dsb.osh+dsb.oshld": (mp("dsb osh", "str", PLAIN.format("dsb oshld")), "10", False),
    "SB+dmb.nsh": (sb("str", "dmb nsh", "ldr"), "00", True),
    "SB+dmb.osh": (sb("str", "dmb osh", "ldr"), "00", False),
    "SB+dsb.nshst": (sb("str", "dsb nshst", "ldr"), "00", True),
    "LB+dmb.nshs": (lb("dmb nsh"), "11", True),
})
# The domain of a location (B2.7, B2.11).  x28: x as Non-shareable memory, or as Outer Shareable.
NONSHAREABLE, OUTER = ("mov x28, #%#x\nadd x28, x28, x20\n" % at for at in (0x40000000, 0x80000000))


def mp_reads(text, alias=NONSHAREABLE):
    return mp("dmb ish", "str", f"{alias}ldr w5, [x21]\ndmb ish\n{text}")


def mp_writes(text, alias=NONSHAREABLE):
    return f"{alias}mov w9, #1\n{text}\ndmb ish\nstr w9, [x21]", PLAIN.format("dmb ish")


SHAPES.update({
    "MP-own+dmb+ldr": (mp_reads("ldr w6, [x28]"), "10", True),
    "MP-own+dmb+ldar": (mp_reads("ldar w6, [x28]"), "10", True),
    "MP-own+dmb+ldxr": (mp_reads("ldxr w6, [x28]"), "10", True),
    "MP-own+dmb+ldadd": (mp_reads("ldadd wzr, w6, [x28]"), "10", True),
    "MP-own+dmb+cvac": (mp_reads("dc cvac, x28\ndsb sy\nldr w6, [x28]"), "10", True),
    "MP-own+dmb+civac": (mp_reads("dc civac, x28\ndsb sy\nldr w6, [x28]"), "10", False),
    "MP-own+dmb+civac-shared": (mp_reads("dc civac, x20\ndsb sy\nldr w6, [x28]"), "10", False),
    "MP-own+str+dmb": (mp_writes("str w9, [x28]"), "10", True),
    "MP-own+stlr+dmb": (mp_writes("stlr w9, [x28]"), "10", True),
    "MP-own+cvac+dmb": (mp_writes("str w9, [x28]\ndc cvac, x28\ndsb sy"), "10", False),
    "MP-own+civac+dmb": (mp_writes("str w9, [x28]\ndc civac, x28\ndsb sy"), "10", False),
    "MP-outer+dmb+ldr": (mp_reads("ldr w6, [x28]", OUTER), "10", False),
    "MP-outer+str+dmb": (mp_writes("str w9, [x28]", OUTER), "10", False),
    "CoWR-own": (mp("", "str", NONSHAREABLE + "mov w5, #1\nstr w5, [x28]\nldr w6, [x28]"), "10", False),
})
FINAL = {"2+2W", "2+2W+dmb.st", "2+2W+dmb.ld"}

HEAD = """
	.arch armv8.4-a
	.globl _start
_start:
	b begin
	.word 0
	.quad 0, 0x200000, 0xa, 0, 0, 0
	.ascii "ARM\\x64"
	.word 0
begin:
	adr x0, table
	movz x5, #0x0401		// device: AF, block
	str x5, [x0]
	movz x5, #0x0705		// normal: AF, inner shareable, attribute 1, block
	movk x5, #0x4000, lsl #16
	str x5, [x0, #8]
	movz x5, #0x0405		// the same as Non-shareable, and as Outer Shareable, 1 and 2 GiB above
	movk x5, #0x4000, lsl #16
	str x5, [x0, #16]
	add x5, x5, #0x200
	str x5, [x0, #24]
	dmb sy				// stores around the caches, then the line that may be stale in them
	dc ivac, x0
	dsb sy
	bl mmu
	adrp x20, memory
	add x21, x20, #4096
	add x22, x20, #8192		// +0: round, +64: done, +128: results of thread 1
	add x22, x22, #256
	add x24, x20, #12288		// counts
	add x0, x20, #4, lsl #12
	add sp, x0, #2048
	movz x0, #3
	movk x0, #0xc400, lsl #16
	mov x1, #1
	adr x2, other
	hvc #0
	mov x27, #0
"""

COMMON = """
mmu:	adr x0, table
	dsb sy
	mov x5, #0xff00
	msr mair_el1, x5
	ldr x5, =0x280803519		// 39 bits, 4 KiB, write-back, EPD1, 40 bits of output
	msr tcr_el1, x5
	msr ttbr0_el1, x0
	isb
	tlbi vmalle1
	dsb sy
	mrs x5, sctlr_el1
	orr x5, x5, #1
	orr x5, x5, #4
	orr x5, x5, #0x1000
	msr sctlr_el1, x5
	isb
	ret
// w0 in hexadecimal, and a space
say:	movz x5, #0x0900, lsl #16
	mov x6, #32
2:	sub x6, x6, #4
	lsr w7, w0, w6
	and w7, w7, #15
	add w7, w7, #48
	cmp w7, #58
	b.lo 3f
	add w7, w7, #39
3:	str w7, [x5]
	cbnz x6, 2b
	mov w7, #32
	str w7, [x5]
	ret
	.ltorg
	.balign 4096
table:	.skip 4096
memory:	.skip 32768
"""


def program(rounds, shapes):
    first, second = [HEAD], ["other:\tbl mmu\nadrp x20, memory\nadd x21, x20, #4096\nadd x22, x20, #8192\nadd x22, x22, #256\n"
                             "add x0, x20, #5, lsl #12\nadd sp, x0, #2048\nmov x27, #0\n"]
    for name in shapes:
        t0, t1 = SHAPES[name][0]
        both = name.startswith(("SB", "LB", "CoRW"))
        first.append(f"""
	stp xzr, xzr, [x24]
	stp xzr, xzr, [x24, #16]
	movz x26, #{rounds}
1:	{"str xzr, [x20, #8]" if "casp" in name.lower() else ""}
	{"str xzr, [x21, #8]" if "casp" in name.lower() else ""}
	str wzr, [x20]
	str wzr, [x21]
	str wzr, [x22, #192]
	add x27, x27, #1
	dmb ish
	stlr x27, [x22]
	{t0}
	add x0, x22, #64
4:	ldar x1, [x0]
	cmp x1, x27
	b.ne 4b
	dmb ish
	{"ldr w6, [x22, #128]" if both else "ldp w5, w6, [x22, #120]" if name not in FINAL else
    "ldr w5, [x20]; ldr w6, [x21]; cmp w5, #1; cset w5, eq; cmp w6, #1; cset w6, eq"}
	and w5, w5, #1
	and w6, w6, #1
	add w5, w6, w5, lsl #1
	ldr w0, [x24, x5, lsl #2]
	add w0, w0, #1
	str w0, [x24, x5, lsl #2]
	subs x26, x26, #1
	b.ne 1b
	.irp n, 0, 4, 8, 12
	ldr w0, [x24, #\\n]
	bl say
	.endr
	mov w7, #10
	str w7, [x5]""")
        second.append(f"""
	movz x26, #{rounds}
1:	add x27, x27, #1
4:	ldar x1, [x22]
	cmp x1, x27
	b.ne 4b
	{t1}
	{"str w6, [x22, #128]" if both else "stp w5, w6, [x22, #120]"}
	add x0, x22, #64
	dmb ish
	stlr x27, [x0]
	subs x26, x26, #1
	b.ne 1b""")
    first.append("movz x0, #0x8400, lsl #16\nmovk x0, #8\nhvc #0\nb .")
    second.append("b .")
    return "\n".join(first + second) + COMMON


# Translations of one CPU: results of an access after a change of the entry that translates it.  x9 is an address, x10
# that of its entry, x11 a valid entry, x12 the operand of a TLBI; `valid` is the initial state of the entry, which an
# earlier access has used.  Without FEAT_ETS2 loads and stores after a DSB may have been translated before it (B2.6.9,
# DSB), and fetches may even with it: only a context synchronization event orders the walk (D8.2.6), and makes a CPU's
# own TLBI take effect for it (D8.17.8).
MAKES, UNMAKES = "str x11, [x10]\n", "str xzr, [x10]\ndsb ishst\n"
IS, OWN_ONLY = "tlbi vaae1is, x12\n", "tlbi vaae1, x12\n"
Walk = namedtuple("Walk", "valid text allowed ets context", defaults=(False,))
# allowed: is the weak outcome allowed (a fault with a valid entry, or none with an invalid one)?  ets: also with
# FEAT_ETS2?  context: it needs `context=1`, since only a context synchronization is missing
WALKS = {
    "make": Walk(False, MAKES, True, False),
    "make+isb": Walk(False, MAKES + "isb", True, False),
    "make+dmb+isb": Walk(False, MAKES + "dmb ish\nisb", True, False),
    "make+dsb": Walk(False, MAKES + "dsb ish", True, False, True),
    "make+dsb.st": Walk(False, MAKES + "dsb ishst", True, False, True),
    "make+dsb.nsh": Walk(False, MAKES + "dsb nsh", True, False, True),
    "make+isb+dsb": Walk(False, MAKES + "isb\ndsb ish", True, False, True),
    "make+dsb+isb": Walk(False, MAKES + "dsb ish\nisb", False, False),
    "make+dsb.st+isb": Walk(False, MAKES + "dsb ishst\nisb", False, False),
    "make+dsb.nshst+isb": Walk(False, MAKES + "dsb nshst\nisb", False, False),
    "make+dsb+exception": Walk(False, MAKES + "dsb ish\nbrk #0", False, False),
    "make+dsb-fetch": Walk(False, MAKES + "dsb ish", True, True, True),
    "make+dsb+isb-fetch": Walk(False, MAKES + "dsb ish\nisb", False, False),
    "break": Walk(True, UNMAKES, True, True),
    "break+isb": Walk(True, UNMAKES + "isb", True, True),
    "break+tlbi+isb": Walk(True, UNMAKES + IS + "isb", True, True),
    "break+tlbi+dsb": Walk(True, UNMAKES + IS + "dsb ish", True, False, True),
    "break+tlbi-own+dsb": Walk(True, UNMAKES + OWN_ONLY + "dsb nsh", True, False, True),
    "break+tlbi+isb+dsb": Walk(True, UNMAKES + IS + "isb\ndsb ish", True, False, True),
    "break+tlbi+dsb+isb": Walk(True, UNMAKES + IS + "dsb ish\nisb", False, False),
    "break+tlbi-own+dsb+isb": Walk(True, UNMAKES + OWN_ONLY + "dsb nsh\nisb", False, False),
    "break+tlbi+dsb+exception": Walk(True, UNMAKES + IS + "dsb ish\nbrk #0", False, False),
    "break+tlbi+dsb-fetch": Walk(True, UNMAKES + IS + "dsb ish", True, True, True),
    "break+tlbi+dsb+isb-fetch": Walk(True, UNMAKES + IS + "dsb ish\nisb", False, False),
    "break+tlbi+dsb+make+dsb": Walk(False, UNMAKES + IS + "dsb ish\n" + MAKES + "dsb ish", True, False, True),
    "break+tlbi+dsb+make+dsb+isb": Walk(False, UNMAKES + IS + "dsb ish\n" + MAKES + "dsb ish\nisb", False, False),
}


def walk_program(rounds, shape):
    """A program that prints how often the weak outcome occurred."""
    w = WALKS[shape]
    access = ("blr x13" if shape.endswith("-fetch") else "ldr w6, [x9]")
    begin = "str x11, [x10]\ndsb ishst\nisb\nmov w5, #1\n" + access if w.valid else \
        "str xzr, [x10]\ndsb ishst\ntlbi vmalle1is\ndsb ish\nisb"
    return HEAD[:HEAD.index("adrp x20")] + f"""
	adr x0, vectors - 0x200
	msr vbar_el1, x0
	isb
	adr x10, table + 40		// the sixth GiB is the second one, RAM, by an entry of its own
	movz x11, #0x0705
	movk x11, #0x4000, lsl #16
	adrp x9, memory
	add x9, x9, #64
	mov x1, #0x100000000
	add x9, x9, x1
	adr x13, callee
	add x13, x13, x1
	mov x12, #0x140000
	movz x26, #{rounds}
	mov w24, #0
1:	{begin}
	{w.text}
	mov w5, #1
	{access}
	cmp w5, #{int(w.valid)}
	cset w5, eq
	add w24, w24, w5
	subs x26, x26, #1
	b.ne 1b
	mov w0, w24
	bl say
	movz x0, #0x8400, lsl #16
	movk x0, #8
	hvc #0
	b .
	.balign 64
callee:	ret
	.balign 2048
	.skip 0x200
vectors:				// the instruction behind; of a fetch, the caller
	mrs x4, elr_el1
	add x4, x4, #4
	mrs x3, esr_el1
	lsr x3, x3, #26
	cmp x3, #0x21
	csel x4, x30, x4, eq
	msr elr_el1, x4
	mov w5, #0
	eret
""" + COMMON
