# SPDX-License-Identifier: BSD-2-Clause
"""Outputs of inline assembly are early-clobber where required.

In inline assembly of several instructions with inputs each output is
early-clobber (&), or the compiler may give it the register of an input that
has not been read yet.
"""
import re
from collections.abc import Iterator

from hotplate.command import no_words
from hotplate.lint.core import OURS, Lint, read, tree, under

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def statement(text: str, start: int) -> str:
    """The text between the parentheses that open at `start`."""
    depth, at = 0, start
    while at < len(text):
        string = STRING.match(text, at)
        if string:
            at = string.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start + 1 : at]
        at += 1
    return ""


def parts(body: str) -> list[str]:
    """Template, outputs, inputs, clobbers: separated by colons outside of strings and brackets."""
    found, depth, at, word = [], 0, 0, ""
    while at < len(body):
        string = STRING.match(body, at)
        if string:
            word, at = word + string.group(), string.end()
            continue
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(body[at], 0)
        if body[at] == ":" and not depth:
            found.append(word)
            word = ""
        else:
            word += body[at]
        at += 1
    return found + [word]


def several(template: str) -> bool:
    """Whether the template has more than one instruction, or a macro that may have them."""
    text = "".join(s[1:-1] for s in STRING.findall(template))
    rows = [
        r
        for r in re.split(r"\\n|;", text.replace("\\t", " "))
        if r.strip() and not r.strip().endswith(":")
    ]
    return len(rows) > 1 or bool(re.search(r"\b[A-Z]\w*\(", STRING.sub("", template)))


def wrong(text: str) -> Iterator[tuple[int, str]]:
    """(place, constraint) of every output that must be early-clobber and is not."""
    for match in re.finditer(r"__asm__\s*(?:volatile)?\s*\(", text):
        template, *rest = parts(statement(text, match.end() - 1))
        if len(rest) < 2 or not rest[1].strip() or not several(template):
            continue
        for output in re.findall(r'"([=+][^"]*)"\s*\(', rest[0]):
            if "&" not in output:
                yield match.start(), output


def main(words: list[str]) -> int:
    no_words(words)
    lint, files = Lint("asm"), [p for p in tree() if p.endswith((".c", ".h")) and under(p, *OURS)]
    for path in files:
        text = "\n".join(line.rstrip("\\") for line in read(path))
        for place, output in wrong(text):
            lint.report(
                path,
                text.count("\n", 0, place) + 1,
                '"%s" is written among several instructions: "%s&%s"'
                % (output, output[0], output[1:]),
            )
    return lint.done("%d files" % len(files))
