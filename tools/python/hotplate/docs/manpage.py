# SPDX-License-Identifier: BSD-2-Clause
"""Print the manual page hotplate(7).

  tools/hotplate manpage > build/hotplate.7

It has the verbs of an installation, the targets of make, knobs, boot arguments
and commands of the prompt.  The verbs are those of verbs.py.  Boot arguments
are rows of kern/args_table.c (which `help args` prints), commands the structs
of COMMAND() (which `help` prints), targets and knobs the text of `make
help-all`.  This file has no list of its own.
"""
import dataclasses
import os
import re
import subprocess
import sys
import textwrap

from hotplate import Refused, verbs
from hotplate.command import no_words
from hotplate.lint.core import read, tree, under
from hotplate.qemu.knobs import KNOBS, RUN

STRING = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
ARG = re.compile(
    r"\[ARG_\w+\] = \{\s*"
    + STRING
    + r",\s*(ARG_\w+),\s*(?:NULL|"
    + STRING
    + r"),\s*"
    + STRING
    + r",\s*"
    + STRING
    + r"(?:,\s*(true))?\s*\}"
)
COMMAND = re.compile(r"struct command \w+ = \{(.*?)\n\};", re.S)
KINDS = {"ARG_FLAG": "on|off", "ARG_NUMBER": "N", "ARG_TIME": "TIME", "ARG_WORD": "WORD"}


class Unreadable(Refused):
    """A source does not have the layout that this tool parses."""


@dataclasses.dataclass
class Word:
    name: str
    usage: str
    help: str


def joined(literal: str | None) -> str:
    return (
        "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal or ""))
        .replace('\\"', '"')
        .replace("\\n", " ")
    )


def boot_words() -> list[Word]:
    source = (
        "\n".join(read("kern/args_table.c"))
        .partition("arg_table[ARG_NR] = {")[2]
        .partition("\n};")[0]
    )
    found = []
    for name, kind, values, default, text, of_source in ARG.findall(source):
        value = joined(values) or KINDS.get(kind, "VALUE")
        usage = joined(name) + ("" if kind == "ARG_FLAG" and not values else "=" + value)
        note = " Default: %s." % joined(default) if joined(default) else ""
        more = " Also SOURCE.%s=, for one event source." % joined(name) if of_source else ""
        found.append(Word(joined(name), usage, closed(joined(text)) + note + more))
    if len(found) != source.count("[ARG_"):
        raise Unreadable(
            "kern/args_table.c: %d of %d rows could be read" % (len(found), source.count("[ARG_"))
        )
    return sorted(found, key=lambda w: w.name)


def commands() -> list[Word]:
    found, registered = [], 0
    for path in tree(".c"):
        if under(path, "tests/host", "tests/system"):
            continue
        source = "\n".join(read(path))
        registered += len(re.findall(r"^COMMAND\(", source, re.M))
        for body in COMMAND.findall(source):
            got = {k: joined(v) for k, v in re.findall(r"\.(name|usage|help) = " + STRING, body)}
            if len(got) != 3:
                raise Unreadable("%s: a command without .name, .usage or .help as text" % path)
            found.append(Word(got["name"], got["usage"], got["help"]))
    if len(found) != registered:
        raise Unreadable("%d commands are registered, %d could be read" % (registered, len(found)))
    return sorted(found, key=lambda w: w.name)


def closed(text: str) -> str:
    return text + ("" if text.endswith((".", "?")) else ".")


def make_help() -> str:
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", "-s", "help-all"], check=True, capture_output=True, text=True, env=env
    ).stdout


def installed_verbs() -> str:
    """Without those that need the sources."""
    groups = {
        head: {v: m for v, m in rows.items() if m.partition(".")[0] not in verbs.WITH_SOURCES}
        for head, rows in (verbs.GROUPS | verbs.MORE).items()
    }
    lines = verbs.screen(groups).replace("tools/hotplate", "hotplate").split("\n")[1:]
    return "\n".join(lines)


