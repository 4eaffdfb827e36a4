# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate and the scripts beside it.  Used wrongly, each ends with one line that names it, status 4, and no
traceback."""
import glob
import os
import re
import subprocess

import pytest

from conftest import TOP
from hotplate import verbs
from hotplate.qemu import knobs

TEST = pytest.mark.tier("ci")
LINTS = ["lint " + name for name in verbs.lints()]
TOOLS = [("tools/hotplate " + verb).split() for verb in [*verbs.VERBS, *LINTS] if verb != "lint"] + [
    ["tools/" + name] for name in verbs.scripts()]
NAMES = [" ".join(tool).removeprefix("tools/") for tool in TOOLS]
WORDS = {"no words": [], "wrong words": ["--nonsense"], "no such file": ["/nowhere/file"], "a directory": ["tools/python"]}
# Without arguments these do their work.  A lint, a boot, or 1,700 device trees are tested elsewhere.
ALONE = {"atomic-probe", "deps", "dtbs", "earlycon", "knobs", "manpage", "run", "site", "worst"}
# These accept any argument that is no option: a compiler, a version, the directory of third-party source or a
# release.
ANY_WORD = {"compdb", "dist", "spdx", "third", "version"}


def tool(*words, **more):
    return subprocess.run(words, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False, **more)


def is_a_use(name, kind):
    """Is the call valid, so that nothing is refused?"""
    last = name.split()[-1]
    if kind == "no words":
        return last in ALONE or " lint " in name
    return last in ANY_WORD and kind != "wrong words" or last == "words" and kind == "a directory"


@pytest.mark.tier("ci")
@pytest.mark.parametrize("name", NAMES)
def test_one_line(name):
    env = dict(os.environ, DEPS="no", CARDS="/nowhere")
    env.pop("CC", None)
    for kind, words in WORDS.items():
        if is_a_use(name, kind):
            continue
        done = tool(*("tools/" + name).split(), *words, env=env)
        printed = (done.stdout + done.stderr).strip()
        assert done.returncode == 4 and "Traceback" not in printed, (kind, done.returncode, printed)
        assert printed.startswith("tools/%s: " % name) and "\n" not in printed, (kind, done.returncode, printed)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("name", NAMES)
def test_help(name):
    """--help prints a sentence of purpose, and the call."""
    done = tool(*("tools/" + name).split(), "--help")
    assert done.returncode == 0 and len(done.stdout) > 40 and not done.stderr, done
    first = done.stdout.split("\n")[0]
    assert len(first) <= 64 and first[0].isupper() and first.endswith("."), first
    assert " lint " in name or "tools/" in done.stdout, done.stdout


@pytest.mark.tier("ci")
def test_list_of_verbs():
    """One screen, and all on request; each verb has its sentence."""
    for words in ([], ["--help"], ["help"]):
        done = tool("tools/hotplate", *words)
        lines = done.stdout.splitlines()
        assert done.returncode == 0 and len(lines) <= 24 and max(map(len, lines)) <= 79, done
    whole = tool("tools/hotplate", "--all").stdout
    assert max(map(len, whole.splitlines())) <= 79
    for name in NAMES:
        assert len([x for x in whole.splitlines() if x.split()[0] == name.split()[-1] and len(x.split()) > 3]), name
    assert tool("tools/hotplate", "help", "run").stdout == tool("tools/hotplate", "run", "--help").stdout


@pytest.mark.tier("ci")
@pytest.mark.parametrize("words, line", [
    (["rnu"], "tools/hotplate: no verb 'rnu' (did you mean run or ringdump?); `tools/hotplate --all` lists them\n"),
    (["lint-shape"], "tools/hotplate: no verb 'lint-shape' (did you mean lint shape"),
    (["lint", "shap"], "tools/hotplate lint: no lint 'shap' (did you mean shape or taps?); `tools/hotplate lint` lists them\n"),
    (["lint", "zzzzzz"], "tools/hotplate lint: no lint 'zzzzzz'; `tools/hotplate lint` lists them\n"),
])
def test_wrong_verb(words, line):
    done = tool("tools/hotplate", *words)
    assert done.returncode == 4 and not done.stdout and done.stderr.startswith(line) and done.stderr.count("\n") == 1, done


@pytest.mark.tier("ci")
def test_a_verb_imports_its_own_module():
    """So a build, which calls several, starts none of the others."""
    program = "import sys; sys.path[0] = 'tools/python'\nfrom hotplate import verbs\ntry: verbs.main(['board', 'rpi3', 'ARCH'])\n" \
        "finally: print(*(m for m in sys.modules if m.startswith('hotplate')), file=sys.stderr)"
    done = tool("/usr/bin/python3", "-c", program)
    ours = {"hotplate", "hotplate.verbs", "hotplate.command", "hotplate.boards", "hotplate.boards.fragments"}
    assert done.stdout == "arm64\n" and set(done.stderr.split()) == ours, done


@pytest.mark.tier("ci")
def test_options_between_knobs():
    """The order of options and knobs is free."""
    done = tool("tools/hotplate", "run", "ARCH=arm64", "--quiet", "SHOW=1", "--timeout", "9", "ARGS=one two")
    assert done.returncode == 0 and "one two" in done.stdout, done


@pytest.mark.tier("ci")
@pytest.mark.parametrize("words", ["--help", "--all", "lint --help", "run --help"])
def test_reader_that_leaves(words):
    """`tools/hotplate --help | head -1`: the reader closes its end of the pipe before the text is written."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(["tools/hotplate", *words.split()], cwd=TOP, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert done.returncode == 1 and not done.stderr, done


