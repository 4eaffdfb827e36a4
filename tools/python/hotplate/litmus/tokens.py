# SPDX-License-Identifier: BSD-2-Clause
"""The tokens of a litmus file's initial state and condition."""
import re

from hotplate.litmus.form import Unknown

TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<code>instr:"[^"]+")
    |(?P<label>label:"P?\d+:[^"]+")
    |(?P<number>-?0[xX][0-9a-fA-F]+|-?\d+)
    |(?P<proc>P\d+(?![\w/.$-]))
    |(?P<name>%?[A-Za-z_.$][\w/.$-]*)
    |(?P<op>/\\|\\/|=>|==|!=|<>|[,&;:+\[\](){}=~*])""",
    re.X,
)
COMMENT = re.compile(r"\(\*|\*\)")


def blanked(text: str, line: int) -> str:
    """The text with spaces for comments, which nest; lines keep their numbers."""
    out, depth, at = [], 0, 0
    for mark in COMMENT.finditer(text):
        part = text[at : mark.start()]
        out.append(part if not depth else re.sub(r"[^\n]", " ", part))
        at = mark.end()
        if mark[0] == "(*":
            depth += 1
        elif depth:
            depth -= 1
        else:
            out.append(mark[0])
            continue
        out.append("  ")
    if depth:
        raise Unknown("a comment without its end", line + text.count("\n", 0, at))
    return "".join(out) + text[at:]


class Tokens:
    """The tokens of a part that begins in a line of the file."""

    def __init__(self, text: str, line: int) -> None:
        self.all: list[tuple[str, str, int]] = []
        self.at, pos = 0, 0
        while pos < len(text):
            match = TOKEN.match(text, pos)
            if not match:
                raise Unknown(f"character {text[pos]!r}", line)
            if match.lastgroup != "space":
                self.all.append((str(match.lastgroup), match[0], line))
            line += match[0].count("\n")
            pos = match.end()
        self.end = line

    @property
    def kind(self) -> str:
        return self.all[self.at][0] if self.at < len(self.all) else "end"

    @property
    def text(self) -> str:
        return self.all[self.at][1] if self.at < len(self.all) else ""

    @property
    def line(self) -> int:
        return self.all[self.at][2] if self.at < len(self.all) else self.end

    def ahead(self, n: int = 1) -> str:
        return self.all[self.at + n][1] if self.at + n < len(self.all) else ""

    def take(self, *texts: str) -> str:
        """The next token if it is one of these, else ""."""
        if self.kind != "end" and self.text in texts:
            self.at += 1
            return self.all[self.at - 1][1]
        return ""

    def any(self, *kinds: str) -> str:
        """The next token, which has to be of one of these kinds."""
        if self.kind not in kinds:
            raise self.unknown()
        self.at += 1
        return self.all[self.at - 1][1]

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.unknown(f", where {text!r} is expected")

    def unknown(self, more: str = "") -> Unknown:
        """A refusal that names the next tokens of this line."""
        found = [t for _, t, line in self.all[self.at : self.at + 4] if line == self.line]
        return Unknown((" ".join(found) or "the end") + more, self.line)
