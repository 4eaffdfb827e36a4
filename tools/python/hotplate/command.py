# SPDX-License-Identifier: BSD-2-Clause
"""How every verb of tools/hotplate begins and ends: --help, one line for a mistake of the user and
never a traceback."""
import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import NoReturn

from hotplate import INSTALLED, NO_SOURCES, SETUP, TOOL, Refused, fail

HELP = (["-h"], ["--help"])
running = TOOL  # and the verb, once start() knows it


def name() -> str:
    """The command and its verb, as the user typed them: each message begins with it."""
    return running


def typed(text: str) -> str:
    """A text of the sources, with the command as the user types it."""
    return text.replace("tools/hotplate", TOOL)


def hint(make: str, installed: str = "") -> str:
    """What to type: a target of make, or in an installation, which has no Makefile, a verb."""
    return installed if INSTALLED else "make " + make


def shown(path: str) -> str:
    """A path from here, or the whole path of a file that is not below."""
    short = os.path.relpath(path)
    return os.path.abspath(path) if short.startswith("..") else short


def not_built(path: str, words: str) -> NoReturn:
    """A file is missing that make with these words builds."""
    if INSTALLED:
        fail(f"{shown(path)} is not in this installation: {NO_SOURCES}")
    fail(f"{shown(path)} is not built (make {words})")


def warn(sentence: str) -> None:
    print(f"{running}: {typed(sentence)}", file=sys.stderr)


class Arguments(argparse.ArgumentParser):
    """Options.  The text of the module is the usage; a wrong option is reported in one line."""

    def __init__(self, text: str | None) -> None:
        super().__init__(
            prog=name(),
            usage=argparse.SUPPRESS,
            description=typed(text or "").strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def print_help(self, file: object = None) -> None:
        """argparse ignores errors of this output in some versions: start() reports them."""
        print(self.format_help(), end="", flush=True)

    def error(self, message: str) -> NoReturn:
        fail(f"{message} ({name()} --help)")


def usage(text: str | None) -> NoReturn:
    """Refuse the words of the user, with the first line of use in this text of a module."""
    lines = [
        line.split("  ")[0].rstrip("\\ ")
        for line in map(str.strip, (text or "").split("\n"))
        if line.startswith("tools/")
    ]
    fail(f"usage: {lines[0] if lines else name()} ({name()} --help)")


def key_values(words: list[str], known: Mapping[str, str]) -> dict[str, str]:
    """The values of `known`, with those of KEY=VALUE words in their place."""
    found = dict(known)
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or name not in known:
            fail("%r is not one of %s" % (word, " ".join(k + "=" for k in known)))
        found[name] = value
    return found


def no_words(words: list[str]) -> None:
    """For a verb without words."""
    if words:
        fail(f"{words[0]!r}: {name()} takes no words")


def why(error: Exception) -> str:
    """An error of the system or of another program, as a sentence."""
    if isinstance(error, subprocess.CalledProcessError):
        first = str(error.stderr or "").strip().split("\n")[0]
        program = error.cmd if isinstance(error.cmd, str) else str(error.cmd[0])
        return f"{os.path.basename(program)} ended with status {error.returncode}" + (
            f": {first}" if first else ""
        )
    if isinstance(error, ModuleNotFoundError):
        return f"it needs the Python module {error.name}, which is not installed"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}"


def start(verb: str, module: ModuleType, words: list[str]) -> NoReturn:
    """Run module.main(words); its result is the exit status.  A module with options has
    arguments()."""
    global running
    running, status = verb, SETUP
    try:
        if words[:1] in HELP and not hasattr(module, "arguments"):
            print(typed(module.__doc__ or "").strip())
            status = 0
        else:
            status = module.main(words) or 0
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has closed its end: no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except KeyboardInterrupt:
        status = 130
    except Refused as sentence:
        warn(str(sentence))
    except (
        OSError,
        ModuleNotFoundError,
        UnicodeDecodeError,
        subprocess.CalledProcessError,
    ) as error:
        warn(why(error))
    sys.exit(status)