LOG = "#: run format=1 arch=arm64 machine=0 seed=0\nKTAP version 1\n1..1\n  KTAP version 1\n  # Subtest: arm64-4k-48\n  1..1\n" \
    "  %s 1 boot.wx\n%s 1 arm64-4k-48\n"
FILES = {"zeros": "\0" * 4096, "words": "no log\n", "over": "# bench hotplug.migrate_4k 801 x\n", "below": "# bench hotplug.migrate_4k 800 x\n",
         "failed": LOG % ("not ok", "not ok"), "list": "", "good.litmus": "RISCV SB\n{0:x5=x;}\n P0 ;\n fence rw,rw ;\nexists (x=0)\n"}
RINGS = "ringdump --address build/arm64/hotplate.elf"
# The words of a success, the words of a failure and its status; FILE/NAME is one of FILES.  FILE.py::NAME is the test that has
# it, `make TARGET` the target that runs it, NONE a verb that does its work or is refused.
NONE = ("", 0)
STATUSES = {
    "run": ("run SHOW=1", "test_bugs.py::test_bug_as_a_boot_word", 1), "debug": ("test_debug.py::test_make_debug_stops_where_a_test_begins", *NONE),
    "board-run": ("test_board_run.py::test_verdict", "test_board_run.py::test_verdict", 1),
    "overlay": ("overlay blob 0x80000000+1G", *NONE), "tests": ("tests list boot.wx", "tests list nix.*", 1),
    "report": ("test_report.py::test_same", "report FILE/words -o FILE/report", 2),
    "scheme": ("test_scheme.py::test_the_schemes_of_the_tree_keep_theirs", "test_scheme.py::test_each_promise_can_be_broken", 1),
    "compare": ("test_compare.py::test_by_make", "test_compare.py::test_what_is_refused", 1),
    "ringdump": (RINGS, "ringdump FILE/zeros", 1),
    "story": ("test_worst_story.py::test_names_it", "test_worst_story.py::test_nothing_to_tell", 1),
    "shrink": ("test_worst_story.py::test_shrink", "test_worst_story.py::test_refusals", 4),
    "mutants": ("mutants list M=console-not-reopened", "test_mutants.py::test_verdicts", 1),
    "mutate": ("mutate survivors", *NONE), "barriers": ("barriers check", "test_barriers.py::test_ledger", 1),
    "image": ("test_image.py::test_card", *NONE), "flash": ("test_flash.py::test_written_after_its_name_was_typed",
                                                        "test_flash.py::test_another_answer_writes_nothing", 1),
    "firmware": ("firmware --list", "test_firmware.py::test_a_version_that_the_console_does_not_name", 1),
    "worst": ("test_kernels.py::test_debian_on_the_worst_machine", "test_kernels.py::test_each_failure_of_init", 1), "kernels": ("kernels list", *NONE),
    "conformance": ("test_conformance.py::test_no_rule_is_broken", "conformance FILE/words", 3),
    "litmus": ("test_litmus.py::test_compare", "test_litmus.py::test_compare", 1),
    "results": ("test_dist.py::test_results", "test_dist.py::test_no_results_without_a_verdict", 1),
    "jobs": ("jobs kinds", "test_jobs.py::test_results_of_several_machines", 1),
    "atomic-probe": ("make check-atomics", "test_lint_text.py::test_probe_says_it", 1), "bench-dimm": ("make bench", *NONE),
    "bench-report": ("bench-report check arm64 FILE/below", "bench-report check arm64 FILE/over", 1),
    "board": ("board rpi3 ARCH", *NONE), "code-lines": ("code-lines mm/policy/vmalloc/keep.c", *NONE), "compdb": ("compdb gcc", *NONE),
    "dtbs": ("test_dtbs.py::test_sample", "test_dtbs.py::test_sample", 1), "earlycon": ("earlycon sbi", *NONE),
    "imagesum": ("test_build.py::test_table_of_symbols", *NONE), "knobs": ("knobs", *NONE), "manpage": ("manpage", *NONE),
    "provenance": ("test_dist.py::test_provenance", *NONE), "site": ("make site", *NONE), "spdx": ("spdx 1.0.0", *NONE),
    "worst-agree": ("test_worst_agree.py::test_first_instructions", "test_worst_agree.py::test_difference_stops", 1),
    "stages": ("make test", "test_runners.py::test_ci", 1), "bare-root": ("", "bare-root 11 true", 4),
    "bench": ("test_runners.py::test_scripts", "test_runners.py::test_scripts", 1), "deps": ("make deps", *NONE),
    "dist": ("test_dist.py::test_names_have_the_whole_version", *NONE), "dtb": ("test_dtbs.py::test_sample", *NONE),
    "lint-headers": ("test_runners.py::test_scripts", "test_runners.py::test_scripts", 1),
    "locked": ("locked FILE/lock true", "locked FILE/lock false", 1), "step": ("test_runners.py::test_step", "test_runners.py::test_step", 1),
    "third": ("third --accepted", "test_runners.py::test_scripts", 1), "version": ("version --commit", *NONE),
}


