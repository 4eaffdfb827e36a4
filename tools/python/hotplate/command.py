# SPDX-License-Identifier: BSD-2-Clause
"""How every command begins and ends: --help, one line for what a user did wrong, never a
traceback for it."""
import argparse
import os
import subprocess
import sys
from types import ModuleType
from typing import NoReturn

from hotplate import SETUP, Refused, fail

NAME = "tools/" + os.path.basename(sys.argv[0])
HELP = (["-h"], ["--help"])


class Arguments(argparse.ArgumentParser):
    """Options.  The text of the module is the usage; a wrong word is one line."""

    def __init__(self, text: str | None) -> None:
        super().__init__(prog=NAME, usage=(text or "").replace("%", "%%").strip())

    def error(self, message: str) -> NoReturn:
        fail(f"{message} ({NAME} --help)")


def usage(text: str | None) -> NoReturn:
    """The words are not those of the command whose text this is: its first line of use."""
    shown = [
        line.split("  ")[0]
        for line in map(str.strip, (text or "").split("\n"))
        if line.startswith("tools/")
    ]
    fail(f"usage: {shown[0] if shown else NAME} ({NAME} --help)")


def no_words(words: list[str]) -> None:
    """Of a command that takes none."""
    if words:
        fail(f"{words[0]!r}: this command takes no words")


def why(error: Exception) -> str:
    """What went wrong outside of this program, as a sentence."""
    if isinstance(error, subprocess.CalledProcessError):
        said = str(error.stderr or "").strip().split("\n")[0]
        name = error.cmd if isinstance(error.cmd, str) else str(error.cmd[0])
        return f"{os.path.basename(name)} ended with status {error.returncode}" + (
            f": {said}" if said else ""
        )
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}"


def start(module: ModuleType) -> NoReturn:
    """Run module.main(words); its result is the exit status.  A module with options has
    arguments()."""
    words, status = sys.argv[1:], SETUP
    try:
        if words[:1] in HELP and not hasattr(module, "arguments"):
            print((module.__doc__ or "").strip())
            status = 0
        else:
            status = module.main(words) or 0
        sys.stdout.flush()
    except BrokenPipeError:  # who read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except KeyboardInterrupt:
        status = 130
    except Refused as sentence:
        print(f"{NAME}: {sentence}", file=sys.stderr)
    except (OSError, UnicodeDecodeError, subprocess.CalledProcessError) as error:
        print(f"{NAME}: {why(error)}", file=sys.stderr)
    sys.exit(status)
