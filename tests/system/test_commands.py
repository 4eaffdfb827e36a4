# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate and the scripts beside it.  Used wrongly, each ends with one line that names it, status 4, and no
traceback."""
import os
import subprocess

import pytest

from conftest import TOP
from hotplate import verbs

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
