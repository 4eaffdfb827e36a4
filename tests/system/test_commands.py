# SPDX-License-Identifier: BSD-2-Clause
"""Every command of tools/, used wrongly: one line that names the command, status 4, no traceback."""
import os
import subprocess

import pytest

from conftest import TOP

COMMANDS = sorted(n for n in os.listdir(os.path.join(TOP, "tools"))
                  if os.access(os.path.join(TOP, "tools", n), os.X_OK) and os.path.isfile(os.path.join(TOP, "tools", n)))
WORDS = {"no words": [], "wrong words": ["--nonsense"], "no such file": ["/nowhere/file"], "a directory": ["tools/hotplate"]}
# Without arguments these do their work.  A lint, a boot, or 1,700 device trees are tested elsewhere.
ALONE = {"atomic-probe", "deps", "dtbs", "earlycon", "knobs", "manpage", "run", "site", "symtab"}
# These accept any argument that is no option: a compiler, a version, the directory of third-party source or a
# release.
ANY_WORD = {"compdb", "dist", "spdx", "third", "version"}


def is_a_use(command, kind):
    """Is the call valid, so that nothing is refused?"""
    if kind == "no words":
        return command in ALONE or command.startswith("lint-") and command != "lint-headers"
    return command in ANY_WORD and kind != "wrong words"


@pytest.mark.tier("test")
@pytest.mark.parametrize("command", COMMANDS)
def test_one_line(command):
    env = dict(os.environ, DEPS="no", CARDS="/nowhere")
    env.pop("CC", None)
    for kind, words in WORDS.items():
        if is_a_use(command, kind):
            continue
        done = subprocess.run(["tools/" + command, *words], cwd=TOP, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=300, check=False)
        said = (done.stdout + done.stderr).strip()
        assert done.returncode == 4 and "Traceback" not in said, (kind, done.returncode, said)
        assert said.startswith("tools/%s: " % command) and "\n" not in said, (kind, done.returncode, said)


@pytest.mark.tier("test")
@pytest.mark.parametrize("command", COMMANDS)
def test_help(command):
    """--help prints the purpose and the call."""
    done = subprocess.run(["tools/" + command, "--help"], cwd=TOP, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and len(done.stdout) > 40 and not done.stderr, done
