# SPDX-License-Identifier: BSD-2-Clause
"""The suite on the worst legal machine (machine/README.md): by seeds, by one adversary at a time, in other shapes, as a
soak.

Tier test runs each group once, distributed over three seeds and the architectures; tier ci also a sensitive sample on
each architecture.  Tier full runs every group with 50 seeds on both; SHARD=i/n selects every n-th of those cases."""
import os
import re
import subprocess

import pytest

from conftest import ARCHES, TOP, unattended
from devices.crashes import CRASHES
from devices.selection import GROUPS
from hotplate.mutants import edit, image as linked

pytestmark = pytest.mark.tier("ci")

# Tests that show mistakes of order and of invalidation: with each seed, and with each adversary alone.
SAMPLE = ("boot.wx,boot.features_here,hotplug.cycle,hotplug.migrate_live,hotplug.under_fire/host,race.seldom_*,race.ioremap,"
          "race.pt_install,tlb.back_ends,tlb.publish,kern.spin*,kern.rw*,alloc.ioremap_gone,gup.detect_rate/whole-page")
# Groups that no seed runs here, and the reason.
LEFT_OUT = {
    "crash": ("each ends its run with an error on purpose: test_worst_platform.py runs three of them in tier test, all "
              "in tier full"),
    "litmus": "its tests are those of a set that boot loads, as test_litmus.py does",
}
# Arguments without which a group only skips.
WORDS = {"shadow": "shadow=on "}
# Devices of the machine that tests of a group need.
DEVICES = {"pci": " pci=1", "virtio": " pci=1 vmem=256", "events": " pci=1 vmem=256 sizes=4"}
# Tests that the suite's shape skips on both architectures, and shapes in which none of them is skipped.
ELSEWHERE = {
    "large": ("own.wide,memmap.metadata_device,memmap.host_node,memmap.device_orders,memmap.contiguity,hotplug.wide_*,"
              "hotplug.contiguous_runs,events.overlay_places,devmem.*/host-1G,tlb.twin/hotplug.contiguous_runs,alloc.late_crew/8",
              "", {"SMP": "8", "MEM": "1G", "NODE1": "2G"}),
    "disjoint": ("race.vmalloc_schemes/disjoint,race.vmalloc_all/disjoint", "placement=disjoint ", {}),
    "cpus-off": ("kern.grace_absent,hotplug.cycle", "cpus=3 ", {}),
}
# User seconds of a test with one seed: most of these explore the orders and failures of operations that the rest of their
# group executes once.
SLOW = {
    "inject.add_base": 106, "inject.add": 29, "inject.device_edges": 22, "inject.remove": 31, "inject.event": 12,
    "sched.add_during_remove": 36, "sched.event_during_remove": 32, "sched.install_three": 28, "sched.shootdown": 17,
    "sched.install": 13, "sched.remove_remove": 11, "events.storm": 15, "hotplug.in_use": 9, "acpi.crimes": 10, "alloc.lazy_order": 8,
    "virtio.inject": 6, "hotplug.late_race": 24, "inject.offline": 12, "virtio.given_up": 12, "walk.single_load": 11, "boot.uart_stuck": 10,
    "hotplug.parts_random": 10, "sched.subsections": 9, "race.vmalloc_all": 8, "race.vmalloc_schemes": 8, "hotplug.undo_churn": 7,
    "inject.subsection_add": 5, "inject.subsection_remove": 5, "ptdump.beside": 5, "memmap.gran_matrix": 5, "gup.detect_rate": 12,
    "own.entries": 10, "gup.recheck_race": 8, "tlb.stress": 7, "shadow.follows": 6, "race.huge_walk": 6,
}
# User seconds of a group without them; a group that is not listed counts as short.
COST = {
    "hotplug": 40, "gup": 17, "tlb": 20, "walk": 27, "events": 22, "alloc": 20, "acpi": 19, "direct": 18, "race": 10, "own": 5,
    "devmem": 14, "sched": 14, "kern": 13, "pgd": 13, "shadow": 6, "virtio": 12, "hvo": 9, "inject": 8, "memmap": 8, "conform": 7, "bugs": 6,
    "ptdump": 4, "boot": 3, "frag": 3,
}
SHORT = 1
RUN_MOST = 255  # the kernel's limit
SEEDS = (1, 2, 3)

# One adversary, with the settings that make it visible: stores are only delayed if they may be reordered, and an
# early walk is only visible if it is cached.
ALONE = {
    "stores": "stores=32", "stall": "stores=32 stall=3000", "loads": "loads=4", "walks": "walks=16 tlb=1", "tlb=1": "tlb=1",
    "tlb=2": "tlb=2", "tlb=3": "tlb=3", "fetch": "fetch=1", "ad": "ad=1", "irq": "irq=50", "late": "late=2",
    "atomics": "stores=32 atomics=1",
}
ALONE_ON = {"riscv64": {}, "arm64": {"caches": "caches=1", "context": "context=1"}}


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