# ---- roff ----


def filled(text: str) -> str:
    """Lines that are readable in the source as well; blanks inside quotes do not stretch."""
    return plain("\n".join(textwrap.wrap(text, 70)))


def verbatim(text: str) -> str:
    """Lines of a screen of 79 columns, without an indent."""
    return ".RS -7\n.nf\n%s\n.fi\n.RE\n" % plain(textwrap.dedent(text.strip("\n"))).replace(
        "\n\n", "\n.sp\n"
    )


def plain(text: str) -> str:
    """Text with the special characters of roff escaped."""
    text = (
        text.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("`", "\\(ga")
        .replace("^", "\\(ha")
        .replace("~", "\\(ti")
    )
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def tagged(words: list[Word]) -> str:
    return "".join(
        ".TP\n.B %s\n%s\n" % (plain(w.usage.rstrip()), filled(w.help.rstrip())) for w in words
    )


def page() -> str:
    version = read("VERSION")[0]
    head, _, knobs = make_help().partition("\nKnobs\n")
    if not knobs:
        raise Unreadable("make help-all: no line `Knobs`")
    title, _, targets = head.partition("\n")
    of_make = [k.name + "=" for k in KNOBS if k.name not in RUN]
    return "".join(
        (
            '.\\" SPDX-License-Identifier: BSD-2-Clause\n',
            '.TH HOTPLATE 7 %s "hotplate %s"\n' % (date(), version),
            ".SH NAME\nhotplate \\- %s\n" % plain(title.partition(": ")[2] or title),
            ".SH SYNOPSIS\n.B hotplate run\n",
            '[\\fIKNOB\\fR=\\fIVALUE\\fR ...] [ARGS="\\fIWORD\\fR ..."]\n.br\n',
            ".B hotplate\n\\fIVERB\\fR [\\fIWORD\\fR ...]\n.br\n",
            ".B make\n[\\fITARGET\\fR] [\\fIKNOB\\fR=\\fIVALUE\\fR ...]\n",
            ".SH DESCRIPTION\n",
            filled(
                "A freestanding kernel for each architecture adds and removes memory while all "
                "CPUs use it.  The menu explains its keys: type ?."
            ),
            "\n",
            ".SH VERBS\n",
            filled(
                "`hotplate VERB --help` explains a verb.  In the source tree the command is "
                "tools/hotplate."
            ),
            "\n",
            verbatim(installed_verbs()),
            ".SH TARGETS OF MAKE\n",
            filled("In the source tree make builds what these need first."),
            "\n",
            verbatim(targets),
            ".SH KNOBS\n",
            verbatim(knobs.replace("`make run", "`hotplate run", 1)),
            filled("Knobs of make alone: %s." % " ".join(of_make)),
            "\n",
            ".SH BOOT WORDS\n",
            filled(
                "In ARGS=, or on the command line of a boot loader.  Most can also be changed at "
                "the prompt: type the same word."
            ),
            "\n",
            tagged(boot_words()),
            ".SH COMMANDS OF THE PROMPT\n",
            tagged(commands()),
            ".SH EXIT STATUS\n",
            filled(
                "Exit status of a run: 0 all tests passed, 1 a test failed, 2 no verdict, 3 no "
                "test was selected, 4 set-up."
            ),
            "\n.SH SEE ALSO\n",
            ".BR worst (1)\n.br\n",
            "/usr/share/doc/hotplate, or README.md and docs/ of the source tree.\n",
        )
    )


def date() -> str:
    """The date of the commit: the same sources make the same page."""
    day = subprocess.run(
        ["git", "log", "-1", "--format=%cs"], check=False, capture_output=True, text=True
    ).stdout.strip()
    return day or '""'


def main(words: list[str]) -> int:
    no_words(words)
    sys.stdout.write(page())
    return 0