def test_each_program_has_its_statuses():
    """A new verb or script needs a row, and the tests that rows name exist."""
    assert set(STATUSES) == {v for v in [*verbs.VERBS, *verbs.scripts()] if v != "lint"}
    known = set()
    for path in glob.glob(os.path.join(os.path.dirname(__file__), "test_*.py")):
        with open(path, encoding="utf-8") as f:
            known |= {os.path.basename(path) + "::" + name for name in re.findall(r"^def (test_\w+)", f.read(), re.M)}
    named = {w for good, bad, _ in STATUSES.values() for w in (good, bad) if "::" in w}
    assert named <= known, sorted(named - known)


@TEST
@pytest.mark.parametrize("name", STATUSES)
def test_statuses(name, tmp_path):
    """Success is 0 without a word on stderr; a failure has its status, and no traceback."""
    for file, text in FILES.items():
        (tmp_path / file).write_text(text)
    good, bad, status = STATUSES[name]
    for words, wanted in ((good, 0), (bad, status)):
        if not words or "::" in words or words.startswith("make "):
            continue
        words = words.replace("FILE", str(tmp_path)).split()
        done = subprocess.run(["tools/" + words[0], *words[1:]] if words[0] in verbs.scripts() else ["tools/hotplate", *words], cwd=TOP,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        assert done.returncode == wanted and b"Traceback" not in done.stderr and (wanted or not done.stderr), done


# ---- knobs ----

KINDS = {"arm64": ["ARCH=arm64"], "riscv64": ["ARCH=riscv64"], "board": ["BOARD=rpi4"],
         "worst": ["MACHINE=worst"], "shape": ["MACHINE=worst", "BOARD=rpi4"]}
# A value that differs from the default, and what the knob needs besides.
VALUES = {
    "ARCH": ["ARCH=riscv64"], "BOARD": ["BOARD=rpi3"], "ARGS": ["ARGS=seed=7"], "SMP": ["SMP=2"], "MEM": ["MEM=512M"], "NODE1": ["NODE1=2G"],
    "NODES": ["NODES=1"], "CPU": ["CPU=cortex-a53"], "ACCEL": ["ACCEL=tcg,thread=single"], "QEMU": ["QEMU=/bin/true"], "QEMU_ARGS": ["QEMU_ARGS=-d int"],
    "IMAGE": ["IMAGE=/none/Image"], "DTB": ["DTB=/none/dtb"], "FIRMWARE": ["FIRMWARE=/dev/null", "IMAGE=/none/Image"], "ACPI": ["ACPI=2"],
    "MAXMEM": ["MAXMEM=2G", "ACPI=2"], "NVDIMM": ["NVDIMM=on", "ACPI=2"], "PCIE_SLOTS": ["PCIE_SLOTS=2"], "VIRTIO_MEM": ["VIRTIO_MEM=1G"],
    "CHANNEL": ["CHANNEL=/dev/shm/none"], "QMP": ["QMP=/none/qmp"], "AIA": ["AIA=aplic"], "MACHINE": ["MACHINE=worst"], "WORST": ["WORST=seed=7"],
    "LITMUS": ["LITMUS=/none/set"], "SAN": ["SAN=race"], "BUILD": ["BUILD=/none"], "FIRMWARE_DIR": ["FIRMWARE_DIR=/none"],
}
NOT_IN_THE_LINE = {"SHOW", "SKIPS"}  # what is done with the command line, and with the log


def shown(words):
    """(status, command line, complaint) of a dry run."""
    env = {k: v for k, v in os.environ.items() if k not in knobs.RUN}
    done = tool("tools/hotplate", "run", *words, "SHOW=1", env=env)
    return done.returncode, done.stdout, done.stderr


@TEST
@pytest.mark.parametrize("kind", KINDS)
def test_no_knob_without_effect(kind):
    """Every knob on every kind of machine changes the command line, or is refused with one sentence."""
    assert set(VALUES) | NOT_IN_THE_LINE == set(knobs.RUN)
    for name, words in VALUES.items():
        given = [w for w in KINDS[kind] if w.split("=")[0] != name] + words
        status, line, why = shown(given)
        without = shown(given[:-len(words)] + words[1:])
        effect = (status, line) != without[:2] if status == 0 else status == 4 and why.count("\n") == 1
        assert effect or line == shown(KINDS[kind])[1] == "", (name, given, line, why)
        assert status == 0 or why.startswith("tools/hotplate run: "), why


@TEST
@pytest.mark.parametrize("words, why", [
    (["WORST=seed=7"], "WORST=seed=7 has no effect without MACHINE="), (["NODES=1", "NODE1=2G"], "NODE1=2G has no effect with NODES=1"),
    (["NODES=1", "CHANNEL=/dev/shm/x"], "CHANNEL=/dev/shm/x has no effect with NODES=1"), (["MAXMEM=2G"], "MAXMEM=2G has no effect without ACPI="),
    (["NODE1=0", "CHANNEL=/dev/shm/x"], "needs node 1"), (["ARCH=riscv64", "SMP=1", "CHANNEL=/dev/shm/x"], "needs SMP=2 on riscv64"),
    (["MACHINE=worst", "QEMU_ARGS=-s"], "QEMU_ARGS=-s is a knob of QEMU's machines, not of MACHINE=worst"),
    (["ARCH=riscv64", "ACPI=1"], "ACPI=1 is a knob of QEMU's virt machine of arm64, not of QEMU's virt machine of riscv64"),
    (["ARCH=riscv64", "VIRTIO_MEM=1G"], "VIRTIO_MEM=1G is a knob of QEMU's virt machine of arm64"),
    (["ARCH=arm64", "AIA=aplic"], "AIA=aplic is a knob of QEMU's virt machine of riscv64"),
    (["NODES=3"], "NODES=3: 1 or 2"), (["MACHINE=best"], "MACHINE=best is not known"), (["FIRMWARE_DIR=/none"], "no effect without FIRMWARE="),
    (["MEM=0"], "MEM=0: the kernel needs 16 MiB"), (["MEM=15M", "MACHINE=worst"], "MEM=15M: the kernel needs 16 MiB"),
    (["SKIPS=none"], "SKIPS=none judges an unattended run"),
])
def test_knobs_together(words, why):
    status, line, complaint = shown(words)
    assert status == 4 and not line and why in complaint and complaint.count("\n") == 1, (status, line, complaint)


# Of each kind: the smallest node 1 with a whole block, by geometry; 1 MiB less has none.
BLOCKS = {"": 128, "geometry=arm64-4k-48": 128, "geometry=16k-47": 128, "geometry=64k-42": 512, "geometry=4k-48,64k-52": 512, "geometry=all": 512,
          "block=1G": 1024, "block=2G": 2048}


@TEST
@pytest.mark.parametrize("words", BLOCKS)
@pytest.mark.parametrize("machine", [["ARCH=arm64"], ["ARCH=riscv64"], ["ARCH=arm64", "MACHINE=worst"]], ids=["arm64", "riscv64", "worst"])
def test_node_without_a_block(machine, words):
    """A node 1 that holds no whole block is refused, for every geometry that is requested."""
    size = 128 if machine == ["ARCH=riscv64"] and "geometry" in words else BLOCKS[words]
    mem = "2G" if machine == ["ARCH=riscv64"] else "3G"  # node 1 begins at 4 GiB
    for mem, node, good in ((mem, size, True), (mem, size - 1, False), ("2000M", size, False), (mem, 0, True)):
        status, line, why = shown([*machine, "MEM=" + mem, "NODE1=%dM" % node if node else "NODE1=0", "ARGS=" + words])
        assert (status == 0) == good, (mem, node, why)
        assert good or (not line and "no whole block of %d MiB is in it" % size in why), why


@TEST
@pytest.mark.parametrize("words, why", [
    ("test BOARD=rpi3", "BOARD= has no effect on `make test`"), ("run T=x SHOW=1", "T= has no effect on `make run`"),
    ("list SMP=2", "SMP= has no effect on `make list`"), ("bench SMP=2", "SMP= has no effect on `make bench`"),
    ("scheme S=tlb/bcast ARGS=seed=7", "ARGS= has no effect on `make scheme`"), ("clean MACHINE=worst", "MACHINE= has no effect"),
    ("SMP=2", "SMP= has no effect on `make all`"), ("list clean T=x SEED=1", "SEED= has no effect on `make list clean`"),
    ("EXTRA_NONE=1", "is no knob"),
])
def test_words_of_targets(words, why):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS", *knobs.RUN)}
    done = tool("make", "-n", *words.split(), env=env)
    assert done.returncode == 2 and why.replace("make all", "make") in done.stderr.replace("make all", "make"), done


def test_words_in_the_documents():
    """Every command `make TARGET WORD=...` of the documents has only words that its target reads."""
    pages = ["README.md", "CONTRIBUTING.md", "tests/README.md", "machine/README.md", *glob.glob("docs/*.md"), *glob.glob("boards/*/*.md")]
    commands = set()
    for page in pages:
        with open(os.path.join(TOP, page), encoding="utf-8") as f:
            commands |= set(re.findall(r"\bmake ([a-z_.-]+)((?: [A-Z_0-9]+=(?:'[^']*'|\"[^\"]*\"|[^\s`|]*))+)", f.read()))
    assert len(commands) > 50
    for target, words in commands:
        assert not knobs.unread([target], re.findall(r" ([A-Z_0-9]+)=", words)), (target, words)
    for target, words in knobs.words_of_targets().items():
        assert not knobs.unread([target], sorted(words))


def test_show_builds_nothing(tmp_path):
    """`make run SHOW=1` prints the command line of a tree that is not built; a check of knobs before the build as well."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS", *knobs.RUN)}
    for more in ([], ["MACHINE=worst"], ["FIRMWARE=/dev/null"], ["ARCH=riscv64", "LITMUS=litmus"]):
        done = tool("make", "run", "SHOW=1", "BUILD=%s" % (tmp_path / "new"), *more, env=env)
        assert done.returncode == 0 and str(tmp_path / "new") in done.stdout and done.stdout.count("\n") == 1, done
        assert not (tmp_path / "new").exists()
