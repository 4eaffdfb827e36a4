# SPDX-License-Identifier: BSD-2-Clause
"""What runs the tests can itself fail: each program that a target of make, a script or .ci/run calls fails once, and so
must its caller.  The trees here have the make files of the tree and other programs, which only record their calls."""
import collections
import os
import re
import shutil
import subprocess

import pytest

from conftest import TOP
from hotplate import verbs

TEST = pytest.mark.tier("ci")
# A program writes its name and words into `calls`; FAIL names the program and the number of its call that fails.  It prints what its caller reads.  A compiler
# writes a program that does the same.
FAKE = """#!/bin/sh
case $0 in tools/* | */tools/*) name=tools/${0##*/} ;; *) name=${0##*/} ;; esac
case "$name $*" in *--version*) echo "version 14.0"; exit ;; *-print-file-name=* | *" -S -x c /dev/null"*) exit ;; "tools/hotplate knobs"* | "python3 tools/hotplate knobs"*) exit ;; esac
n=$(($(/usr/bin/grep -c "^$name " "$FAKES/calls") + 1))
line=$(printf '%s' "$name $*" | /usr/bin/tr "\\n" " ")
printf '%s\\n' "$line" >> "$FAKES/calls"
[ "$name $n" != "$FAIL" ] || exit 1
out=
for word; do
	[ "$out" != next ] || { /bin/cp "$0" "$word"; out=; }
	[ "$word" != -o ] || out=next
done
case "$name $*" in
*"tools/hotplate stages "*) # the real one, on this tree
	[ "$name" != python3 ] || shift
	exec /usr/bin/python3 -B -c 'import sys; sys.path.insert(0, "tools/python"); from hotplate import verbs; verbs.main(sys.argv[1:])' "$@" ;;
"git ls-files"*) echo lib/err.c ;;
"tools/third --accepted") printf '6.12\\n6.1\\n' ;;
*"hotplate board"* | *"worst --arch"*) echo arm64 ;;
*"tests failed"*) echo "'ARGS=run=boot.wx exit'" ;;
esac
"""
PROGRAMS = ("make", "git", "gcc", "clang", "ar", "clang-format-14", "clang-format", "cppcheck", "codespell", "reuse", "mypy", "flake8",
            "mandoc", "python3", "install", "cp", "tar", "ln", "iasl",
            *(p + t for p in ("aarch64-linux-gnu-", "riscv64-linux-gnu-") for t in ("gcc", "ld", "readelf", "objcopy")))


def program(path, text=FAKE):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def kind(call):
    """Calls that differ only in the names of files fail in the same line of a make file."""
    words = call.split()
    if words[0] in ("gcc", "clang", "install", "ln"):
        return (words[0], *(w for w in words[1:] if w in ("-c", "-M")))
    return tuple(words[:2 if words[0] == "grep" else 4])


