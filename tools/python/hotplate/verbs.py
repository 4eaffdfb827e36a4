# SPDX-License-Identifier: BSD-2-Clause
"""The verbs of tools/hotplate.  A verb is a module with main(words); the first line of its text is
the sentence of the list, its whole text the answer to --help."""
import difflib
import importlib
import os
import re
import sys
from types import ModuleType
from typing import NoReturn

from hotplate import INSTALLED, NO_SOURCES, SETUP, TOOL, TOP, command

GROUPS = {
    "Run the kernel": {
        "run": "qemu.run",
        "debug": "qemu.debug",
        "board-run": "ports.board_run",
        "overlay": "ports.overlay",
    },
    "Look at results": {
        "tests": "results.tests",
        "report": "results.report",
        "scheme": "qemu.scheme",
        "compare": "qemu.side",
        "ringdump": "ports.ringdump",
    },
    "Find and plant mistakes": {
        "story": "qemu.story",
        "shrink": "qemu.shrink",
        "mutants": "mutants.run",
        "mutate": "mutants.generated.run",
        "barriers": "barriers.run",
    },
    "Boards and source tree": {
        "image": "boards.image",
        "flash": "boards.flash",
        "firmware": "boards.firmware",
        "lint": "lint",
    },
}
MORE = {
    "Run an unmodified kernel on the worst legal machine": {
        "worst": "kernels.boot",
        "kernels": "kernels.fetch",
    },
    "Judge a CPU or an emulator": {
        "conformance": "results.conformance",
        "litmus": "litmus.verb",
    },
    "Keep the results of boards and releases": {
        "results": "results.verb",
    },
    "Share work of hours between machines": {
        "jobs": "jobs.verb",
    },
    "Parts of a build, of a test or of a release, which make calls": {
        "atomic-probe": "program.probe",
        "bench-dimm": "bench.dimm",
        "bench-report": "bench.report",
        "board": "boards.fragments",
        "code-lines": "build.code_lines",
        "compdb": "build.compdb",
        "dtbs": "trees.survey",
        "earlycon": "boards.earlycon",
        "imagesum": "build.imagesum",
        "knobs": "qemu.knobs",
        "manpage": "docs.manpage",
        "provenance": "build.provenance",
        "site": "docs.site",
        "spdx": "build.spdx",
        "stages": "build.stages",
        "worst-agree": "qemu.agree",
    },
}
VERBS = {v: m for group in (GROUPS | MORE).values() for v, m in group.items()}
# Packages whose verbs read the sources of hotplate, which `make install` leaves out.
WITH_SOURCES = {"barriers", "bench", "build", "docs", "lint", "mutants", "program", "trees"}
PACKAGE = os.path.dirname(os.path.abspath(__file__))
TITLE = f"{TOOL} VERB [WORD...]: the tools of hotplate"
END = f"`{TOOL} VERB --help` explains a verb, `{TOOL} --all` lists all."


def text_of(module: str) -> str:
    """The text at the head of a module, which is read but not imported."""
    path = os.path.join(PACKAGE, *module.split("."))
    path = os.path.join(path, "__init__.py") if os.path.isdir(path) else path + ".py"
    with open(path, encoding="utf-8") as source:
        head = re.search(r'^"""(.*?)"""', source.read(), re.S | re.M)
    return command.typed(head[1].strip()) if head else ""


def sentence(module: str) -> str:
    return text_of(module).partition("\n")[0]


def lints() -> dict[str, str]:
    """Module of each lint: the files of lint/ that have a main()."""
    found = {}
    for name in sorted(os.listdir(os.path.join(PACKAGE, "lint"))):
        if not name.endswith(".py"):  # __pycache__
            continue
        with open(os.path.join(PACKAGE, "lint", name), encoding="utf-8") as source:
            if "\ndef main(" in source.read():
                found[name[:-3]] = "lint." + name[:-3]
    return found


def scripts() -> dict[str, str]:
    """Sentence of each shell script of tools/: it runs without Python, or before there is one."""
    found = {}
    for name in sorted(os.listdir(os.path.join(TOP, "tools"))):
        path = os.path.join(TOP, "tools", name)
        if os.path.isfile(path) and os.access(path, os.X_OK) and name != "hotplate":
            with open(path, encoding="utf-8") as source:
                head = re.search(r"^# (?!SPDX|shellcheck)(.*)$", source.read(), re.M)
            found[name] = head[1] if head else ""
    return found


def rows(modules: dict[str, str]) -> list[str]:
    return ["  %-12s %s" % (verb, sentence(module)) for verb, module in modules.items()]


def screen(groups: dict[str, dict[str, str]]) -> str:
    lines = [TITLE]
    for head, verbs in groups.items():
        lines += [head, *rows(verbs)]
    return "\n".join(lines)


def everything() -> str:
    out = [screen(GROUPS | MORE), f"Lints: {TOOL} lint NAME", *rows(lints())]
    out += [f"Shell scripts: {TOOL if INSTALLED else 'tools'}{' ' if INSTALLED else '/'}NAME"]
    return "\n".join(out + ["  %-12s %s" % row for row in scripts().items()])


def unknown(name: str, kind: str, word: str, known: list[str], where: str) -> NoReturn:
    near = difflib.get_close_matches(word, known, 3, 0.5)
    meant = " (did you mean %s?)" % " or ".join(near) if near else ""
    print(f"{name}: no {kind} {word!r}{meant}; {where} lists them", file=sys.stderr)
    sys.exit(SETUP)


def start(name: str, module: str, words: list[str]) -> NoReturn:
    if INSTALLED and module.partition(".")[0] in WITH_SOURCES and words[:1] not in command.HELP:
        print(f"{name}: {NO_SOURCES}", file=sys.stderr)
        sys.exit(SETUP)
    try:
        verb = importlib.import_module("hotplate." + module)
    except ModuleNotFoundError as error:
        print(f"{name}: {command.why(error)}", file=sys.stderr)
        sys.exit(SETUP)
    command.start(name, verb, words)


def show(text: str) -> NoReturn:
    """A reader that closes its end of the pipe is no error: command.start()."""
    command.start(TOOL, ModuleType("help", text), ["--help"])


def lint(words: list[str]) -> NoReturn:
    name, known = TOOL + " lint", lints()
    if not words or words[0] in ("-h", "--help"):
        show("\n".join([text_of("lint"), "", *rows(known)]))
    if words[0] not in known:
        unknown(name, "lint", words[0], list(known), f"`{TOOL} lint`")
    start(name + " " + words[0], known[words[0]], words[1:])


def main(words: list[str]) -> NoReturn:
    verb = words[0] if words else "--help"
    if verb in ("-h", "--help", "help") and len(words) < 2:
        show(screen(GROUPS) + "\n" + END)
    elif verb in ("--all", "help-all"):
        show(everything())
    elif verb == "help":
        main([*words[1:], "--help"])
    elif verb == "lint":
        lint(words[1:])
    elif verb in VERBS:
        start(f"{TOOL} {verb}", VERBS[verb], words[1:])
    elif verb in scripts():
        script = os.path.join(TOP, "tools", verb)
        os.execv(script, [script, *words[1:]])
    else:
        known = [*VERBS, *scripts(), *("lint " + name for name in lints()), "--all"]
        unknown(TOOL, "verb", verb, known, f"`{TOOL} --all`")