# Other legal machines, and other settings of the kernel: (arguments of the machine, of the boot).
WAYS = {
    "riscv64": [("", w) for w in (
        "leaf=page", "memmap=host", "memmap=block", "placement=disjoint", "geometry=sv39", "geometry=sv57", "tlb=ipi", "tlb=full",
        "tlb=svinval", "no=svnapot,svpbmt,svvptc,sstc,zicbom,svinval")]
    + [(w, "") for w in ("firmware=text", "svvptc=2000", "ad=1", "pause=16", "walks=1", "tlb=0",
                         "firmware=text late=2 svvptc=500", "differ=1")],
    "arm64": [("", w) for w in (
        "leaf=page", "memmap=host", "memmap=block", "placement=disjoint", "geometry=4k-39", "geometry=4k-52", "geometry=16k-36",
        "geometry=16k-47", "geometry=16k-52", "geometry=64k-42", "geometry=64k-52", "tlb=ipi", "tlb=full", "tlb=range",
        "no=contig,bbm2,ets2,tlbirange")]
    + [(w, "") for w in ("bbm=2", "bbm=3", "ad=1", "pause=16", "walks=1", "tlb=0", "lse=0", "tlbi=0", "ttl=0 asid=8", "gic=2", "el=2", "ets=1",
                         "pan=0", "load=2052", "mpidr=sparse", "line=mixed", "line=16")],
}


def dealt():
    """The architecture and seed of each group: the most expensive one is assigned first, to the pair with the least
    cost so far."""
    pairs = [(arch, seed) for seed in SEEDS for arch in ARCHES]
    cost, pair_of = dict.fromkeys(pairs, 0), {}
    for group in sorted(set(GROUPS) - set(LEFT_OUT), key=lambda g: (-COST.get(g, SHORT), g)):
        pair_of[group] = min(pairs, key=lambda p: (cost[p], pairs.index(p)))
        cost[pair_of[group]] += COST.get(group, SHORT)
    return pair_of


PAIR_OF = dealt()


def of_seed(seed):
    """The machine of a seed: with an even seed it also performs loads late, which is off by default."""
    return "seed=%d%s" % (seed, "" if seed % 2 else " late=2")


def selected(group):
    """The tests of a group that tier test runs, in arguments for run=, which has at most RUN_MOST characters."""
    if not any(test in SLOW for test in GROUPS[group]):
        return [group + ".*"]
    words = [""]
    for test in GROUPS[group]:
        if test in SLOW:
            continue
        if len(words[-1]) + len(test) >= RUN_MOST:
            words.append("")
        words[-1] += "," * bool(words[-1]) + test
    return words


def machine(arch, name, run, worst, words="", **knobs):
    """The console of a run that passed; the time of several tests depends on the size of memory."""
    shape = {"SMP": "4", "MEM": "512M", "NODE1": "512M", **knobs}
    status, text, printed = unattended(arch, "worst-suite-" + re.sub(r"\W+", "-", name), 3600, MACHINE="worst", WORST=worst,
                                       ARGS="%srun=%s exit" % (words, run), **shape)
    assert status == 0, printed + "\n".join(re.findall(r"^ *not ok .*|^ *# FAIL.*|^# CRASH.*", text, re.M))
    return text


def ran(text, pattern):
    """Did a test of that name pass?  A skipped test did not run."""
    return re.search(r"^ +ok (?!.*# SKIP).*\b" + pattern.replace(".", r"\.").replace("*", ".*"), text, re.M)


def sampled(text):
    assert len(re.findall(r"^ +ok ", text, re.M)) > 20
    for pattern in SAMPLE.split(","):
        assert ran(text, pattern), pattern


@pytest.mark.tier("test")
@pytest.mark.long
@pytest.mark.parametrize("where", [(PAIR_OF[g][0], g) for g in sorted(PAIR_OF, key=lambda g: -COST.get(g, SHORT))], ids="-".join)
def test_whole(where):
    """The suite once, each group with one of the three seeds; both architectures run SAMPLE."""
    arch, group = where
    texts = [machine(arch, "whole-%s-%d" % (group, part), run, of_seed(PAIR_OF[group][1]) + DEVICES.get(group, ""),
                     WORDS.get(group, ""))
             for part, run in enumerate(selected(group))]
    assert all(ran(text, group + ".*") for text in texts)
    for name in SLOW:
        assert not any(ran(text, name + r"(?!\w)") for text in texts), name