class Fakes:
    """A tree with the make files of this one, in which every program is a fake."""

    def __init__(self, path):
        self.path, self.top = path, path / "tree"
        self.top.mkdir()
        for name in os.listdir(TOP):
            if name not in ("tools", "build", ".git", ".ci"):
                (self.top / name).symlink_to(os.path.join(TOP, name))
        shutil.copytree(os.path.join(TOP, ".ci"), self.top / ".ci")
        for name in [*verbs.scripts(), "hotplate"]:
            program(self.top / "tools" / name)
        (self.top / "tools/python").symlink_to(os.path.join(TOP, "tools/python"))
        for name in PROGRAMS:
            program(path / "bin" / name)
        self.env = {"PATH": "%s:/usr/bin:/bin" % (path / "bin"), "FAKES": str(path), "HOME": str(path)}

    def run(self, *words, fail="", **env):
        """(status, the calls, what is printed)"""
        (self.path / "calls").write_text("")
        shutil.rmtree(self.top / "build", ignore_errors=True)
        (self.top / "build/third").mkdir(parents=True)
        (self.top / "build/third/version").write_text("6.12.1\n")
        # make calls itself by the name that it was called by: that is the fake
        real = {"executable": "/usr/bin/make"} if words[0] == "make" else {}
        done = subprocess.run(words, **real, cwd=self.top, env={**self.env, **env, "FAIL": fail}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, (self.path / "calls").read_text().splitlines(), done.stdout + done.stderr

    def unnoticed(self, *words, **env):
        """The calls whose failure the caller does not notice; nothing fails first."""
        status, calls, printed = self.run(*words, **env)
        assert status == 0, (words, status, printed)
        first, count = {}, collections.Counter()
        for call in calls:
            count[name := call.split()[0]] += 1
            first.setdefault(kind(call), ("%s %d" % (name, count[name]), call))
        return [call for fail, call in first.values() if not self.run(*words, fail=fail, **env)[0]]


@pytest.fixture(scope="module")
def fakes(tmp_path_factory):
    return Fakes(tmp_path_factory.mktemp("fakes"))


# Words without which a target is refused, or which make it short or put its files below build/
WORDS = {"mutate": ["FILE=lib/err.c"], "flash": ["BOARD=rpi3", "DEV=/dev/null"], "scheme": ["S=tlb/bcast"],
         "host": ["HOST_DIRS=lib", "HOST_COMPILERS=gcc"],
         "install": ["DESTDIR=build"], "install-tools": ["DESTDIR=build"], "install-machine": ["DESTDIR=build"]}
# Other recipes of the same targets
MORE = (["image", "ARCH=arm64"], ["image", "BOARD=rpi3"], ["objects", "ARCH=riscv64"], ["compile_commands.json", "ARCH=arm64"],
        ["build-compile_commands.json", "ARCH=arm64"], ["run", "MACHINE=worst"], ["run", "BOARD=rpi3"], ["dtbs", "DOCS=yes"],
        ["check-headers", "ARCH=arm64"], ["-e", "build-image", "ARCH=riscv64"])
SHORT = {"SOURCES": "lib/err.c boot/riscv64.S", "ASL": "tests/acpi/board.asl", "FDT_SOURCES": "fdt.c", "ACPICA_SOURCES": "tbutils.c"}  # for -e
PARTS = 4


def targets(fakes):
    """A call of make for every target that is no file, one of each family.  test_install.py has uninstall."""
    names = max(re.findall(r"^\.PHONY: (.*)$", fakes.run("make", "-pn", "help")[2], re.M), key=len).split()
    families = {re.match("fuzz-|host-run-gcc-|host-run-clang-|", n)[0]: n for n in sorted(names)}
    single = [n for n in names if not n.startswith(tuple(filter(None, families)))]
    return [[n, *WORDS.get(n, [])] for n in sorted({*single, *families.values()} - {"fuzz", "uninstall"})] + list(MORE)


@TEST
@pytest.mark.parametrize("part", range(PARTS))
def test_targets_of_make(fakes, part):
    """A program that a recipe calls fails: so does make."""
    mine = targets(fakes)[part::PARTS]
    assert len(mine) > 15, mine
    wrong = {tuple(words): found for words in mine if (found := fakes.unnoticed("make", "PYTHON=python3", *words, **SHORT))}
    assert not wrong


@TEST
def test_ci(fakes):
    """.ci/run ends with an error when any stage does, and its stages are targets of make."""
    assert fakes.unnoticed("sh", ".ci/run") == []
    calls = fakes.run("sh", ".ci/run")[1]
    assert any(re.match(r"make .*\b(test|full)\b", c) for c in calls) and any(re.match(r"make .*\bcheck\b", c) for c in calls), calls


REAL = FAKE[:FAKE.index("out=\n")] + """exec "/usr/bin/$name" "$@"\n"""
COMMANDS = ("awk", "cat", "date", "dirname", "env", "flock", "grep", "head", "ls", "mkdir", "mv", "rm", "sed", "sha256sum", "sort", "tail",
            "tar", "tee", "timeout", "touch", "tr")
SCRIPTS = {  # its words, and the commands whose failure changes no verdict
    "third": (["build/third"], {"dirname"}),
    "step": (["-r", "tools/step", "build/steps", "one", "true"], {"date", "grep", "rm", "tr"}),
    "locked": (["build/one.lock", "true"], {"dirname", "mkdir"}),
    "lint-headers": (["arm64"], {"grep"}),
    "bench": (["arm64", "cortex-a72", "hotplug.*"], {"dirname", "mkdir", "grep", "tr", "sed", "tail"}),
}


@TEST
@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts(tmp_path, name):
    """A command that a script calls fails: so does the script, unless the verdict does not depend on it."""
    fakes, source = Fakes(tmp_path), tmp_path / "linux"
    for path in ("Makefile", "scripts/dtc/libfdt/fdt.c", "drivers/acpi/acpica/a.c", "tools/testing/kunit/kunit.py",
                 *("include/acpi/%s.h" % n for n in ("acpi", "acpiosxf", "acpixf", "actbl", "platform/acenv", "platform/acgcc"))):
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text("VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n")
    for command in COMMANDS:
        program(tmp_path / "bin" / command, REAL)
    shutil.copy(os.path.join(TOP, "tools", name), fakes.top / "tools" / name)
    shutil.copy(os.path.join(TOP, "tools/locked"), fakes.top / "tools/locked")
    (fakes.top / "tools/third.sha256").write_text("bbd44d9f8560b29dc6dd0b96c10a3ae13192ff7ed6a2700c556b56802eb322d5 libfdt 6.12\n"
                                                  "d60aa2ea4b8b77eb46fa0e5a93f6123ff0e9a2b9a1dd78e4b5937f1ef6f5e28e acpica 6.12\n")
    program(fakes.top / "tools/hotplate", REAL[:REAL.rindex("exec")] + """echo '# bench end count=0 unit=x' > "$4"\n""")
    words, may = SCRIPTS[name]
    found = fakes.unnoticed("tools/" + name, *words, LINUX_SRC=str(source), STRICT="1", CC="gcc", CFLAGS="", RESUME="no")
    assert {call.split()[0] for call in found} <= may, found


def step(tmp_path, *command, words=(), **env):
    done = subprocess.run([os.path.join(TOP, "tools/step"), *words, str(tmp_path / "steps"), "one", *command], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "STEP_SECONDS": "60", **env}, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("verbose", ["0", "1"])
@pytest.mark.parametrize("command, status, why", [
    ("echo printed", 0, "ok"), ("echo printed; exit 3", 3, "FAILED, status 3"), ("echo printed; kill -9 $$", 137, "FAILED, status 137"),
    ("echo printed; kill -SEGV $$", 139, "FAILED, status 139"), ("echo printed; exec sleep 9", 124, "FAILED, no end within 1 s"),
    ("echo printed; exit 124", 124, "FAILED, status 124"), ("echo printed; exec /nowhere", 127, "FAILED, status 127"),
    ("echo printed; echo '# FAIL a.c:1: x'", 1, "FAILED, status 0 after a failed test"),
    ("echo printed; echo '[  FAILED  ] test'", 1, "FAILED, status 0 after a failed test"),
    ("echo printed; echo 'not ok 1 x'", 1, "FAILED, status 0 after a failed test"),
])
def test_step(tmp_path, command, status, why, verbose):
    """A step that fails, dies, hangs or reports a failure: its status, its output and one sentence; and it is not kept."""
    (tmp_path / "program").write_text("")
    words = ["-r", str(tmp_path / "program")]
    for _ in range(2):
        env = {"STEP_SECONDS": "1"} if "sleep" in command else {}
        got, printed = step(tmp_path, "sh", "-c", command, words=words, V=verbose, **env)
        assert got == status and "# one: " + why in printed and (("printed\n" in printed) == (status != 0 or verbose == "1")), printed
        if not status:
            break
    got, printed = step(tmp_path, "false", words=words)
    assert (got == 0 and not printed) if not status else (got == 1 and "FAILED" in printed)


def test_step_without_its_program(tmp_path):
    """A file of -r that cannot be read has no hash: nothing is kept or run."""
    status, printed = step(tmp_path, "true", words=["-r", "/nowhere/program"])
    assert status == 4 and "/nowhere/program" in printed


HOST_PROGRAMS = {  # the body of main(), and a sentence of the failure
    "passes": ("return 0;", ""), "fails": ("puts(\"# it failed\"); return 1;", "FAILED, status 1"),
    "crashes": ("return *(volatile int *)8;", "AddressSanitizer"), "hangs": ("for (;;);", "FAILED, no end within 5 s"),
    "reports": ("puts(\"# FAIL main.c:1: x\"); return 0;", "FAILED, status 0 after a failed test"),
    "leaks": ("int a[2] = { 0 }; volatile int i = 2; return a[i];", "runtime error"),
}


@TEST
@pytest.mark.parametrize("name", HOST_PROGRAMS)
def test_host_programs(tmp_path, name):
    """`make host` fails with a program that fails, crashes, hangs or reports a failure, and prints its output."""
    body, sentence = HOST_PROGRAMS[name]
    for top in os.listdir(TOP):
        if top not in ("build", ".git"):
            (tmp_path / top).symlink_to(os.path.join(TOP, top))
    (tmp_path / "planted.c").write_text("#include <stdio.h>\nint main(void) { %s }\n" % body)
    (tmp_path / "build/host/gcc").mkdir(parents=True)
    (tmp_path / "build/third").symlink_to(os.path.join(TOP, "build/third"))
    library = tmp_path / "build/host/gcc/library.a"
    subprocess.run(["ar", "rcs", str(library)], check=True)
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "V")}
    # A variable USES_NAME is a program.  The library, which it does not need, is not made.
    done = subprocess.run(["make", "-o", "build/host/gcc/library.a", "HOST_COMPILERS=gcc", "HOST_DIRS=planted", "host-run-gcc-planted"],
                          cwd=tmp_path, env={**env, "USES_planted": "planted.c", "STEP_SECONDS": "5" if name == "hangs" else "60"},
                          capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert (done.returncode == 0 and "# host planted (gcc): ok" in printed) if not sentence else (
        done.returncode == 2 and "# host planted (gcc): FAILED" in printed and sentence in printed), printed


RAN = "import os, pytest\ndef test_good():\n    open('build/ran', 'a').write('x')\n"
SYSTEM_TESTS = {  # the other tests of the file, and the line that reports them
    "passes": ("", ""), "fails": ("def test_bad():\n    assert 0\n", "FAILED test_planted.py::test_bad"),
    "imports": ("import no_such_module\n", "No module named 'no_such_module'"), "syntax": ("def test_bad(:\n", "SyntaxError"),
    "setup": ("def test_bad(no_such_fixture):\n    pass\n", "fixture 'no_such_fixture' not found"),
    "teardown": ("@pytest.fixture\ndef late():\n    yield\n    assert 0\ndef test_bad(late):\n    pass\n", "FAILED test_planted.py::test_bad (teardown)"),
    "dies": ("def test_bad():\n    os.kill(os.getpid(), 9)\n", "crashed while running 'tests/system/test_planted.py::test_bad'"),
}


def tree_of_tests(tmp_path, text):
    fakes = Fakes(tmp_path)
    (fakes.top / "tests").unlink()
    (fakes.top / "tests/system").mkdir(parents=True)
    for name in ("harness", "host"):
        (fakes.top / "tests" / name).symlink_to(os.path.join(TOP, "tests", name))
    for name in ("conftest.py", "ledger.py", "progress.py", "devices"):
        there = os.path.join(TOP, "tests/system", name)
        (shutil.copytree if os.path.isdir(there) else shutil.copy)(there, fakes.top / "tests/system" / name)
    (fakes.top / "tests/system/test_planted.py").write_text(text)
    (fakes.top / "build").mkdir()

    def full():
        (tmp_path / "calls").write_text("")
        done = subprocess.run(["make", "PYTHON=/usr/bin/python3", "TEST_JOBS=2", "full"], executable="/usr/bin/make", cwd=fakes.top,
                              env={**fakes.env, "FAIL": ""}, capture_output=True, text=True, timeout=300, check=False)
        ran = fakes.top / "build/ran"
        return done.returncode, done.stdout + done.stderr, len(ran.read_text()) if ran.exists() else 0
    return fakes.top, full


@TEST
@pytest.mark.parametrize("name", SYSTEM_TESTS)
def test_system_tests(tmp_path, name):
    """`make full` fails with a test that fails, cannot be read, or ends its worker; what passed is kept, what failed is
    not: a second make runs that alone, and fails again."""
    text, sentence = SYSTEM_TESTS[name]
    _, full = tree_of_tests(tmp_path, RAN + text)
    collected = name not in ("imports", "syntax")
    for _ in range(2 if name in ("passes", "fails", "dies") else 1):
        status, printed, ran = full()
        assert status == (2 if sentence else 0) and sentence in printed and ran == collected, printed


@TEST
def test_no_system_test(tmp_path):
    """No test at all is a failure, unless all have passed before; results of other tests are not kept."""
    top, full = tree_of_tests(tmp_path, "")
    assert full()[0] == 2
    (top / "tests/system/test_planted.py").write_text(RAN)
    assert full()[0] == 0 and full()[0] == 0
    (top / "tests/system/test_planted.py").write_text(RAN + "    assert 0\n")
    status, printed, ran = full()
    assert status == 2 and ran == 2 and "test_good" in printed, printed


HEAD = "/* SPDX-License-%s: BSD-2-Clause */\n" % "Identifier"  # not of this file, for reuse
CIRCLE = {"lib/planted%d.c" % n: HEAD + "#include <lib/planted.h>\nvoid planted%d(void)\n{\n\tplanted%d();\n}\n" % (n, (n + 1) % 5)
          for n in range(5)} | {"lib/planted.h": HEAD + "".join("void planted%d(void);\n" % n for n in range(5))}
TWICE = {"lib/planted%d.c" % n: HEAD + "static int planted(int a)\n{\n\treturn a + %d;\n}\nint used%d(int a)\n{\n\treturn planted(a);\n}\n"
         % (n, n) for n in range(2)}
WHOLE = pytest.mark.tier("full")
# What each lint of mk/check.mk has to find: text that is appended to files, or the test that has such a plant; and the finding.
PLANTS = {
    "layers": ({"lib/err.c": "#include <mm/pt/pt.h>\n"}, "which is in a layer above it"),
    "asm": ({"lib/err.c": 'void f(int a);\nvoid f(int a)\n{\n\tint b;\n\t__asm__("mov x0, %1\\n\\tmov %0, x0" : "=r"(b) : "r"(a));\n}\n'},
            "is written among several instructions"),
    "a53": ("test_runners.py::test_lints_of_images", ""),
    "shape": ({"lib/err.c": "/* TO" "DO: more */\n"}, "not allowed: /* TO" "DO"),
    "names": ({"kern/err.c": HEAD}, "lib/err.c:1: has the name of kern/err.c"),
    "could": ({"tests/boot/planted.c": HEAD + 'TEST(boot, planted, .claim = "x")\n{\n\tCHECK_FAULTS(t, 0);\n}\n'}, "boot.planted concludes from faults"),
    "rows": ({"lib/err.c": "/* ENGINE " "99 */\n"}, "ENGINE " "99 is not in docs/ENGINE.md"),
    "third": ({"lib/libfdt.c": HEAD}, "lib/libfdt.c:1: third-party source in the tree"),
    "image": ("test_runners.py::test_lints_of_images", ""), "text": ("test_lint_text.py::test_each_mistake_is_reported", ""),
    "atomics": ("test_lint_text.py::test_probe_says_it", ""), "lab": ("test_lab.py::test_lint_lab", ""),
    "results": ({"docs/results/rpi3/planted.jsonl": "{}\n"}, "docs/results/rpi3/planted.jsonl:1: the name must be"),
    "headers": ({"lib/err.h": "absent_t planted(void);\n"}, "unknown type name"),
    "format": ({"lib/err.c": "int  x;\n"}, "lib/err.c: not laid out"),
    "cppcheck": ({"lib/err.c": "int planted(void)\n{\n\tint *p = 0;\n\treturn *p;\n}\n"}, "Null pointer dereference"),
    "spelling": ({"README.md": "rec%s\n" % "ieve"}, "ieve ==> receive"), "reuse": ({"lib/planted.c": HEAD.replace("BSD-2-Clause", "Planted-1.0")}, "Planted-1.0"),
    "python": ({"tools/python/hotplate/planted.py": HEAD.replace("/* ", "# ").replace(" */", "") + 'planted: int = ""\n'}, "Incompatible types in assignment"),
    "mutants": ({"tests/mutants/tools.txt": "\n[planted] an effect\nJudge: host lib\ndrop lib/err.c: no_such_line();\n"}, "[planted]"),
    "barriers": ({"kern/lock.c": "/* Unshown (fence): MODEL.md no-such-row */\n"}, "machine/MODEL.md has no row no-such-row"),
    "words": ({"lib/planted.h": HEAD + "/* Nobody goes there. */\n" * 60}, "lib "),
    "taps": ({"mm/pt/taps/planted.c": HEAD + "static struct pt_tap planted = { .before = planted_before };\nPT_TAP(planted);\n"}, "planted_before"),
    "circles": (CIRCLE, "5 files depend on each other"), "promises": ({"mm/policy/tlb/planted.c": HEAD + "TLB_SCHEME(planted) = {\n};\n"},
                                                                    "this scheme has no promises"),
    "symbols": (TWICE, "planted() is also the name of a function in another file"),
    "needs": ({"tests/system/test_planted.py": "import numpy\n"}, "numpy"),
    "knobs": ({"mk/run.mk": "export PLANTED_KNOB\n"}, "PLANTED_KNOB is not in the list of knobs"),
}
SLOW = {"headers", "cppcheck", "python", "format", "reuse", "third", "circles", "symbols"}  # seconds of a run without a plant


def checks():
    with open(os.path.join(TOP, "mk/check.mk"), encoding="utf-8") as f:
        return set(re.findall(r"\bcheck-(\w+)", "\n".join(re.findall(r"^(?:MORE_)?CHECKS [:+]= (.*)", f.read(), re.M))))


def test_each_lint_has_a_plant():
    """A new lint needs a row; the tests that rows name exist."""
    assert checks() == set(PLANTS)
    for name, function in (plant.split("::") for plant, _ in PLANTS.values() if isinstance(plant, str)):
        with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as f:
            assert "\ndef %s(" % function in f.read(), function


@TEST
@pytest.mark.parametrize("name, file, place, words, sentence", [
    ("a53", "hotplate.elf", 0x10000 + 0x1000, (0xf9400041, 0x9b041460), "the sequence of Cortex-A53 erratum 835769"),  # LDR X1, [X2]; MADD X0, X3, X4, X5
    ("image", "Image", 0x38, (0,), "magic"),
])
def test_lints_of_images(tmp_path, name, file, place, words, sentence):
    """The same for lints that read only the linked image; .text has the offset 0x10000 in its ELF file."""
    for arch in ("arm64", "riscv64"):
        (tmp_path / arch).mkdir()
        for copy in ("hotplate.elf", "Image"):
            shutil.copy("build/%s/%s" % (arch, copy), tmp_path / arch)
        (tmp_path / arch / "obj").symlink_to(os.path.join(TOP, "build", arch, "obj"))
    assert check(TOP, name, "BUILD=%s" % tmp_path)[0] == 0
    with open(tmp_path / "arm64" / file, "r+b") as f:
        f.seek(place)
        f.write(b"".join(w.to_bytes(4, "little") for w in words))
    status, printed = check(TOP, name, "BUILD=%s" % tmp_path)
    assert status == 2 and sentence in printed, printed


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of the sources; build/ is the tree's."""
    top = tmp_path_factory.mktemp("sources") / "tree"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    for name in filter(lambda n: os.path.isfile(os.path.join(TOP, n)), listed.split("\n")):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(os.path.join(TOP, name), top / name)
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    (top / ".git/info/exclude").write_text("build\n")
    (top / "build").symlink_to(os.path.join(TOP, "build"))
    return top


def objects(top, files, build):
    """A build of these files alone, by the compiler of the host."""
    for arch in ("arm64", "riscv64"):
        made = build / arch / "obj/lib"
        made.mkdir(parents=True)
        names = [n for n in files if n.endswith(".c")]
        for name in names:
            subprocess.run(["gcc", "-fno-inline", "-MD", "-MF", str(made.parent / name)[:-1] + "d", "-I.", "-c", name, "-o", str(made.parent / name)[:-1] + "o"],
                           cwd=top, check=True)
        subprocess.run(["ld", "-r", "-o", str(build / arch / "hotplate.elf"), *(str(made.parent / n)[:-1] + "o" for n in names)], check=True)


def check(top, name, *words, **env):
    env = {**{k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "BUILD")}, **env}
    done = subprocess.run(["make", "-s", *words, "check-" + name], cwd=top, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", [pytest.param(n, marks=WHOLE if n in SLOW else TEST) for n, plant in PLANTS.items() if isinstance(plant[0], dict)])
def test_lints(sources, tmp_path, name):
    """make check-NAME finds the violation that is planted, and nothing without it."""
    files, sentence = PLANTS[name]
    words, env = [], {}
    if name == "headers":
        words = ["ARCH=arm64"]
    if name == "cppcheck":
        words, env = ["-e"], {"C_FILES": "lib/err.c"}
    status, printed = check(sources, name, *words, **env)
    assert status == 0, printed
    for file, text in files.items():
        (sources / file).parent.mkdir(exist_ok=True)
        with open(sources / file, "a", encoding="utf-8") as f:
            f.write(text)
    try:
        if name in ("circles", "symbols"):
            objects(sources, files, tmp_path / "planted")
            words = ["BUILD=%s" % (tmp_path / "planted")]
        status, printed = check(sources, name, *words, **env)
    finally:
        for file in files:
            if os.path.exists(os.path.join(TOP, file)):
                shutil.copy2(os.path.join(TOP, file), sources / file)
            else:
                (sources / file).unlink()
    assert status == 2 and sentence in printed and "Traceback" not in printed, printed
