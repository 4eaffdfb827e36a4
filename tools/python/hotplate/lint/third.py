# SPDX-License-Identifier: BSD-2-Clause
"""Third-party files have a BSD licence and are listed in NOTICE.

Every third-party file that the compiler read (its .d files) carries a licence
with a BSD option, and none of them is in the tree.  The copyright holders, and
our own conditions in full, are in NOTICE and in the text of `licences`.
"""
import glob
import os
import re

from hotplate import BUILD
from hotplate.command import no_words
from hotplate.lint.core import Lint, read, tree

BSD = re.compile(r"SPDX-License-Identifier:.*\bBSD-[23]-Clause")
COMPILER = re.compile(r"/(lib|lib64|libexec)/gcc(-cross)?/.*/include/")  # runtime exception applies


TEXTS = ("NOTICE", "shell/licence_text.c")


def plain(path: str) -> str:
    text = "\n".join(read(path))
    for name, value in re.findall(r"#define (\w+)\s*\\\n((?:.*\\\n)*.*)\n", text):
        text = re.sub(rf"\b{name}\b", str(value.replace("\\\n", "\n")).replace("\\", r"\\"), text)
    return re.sub(r'(\\n)?"\s*"|\\|\s+', " ", text)


def holders(paths: list[str]) -> set[str]:
    found = set()
    for path in paths:
        for line in read(path)[:20]:  # the licence is above; later lines may cite documents
            match = re.search(r"Copyright (?:\(C\) )?[\d, -]+(.*)", line)
            if match:
                found.add(re.split(r" <|, |\.$", match[1].strip())[0])
    return found


def conditions_of(path: str, after: str) -> str:
    return " ".join(re.findall(r"[\w.]+", "\n".join(read(path)).split(after, 1)[1]))


def texts(lint: Lint, paths: list[str]) -> None:
    wanted = {"LICENSE": conditions_of("LICENSE", "authors")}
    if any("BSD-3-Clause" in "\n".join(read(p)[:5]) for p in paths):
        wanted["LICENSES/BSD-3-Clause.txt"] = conditions_of("LICENSES/BSD-3-Clause.txt", "holder>")
    for text in (t for t in TEXTS if os.path.exists(t)):
        body = plain(text)
        for holder in sorted(holders(paths)):
            if holder not in body:
                lint.report(text, 1, "does not name %s, whose code is in the image" % holder)
        for source, conditions in wanted.items():
            if conditions not in " ".join(re.findall(r"[\w.]+", body)):
                lint.report(text, 1, "does not contain the conditions of %s in full" % source)


def main(words: list[str]) -> int:
    no_words(words)
    lint, seen = Lint("third-party"), set()
    third = os.path.join(BUILD, "third", "")
    for dep in glob.glob(os.path.join(BUILD, "*/obj/**/*.d"), recursive=True):
        if "/obj/extra/" in dep:  # EXTRA= belongs to its owner
            continue
        for path in re.findall(r"[^\s\\:]+", " ".join(read(dep))):
            if path.startswith(third) or (
                path.startswith("/")
                and not path.startswith(os.path.join(BUILD, ""))
                and not COMPILER.search(path)
            ):
                seen.add(os.path.normpath(path))
    for path in sorted(seen):
        if not path.startswith(third):
            lint.report(path, 1, "a file that is neither in the tree nor in " + third.rstrip("/"))
        elif os.path.exists(path) and not BSD.search("\n".join(read(path)[:5])):
            lint.report(path, 1, "its SPDX line has no BSD option")
    texts(lint, [p for p in seen if p.startswith(third) and os.path.exists(p)])
    for path in tree():
        if re.search(r"(^|/)(libfdt|acpica)[^/]*(/|\.[chS]$)", path):
            lint.report(path, 1, "third-party source in the tree")
    if not seen:
        lint.report(BUILD, 0, "nothing is built: make all first")
    return lint.done("%d third-party files read by the compiler" % len(seen))
