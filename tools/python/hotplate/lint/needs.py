# SPDX-License-Identifier: BSD-2-Clause
"""The modules that a target imports are installed for it.

The Makefile has the words of tools/deps for each target (NEEDS_).  Each target
of mk/help.txt has such a line, or needs nothing.  The rules of the target, of
its prerequisites and of the scripts of tools/ that they call show its verbs,
and whether it runs the system tests.  A module that these files import at their
top level, directly or by other files of the tree, is in Python's library, in
the tree, or in a `need module` of a word of the target.
"""
import ast
import functools
import glob
import os
import re
import sys
from collections.abc import Iterator

from hotplate import verbs
from hotplate.command import no_words
from hotplate.lint.core import Lint, read

DEPS = "tools/deps"
TESTS = "tests/system"
ROOTS = ("tools/python", TESTS, "lab")
NOTHING = {"clean", "help", "help-all", "uninstall"}  # make and a shell do these
RULE = re.compile(r"^([\w$()%. -]+?)\s*:(?!=)\s*([^=\n]*)$")


def words_of_targets() -> dict[str, tuple[int, list[str]]]:
    """Line and words of each NEEDS_ of the Makefile; a condition counts as met."""
    found = {}
    for line, text in enumerate(read("Makefile"), 1):
        if match := re.match(r"NEEDS_([\w.-]+) :?= (.*)", text):
            inner = re.sub(r"\$\((?:if|or|filter)?|\$\(\w+\)|[(),]", " ", match[2])
            found[match[1]] = line, [w for w in inner.split() if w.islower()]
    return found


def modules_of_words() -> dict[str, set[str]]:
    """The modules that each word of tools/deps installs, with those of the words that it calls."""
    bodies = dict(re.findall(r"^for_(\w+)\(\) \{(.*?)\}$", "\n".join(read(DEPS)), re.S | re.M))

    def modules(word: str) -> set[str]:
        own = set(re.findall(r"\b(?:need|want) module (\w+)", bodies[word]))
        return own.union(*map(modules, re.findall(r"\bfor_(\w+)", bodies[word])))

    return {word: modules(word) for word in bodies}


def targets_of_help() -> set[str]:
    shown = "\n".join(read("mk/help.txt")).partition("Words of the targets")[0]
    return set(re.findall(r"^  make (?!MACHINE)([a-z][\w.-]*)", shown, re.M)) | {"all"}


@functools.cache
def rules() -> dict[str, tuple[str, str]]:
    """Prerequisites and recipe of each target, of all rules that it has."""
    found: dict[str, tuple[str, str]] = {}
    for path in ["Makefile", *glob.glob("mk/*.mk")]:
        names: list[str] = []
        for text in "\n".join(read(path)).replace("\\\n", " ").split("\n"):
            if text.startswith("\t"):
                for name in names:
                    found[name] = found[name][0], found[name][1] + text + "\n"
            elif match := RULE.match(text):
                names = match[1].split()
                for name in names:
                    before, recipe = found.get(name, ("", ""))
                    found[name] = before + " " + match[2], recipe
    return found


def work(target: str, seen: set[str]) -> str:
    """The text of everything that make or a script of tools/ does for a target."""
    if target in seen or target not in rules():
        return ""
    seen.add(target)
    before, text = rules()[target]
    for script in sorted(set(re.findall(r"tools/([\w-]+)", text)) & set(verbs.scripts())):
        body = "\n".join(read("tools/" + script))
        text += body.replace("$here/", "tools/").replace("make -s ", "$(MAKE) ")
    if target == "check":
        text += "\n".join(read("mk/check.mk") + ["tools/hotplate lint " + n for n in verbs.lints()])
    called = re.findall(r"\$\(MAKE\)((?: [^\s;|&]+)+)", text)
    return text + "".join(work(t, seen) for t in (before + " " + " ".join(called)).split())


def starts(target: str) -> Iterator[str]:
    """The Python files that a target runs."""
    text = work(target, set())
    if "$(PYTEST)" in text:
        yield from sorted(glob.glob(TESTS + "/*.py"))
    for verb in sorted(set(re.findall(r"tools/hotplate ((?:lint )?[a-z][a-z-]*)", text))):
        name = verb.split()[-1]
        module = verbs.lints().get(name) if verb.startswith("lint ") else verbs.VERBS.get(name)
        if module:
            yield file_of("hotplate." + module) or ""


@functools.cache
def file_of(module: str) -> str | None:
    places = [os.path.join(root, *module.split(".")) for root in ROOTS]
    names = [p + end for p in places for end in (".py", "/__init__.py")]
    return next((n for n in names if os.path.exists(n)), None)


@functools.cache
def imports(path: str) -> list[tuple[int, str]]:
    """Line and name of each import at the top level of this file."""
    found = []
    todo: list[ast.AST] = list(ast.parse("\n".join(read(path))).body)
    for node in todo:
        if isinstance(node, ast.Import):
            found += [(node.lineno, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module))
            below = [f"{node.module}.{name.name}" for name in node.names]
            found += [(node.lineno, name) for name in below if file_of(name)]
        elif isinstance(node, (ast.Try, ast.ClassDef, ast.With)) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.dump(node.test)
        ):
            todo += ast.iter_child_nodes(node)
    return found


def foreign(files: list[str]) -> dict[str, tuple[str, int]]:
    """{module of others: a file and line that imports it}, of these files and their imports."""
    found: dict[str, tuple[str, int]] = {}
    seen = set(files)
    for path in files:
        for line, name in imports(path):
            own = file_of(name)
            if own and own not in seen:
                seen.add(own)
                files.append(own)
            elif not own and (top := name.split(".")[0]) not in sys.stdlib_module_names:
                if not any(os.path.isdir(os.path.join(root, top)) for root in ROOTS):
                    found.setdefault(top, (path, line))
    return found


def main(words: list[str]) -> int:
    no_words(words)
    lint, installs, known = Lint("needs"), modules_of_words(), words_of_targets()
    for target in sorted(targets_of_help() - set(known) - NOTHING):
        lint.report("Makefile", 1, f"make {target} has no NEEDS_{target}")
    files = 0
    for target, (line, asked) in known.items():
        for word in [w for w in asked if w not in installs]:
            lint.report("Makefile", line, f"{word} is no word of {DEPS}")
        first = list(starts(target))
        files += len(first)
        there = set().union(*(installs.get(w, set()) for w in asked))
        for module, (path, at) in foreign(first).items():
            if module not in there:
                words_given = " ".join(asked)
                lint.report(
                    path, at, f"make {target} imports {module}: {DEPS} {words_given} has it not"
                )
    return lint.done("%d targets start %d Python files" % (len(known), files))
