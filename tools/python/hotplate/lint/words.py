# SPDX-License-Identifier: BSD-2-Clause
"""Plain technical English, counted by directory.

  tools/hotplate lint words [PATH...]

A sentence is marked if it uses a word of everyday speech where the field has a
technical one.  Sentences are those of comments, strings, documents and heads of
mutants, with three words or more.  docs/STYLE.md, Language, names the words.
Without a path the sums are printed, and every directory above the limit; with
a path the marked sentences below it.
"""
import ast
import io
import os
import re
import tokenize
from collections import Counter
from collections.abc import Iterator

from hotplate import fail
from hotplate.lint.core import Lint, read, tree, under

MARKS = re.compile(
    r"\b(come|comes|came|coming|go|goes|went|gone|going"
    r"|say|says|said|saying|tell|tells|told|telling|hear|hears|heard"
    r"|ask|asks|asked|asking|stand|stands|stood|standing|lie|lies|lay|lain|lying"
    r"|nobody|somebody|whoever|behind"
    r"|what (?:is|was|are|were|it|he|they|has|had))\b",
    re.I,
)
OPENING = re.compile(r"(Of|Who|What)\b(?!.*\?)")
# A device is behind a bridge or a port: the word of the PCI specifications.
PCI = re.compile(r"\bbehind (?:\w+ )*?(?:(?:bridge|port|switch|slot)(?:e?s)?|it)\b", re.I)
C_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\])\'', re.S)
CODE = re.compile(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->|https?://\S+", re.S)
LIMIT = 10  # marks in a thousand sentences of a directory
EXEMPT = ("CHANGELOG.md", "tests/system/test_lint_words.py")  # history; examples of marks
Text = tuple[int, str]  # line, text


def of_c(text: str) -> Iterator[Text]:
    """Comments and strings; adjacent strings are one."""
    string, begin, end = "", 0, 0
    for match in C_TOKEN.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match[0][0] == '"':
            if string and text[end : match.start()].strip():
                yield begin, string
                string = ""
            begin, string = (begin, string) if string else (line, "")
            string, end = string + match[0][1:-1].replace("\\n", ". "), match.end()
        elif match[0][0] == "/":
            body = re.sub(r"^[ \t]*(?:/\*+|\*/?|//)|\*/$", "", match[0], flags=re.M)
            yield line, body
    if string:
        yield begin, string


def of_python(text: str) -> Iterator[Text]:
    """Comments, and strings with docstrings among them."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")
        elif token.type == tokenize.STRING and not token.string.startswith(("r", "b", "rb")):
            try:
                value = ast.literal_eval(token.string)
            except (SyntaxError, ValueError):
                continue
            yield token.start[0], value


def of_prose(text: str) -> Iterator[Text]:
    """Paragraphs, and the cells of tables, without code."""
    fenced = False
    for line, row in enumerate(text.split("\n"), 1):
        if row.startswith("```"):
            fenced = not fenced
        elif not fenced and row.startswith("|"):
            for cell in row.strip("|").split("|"):
                yield line, cell
        elif not fenced:
            yield line, row


def of_mutants(text: str) -> Iterator[Text]:
    """Effects, rules and sources of mutants, without the edits."""
    head = False
    for line, row in enumerate(text.split("\n"), 1):
        begin = re.match(r"\[[\w.-]+\] |(?:Rule|Seen): ", row)
        head = bool(begin) or head and row.startswith("  ")
        if head:
            yield line, row[begin.end() :] if begin else row


def of_script(text: str) -> Iterator[Text]:
    for line, row in enumerate(text.split("\n"), 1):
        if row.lstrip().startswith("#") and not row.startswith("#!"):
            yield line, row.lstrip("# \t")


def paragraphs(texts: Iterator[Text]) -> Iterator[Text]:
    """Lines of one paragraph as one text."""
    begin, last, paragraph = 0, -1, ""
    for line, text in texts:
        if paragraph and line == last + 1 and text.strip() and not re.match(r"\s*[*|-]\s", text):
            paragraph, last = paragraph + " " + text.strip(), line
            continue
        if paragraph.strip():
            yield begin, paragraph
        begin, last, paragraph = line, line, text
    if paragraph.strip():
        yield begin, paragraph


def texts(path: str) -> Iterator[Text]:
    text = "\n".join(read(path))
    if path.endswith((".c", ".h", ".S")):
        return of_c(text)
    if path.endswith(".py"):
        return of_python(text)
    if path.endswith(".md"):
        return paragraphs(of_prose(text))
    if path.endswith(".txt"):
        return of_mutants(text)
    return paragraphs(of_script(text))


def sentences(path: str) -> Iterator[Text]:
    """(line, sentence), of sentences with three words or more."""
    for line, text in texts(path):
        for sentence in re.split(r"(?<=[.:;?!])\s+|\n\s*\n", CODE.sub("CODE", text)):
            words = sentence.split()
            if len(re.findall(r"[A-Za-z]{2,}", sentence)) >= 3:
                yield line, " ".join(words)


def marked(sentence: str) -> bool:
    return bool(MARKS.search(PCI.sub("", sentence)) or OPENING.match(sentence))


def directory(path: str) -> str:
    """The directory that counts the file: below tests/ the second level."""
    parts = path.split("/")
    if len(parts) == 1:
        return "."
    return "/".join(parts[:2]) if parts[0] == "tests" and len(parts) > 2 else parts[0]


def files(below: list[str]) -> list[str]:
    every = tree(".c", ".h", ".S", ".py", ".md", ".mk", "Makefile")
    every += [p for p in tree(".txt") if p.startswith("tests/mutants/")]
    every = [p for p in every if not p.startswith("tests/host/fuzz/corpus") and p not in EXEMPT]
    tops = [b.rstrip("/") for b in below]
    return [p for p in every if not below or p in below or under(p, *tops)]


def main(words: list[str]) -> int:
    for word in words:
        if not os.path.exists(word):
            fail(f"{word}: no such file or directory")
    lint = Lint("words")
    seen: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for path in files(words):
        for line, sentence in sentences(path):
            seen[directory(path)] += 1
            if marked(sentence):
                found[directory(path)] += 1
                if words:
                    print("%s:%d: %s" % (path, line, sentence))
    for where, count in sorted(seen.items()):
        share = 1000.0 * found[where] / count
        if words or share > LIMIT:
            row = "%-16s %4d of %5d sentences, %.1f in a thousand"
            print(row % (where, found[where], count, share))
            lint.count += not words and share > LIMIT
    return lint.done("%d sentences, %d marked" % (sum(seen.values()), sum(found.values())))