@pytest.mark.tier("test")
@pytest.mark.parametrize("name", sorted(LEFT_OUT) + sorted(SLOW))
def test_left_out(name):
    """The tests that tier test does not run on this machine."""
    if name in SLOW:
        assert name in GROUPS[name.partition(".")[0]], "no such test"
        pytest.skip("%s: %d s of user time a seed; tier full runs it" % (name, SLOW[name]))
    assert name in GROUPS, "no such group"
    if name == "crash":
        assert GROUPS[name] == sorted("crash." + n for n in CRASHES), "a crash that test_every_crash does not expect"
    pytest.skip("%s: %s" % (name, LEFT_OUT[name]))


@pytest.mark.tier("full")
@pytest.mark.parametrize("seed", SEEDS)
def test_resized(arch, seed):
    """A virtio-mem device resizes the machine while tests run, and agrees with the kernel about each part; by MMIO
    with seed 2."""
    sizes = (130, 2, 256, 0, 64)
    words = " pci=1 vmem=1024 sizes=" + ",".join(map(str, sizes)) + " mmio=1" * (seed == 2)
    # The soak is longer than the first back-off of the driver: a device may answer "busy" to the first request.
    text = machine(arch, "resized-%d" % seed, "events.virtio_mem_state,pci.endless,hotplug.under_fire/host,hotplug.migrate_live",
                   of_seed(seed) + words, "soak=2s ")
    assert ran(text, "events.virtio_mem_state") and ran(text, "pci.endless")
    followed = [int(n) for n in re.findall(r"worst: virtio-mem: (\d+) MiB are plugged, as requested", text)]
    assert len(followed) > 1 and tuple(followed) == sizes[:len(followed)], followed
    assert "needs a reset" not in text


# The instructions that order each index of the queue in drivers/virtio: the barrier after the store of ring[] in
# queue_request() orders the ring before the available index; the load in wait_used() orders the used index before the data
# that the device has written.  Then the failure without the order.
INDEX = {
    "available": ({"arm64": r"strh wzr, .*\ndsb sy => removed", "riscv64": r"sh zero,.*\nfence => removed"},
                  "it needs a reset", "until=# event 1"),
    "used": ({"arm64": r"ldarh .* => plain", "riscv64": r"lhu? .*\nfence(?: r,rw)? => removed"},
             "the device does not report its state", "until=not ok"),
}


@pytest.mark.sample("arm64-pci-available", "arm64-mmio-available", "arm64-pci-used", "riscv64-mmio-used")
@pytest.mark.parametrize("index", INDEX)
@pytest.mark.parametrize("transport", ("pci", "mmio"))
def test_unordered_queue(arch, transport, index, tmp_path):
    """Without the order the device reads a new index with old descriptors, or the driver reads an old answer with a
    new index, with one of the seeds; with the order not with that seed.  Which seeds fail depends on the image: for
    the available index on arm64 about one in four, on riscv64 one in sixteen or fewer; for the used index nearly
    all."""
    places, message, until = INDEX[index]
    image = linked.write("build/" + arch, [edit.read_image("image %s virtio_request: %s" % (arch, places[arch]))], str(tmp_path))
    whole = os.path.join(TOP, "build", arch, "Image")
    words = ["cpus=2", "mem=128", "node1=128", transport + "=1", "vmem=256", "sizes=2,4", "device=200", "stall=20000", "steps=100", until,
             "args=withhold=node1 virtio-mem.irq=polled run=events.virtio_mem_state,boot.wx exit"]

    def noticed(path, seed):
        done = subprocess.run([os.path.join(TOP, "build", "machine", "worst-" + arch), "image=" + path, "seed=%d" % seed, *words],
                              check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        return message in done.stderr + done.stdout

    found = next((seed for seed in range(3, 103) if noticed(image, seed)), None)
    assert found and not noticed(whole, found), found


@pytest.mark.sample("arm64-1", "riscv64-2")
@pytest.mark.parametrize("seed", SEEDS)
def test_sample(arch, seed):
    sampled(machine(arch, "sample-%d" % seed, SAMPLE, of_seed(seed)))


@pytest.mark.parametrize("shape", [pytest.param("seed=7 tlb=0", marks=pytest.mark.tier("full")), "seed=31 tlb=0 gic=2 asid=8"])
def test_keeps_little(shape):
    """A CPU that caches an entry only briefly is legal: a test that needs a stale one then reports could=no."""
    text = machine("arm64", "little-" + shape, "tlb.twin", shape)
    assert re.search(r"#: result pass \S+/tlb\.twin/\S+ could=no .*complaints=0 tries=4", text), text


@pytest.mark.tier("full")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", list(ALONE) + [n for words in ALONE_ON.values() for n in words])
def test_alone(arch, name, seed):
    """A machine with a single adversary is also legal."""
    words = ALONE.get(name) or ALONE_ON[arch].get(name)
    if not words:
        pytest.skip("%s has no such adversary" % arch)
    sampled(machine(arch, "alone-%s-%d" % (name, seed), SAMPLE, "seed=%d adversaries=off %s" % (seed, words)))


@pytest.mark.tier("full")
@pytest.mark.parametrize("way", [(a, *w) for a in ARCHES for w in WAYS[a]], ids=lambda w: "-".join(" ".join(w).split()))
def test_way(way):
    arch, worst, words = way
    node1 = "1G" if "=64k" in words else "512M"  # a block is 512 MiB there
    text = machine(arch, "way-%s-%s" % (worst, words), SAMPLE, ("seed=1 " + worst).strip(), words + " " * bool(words), NODE1=node1)
    sampled(text)
    assert not re.search(r"^boot: \S+: not known", text, re.M), "the kernel does not know " + words


@pytest.mark.tier("full")
@pytest.mark.parametrize("seed", SEEDS)
def test_no_break(seed):
    """Leaves change their size without a break, on a CPU that never aborts for it (FEAT_BBM 2); then their memory is
    removed."""
    text = machine("arm64", "no-break-%d" % seed, "direct.*,hvo.*,tlb.twin", "seed=%d bbm=3" % seed)
    for test in ("direct.readers/large", "hvo.readers", "hvo.self_hosted"):
        assert ran(text, test), test
    assert re.search(r" splits=[1-9]\d* .* break=no\r?$", text, re.M), "no leaf was split without a break"


def shard(cases):
    part, _, parts = os.environ.get("SHARD", "1/1").partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise pytest.UsageError("SHARD=%s: not i/n" % os.environ["SHARD"])
    return cases[int(part) - 1::int(parts)]


@pytest.mark.tier("full")
@pytest.mark.parametrize("seed, group", shard([(s, g) for s in range(1, 51) for g in GROUPS if g not in LEFT_OUT]))
def test_suite(arch, seed, group):
    machine(arch, "%s-%d" % (group, seed), group + ".*", of_seed(seed) + DEVICES.get(group, ""), WORDS.get(group, ""))


@pytest.mark.tier("full")
@pytest.mark.parametrize("group", [g for g in GROUPS if g not in LEFT_OUT])
def test_by_itself(arch, group):
    """A test that is the first after power-on loads no RAM that only another test would have stored to."""
    for test in GROUPS[group]:
        machine(arch, "by-itself-" + test, test, "seed=1" + DEVICES.get(group, ""), WORDS.get(group, ""))


@pytest.mark.tier("full")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ELSEWHERE)
def test_elsewhere(arch, name, seed):
    """Tests that the other shapes skip run here with everything that they need."""
    run, words, shape = ELSEWHERE[name]
    text = machine(arch, "elsewhere-%s-%d" % (name, seed), run, of_seed(seed), words, **shape)
    assert "# SKIP" not in text, re.findall(r"^ *ok .*# SKIP.*", text, re.M)


@pytest.mark.tier("full")
@pytest.mark.parametrize("smp, mem, node1", [("1", "128M", "256M"), ("2", "512M", "512M"), ("3", "1G", "1G"), ("8", "512M", "512M"),
                                             ("16", "2G", "2G"), ("4", "4G", "4G")])
def test_shape(arch, smp, mem, node1):
    """Few and many CPUs, little and much memory, with every adversary."""
    text = machine(arch, "shape-%s-%s" % (smp, mem), "boot.wx,hotplug.cycle", "seed=1", SMP=smp, MEM=mem, NODE1=node1)
    assert len(re.findall(r"^ +ok \d (?:boot\.wx|hotplug\.cycle)\r?$", text, re.M)) == 2, text[-2000:]


@pytest.mark.tier("full")
def test_soak(arch):
    """Ten virtual seconds of hot-plug in use and under fire, in several geometries."""
    built_in = os.path.join(TOP, "build", arch)
    done = subprocess.run([os.path.join(TOP, "build", "machine", "worst-" + arch), "image=%s/Image" % built_in, "mem=512", "node1=512",
                           "cpus=4", "seed=1", "counts=1", "args=withhold=node1 soak=10s control=50 stint=3s exit"], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    end = re.search(r"^#: soak verdict=pass cycles=(\d+) fail=0 ctl=(\d+)/(\d+) ", done.stdout, re.M)
    assert end and int(end[1]) > 10 and 0 < int(end[2]) <= int(end[3]), done.stdout[-3000:]
    assert len(set(re.findall(r"^#: beat .* geometry=(\S+)", done.stdout, re.M))) > 1
    executed = [int(n) for n in re.search(r"executed by CPU, in M:((?: \d+)+)$", done.stderr, re.M)[1].split()]
    assert len(executed) == 4 and min(executed) > 20, executed
