# SPDX-License-Identifier: BSD-2-Clause
"""The reader of `.litmus` files, as herd7 reads them."""
import os
import re

from hotplate.litmus import form
from hotplate.litmus.form import Array, Code, Fault, Init, Insn, Int, Is, Label, Name, Of, Place
from hotplate.litmus.form import Prop, Pte, Reg, Tag, Test, Thread, Unknown, Value
from hotplate.litmus.show import show_value
from hotplate.litmus.tokens import Tokens, blanked

ARCHES = ("AArch64", "RISCV")
HEAD = re.compile(r"\s*(\w+)[ \t]+(\S+)[ \t]*(?:\([\w/.-]+\))?[ \t\r]*(?:\n?[ \t]*\"([^\"]*)\")?;?")
INFO = re.compile(r"^[ \t]*([A-Za-z][\w/.-]*)[ \t]*=[ \t]*([^\r\n]*?)[ \t\r]*$", re.M)
# A name is taken whole, so that `existing` is no condition.
CONDITION = re.compile(r"(~\s*exists\b)|([A-Za-z][\w/.-]*)")
WORDS = ("final", "forall", "exists", "locations", "filter")
LABEL = re.compile(r"([A-Za-z_][\w.]*)\s*:(?!\")\s*")
CALLS = ("PTE", "TTD", "PA", "TAG", "tag", "pac", "pacda", "pacdb", "pacia", "pacib", "SSCap", "SS")


def number(tokens: Tokens) -> int:
    return int(tokens.any("number"), 0)


def call(tokens: Tokens) -> Of:
    """PTE(x), PTE(P0:L), TAG(x+16), pac(x,da,1)"""
    kind = tokens.any("name")
    tokens.need("(")
    found: list[Value] = []
    while not tokens.take(")"):
        if tokens.kind == "name" and tokens.text in CALLS and tokens.ahead() == "(":
            found.append(call(tokens))
        elif tokens.kind == "name":
            found.append(Name(tokens.any("name")))
        elif tokens.kind == "proc":
            proc = int(tokens.any("proc")[1:])
            tokens.need(":")
            found.append(Label(proc, tokens.any("name")))
        else:
            found.append(Int(number(tokens)))
        if not tokens.take(",", "+") and tokens.text != ")":
            raise tokens.unknown()
    return Of(kind, tuple(found))


def named(tokens: Tokens) -> Name | Of:
    """x, x[1], x:green, PTE(x)"""
    if tokens.text in CALLS and tokens.ahead() == "(":
        return call(tokens)
    name = tokens.any("name")
    if tokens.take("["):
        index = number(tokens)
        tokens.need("]")
        return Name(name, index)
    if tokens.text == ":" and re.match(r"[a-z]", tokens.ahead()):
        tokens.need(":")
        return Name(name, None, tokens.any("name"))
    return Name(name)


def register(tokens: Tokens) -> Reg:
    proc = int(tokens.any("number", "proc").lstrip("P"))
    tokens.need(":")
    return Reg(proc, tokens.any("name"))


def place(tokens: Tokens) -> Place:
    if tokens.kind in ("number", "proc"):
        return register(tokens)
    tokens.take("*")
    if tokens.take("["):
        found = named(tokens)
        tokens.need("]")
        return found
    return named(tokens)


def pte(tokens: Tokens, kind: str = "") -> Pte:
    """(oa:PA(x), valid:0, attrs:(a,b), c)"""
    tokens.need("(")
    fields: list[tuple[str, tuple[str, ...]]] = []
    while not tokens.take(")"):
        key, values = tokens.any("name"), []
        if tokens.take(":"):
            if tokens.take("("):
                while not tokens.take(")"):
                    values.append(tokens.any("name"))
                    tokens.take(",")
            elif tokens.kind == "name" and tokens.ahead() == "(":
                values.append(show_value(call(tokens)))
            else:
                values.append(tokens.any("name", "number"))
        fields.append((key, tuple(values)))
        if not tokens.take(",") and tokens.text != ")":
            raise tokens.unknown()
    return Pte(tuple(fields), kind)


def array(tokens: Tokens, kind: str = "") -> Array:
    tokens.need("{")
    items: list[Value] = []
    while not tokens.take("}"):
        items.append(value(tokens, False))
        if not tokens.take(",") and tokens.text != "}":
            raise tokens.unknown()
    return Array(tuple(items), kind)


def quoted(tokens: Tokens) -> Value:
    if tokens.kind == "code":
        return Code(" ".join(tokens.any("code")[7:-1].split()))
    proc, _, name = tokens.any("label")[7:-1].partition(":")
    return Label(int(proc.lstrip("P")), name)


def value(tokens: Tokens, final: bool) -> Value:
    """In a final state 1:X2 is a register, in an initial one 1:L2 is a label."""
    kind, text = tokens.kind, tokens.text
    if kind in ("code", "label"):
        return quoted(tokens)
    if kind == "proc" or kind == "number" and tokens.ahead() == ":":
        found = register(tokens)
        return found if final else Label(found.proc, found.name)
    if kind == "number":
        return Int(number(tokens))
    if text == "(":
        return pte(tokens)
    if text == "{":
        return array(tokens)
    if tokens.take(":"):
        return Tag(tokens.any("name"))
    if text in ("parel1_t", "PAREL1_T", "ssval_t") and tokens.ahead() == ":":
        tokens.any("name")
        tokens.need(":")
        return array(tokens, text) if text == "ssval_t" else pte(tokens, text)
    if text in ("NOP", "nop"):
        tokens.any("name")
        return Code("NOP")
    if final and text in ("[", "*"):
        return place(tokens)
    tokens.take("&")
    return named(tokens)


def type_of(tokens: Tokens) -> str:
    """The type at the start of an item of the initial state, or ""."""
    words = []
    while tokens.kind == "name" and (
        tokens.text not in CALLS
        and (re.match(r"[\w%*]", tokens.ahead()) or tokens.ahead() == "[" and not number_at(tokens))
    ):
        words.append(tokens.any("name"))
    star = "*" if tokens.text == "*" and tokens.take("*") else ""
    return " ".join(words) + star


def number_at(tokens: Tokens) -> bool:
    return bool(re.match(r"\d", tokens.ahead(2)))


def init_item(tokens: Tokens) -> Init:
    kind = type_of(tokens)
    where, size = place(tokens), None
    if isinstance(where, Name) and where.index is not None:
        where, size = Name(where.name), where.index
    found = None
    if tokens.take("="):
        if tokens.take("ATOMIC_INIT"):
            tokens.need("(")
            found = value(tokens, False)
            tokens.need(")")
        else:
            found = value(tokens, False)
    return Init(where, found, kind, size)


def initial(tokens: Tokens) -> tuple[Init, ...]:
    items = []
    while tokens.kind != "end":
        if tokens.take(";"):
            continue
        items.append(init_item(tokens))
        if not tokens.take(";") and tokens.kind != "end":
            raise tokens.unknown()
    return tuple(items)


def fault(tokens: Tokens) -> Fault:
    tokens.take("fault", "Fault")
    tokens.need("(")
    proc, label, where, kind = int(tokens.any("proc")[1:]), "", None, ""
    if tokens.take(":"):
        label = tokens.any("name")
    while tokens.take(","):
        if tokens.ahead() == ":" or where:
            parts = [tokens.any("name")]
            while tokens.take(":"):
                parts.append(tokens.any("name"))
            kind = ":".join(parts)
        elif re.match(r"[A-Z][A-Za-z]{3,}$", tokens.text):  # a reason; locations are short
            kind = tokens.any("name")
        else:
            where = named(tokens)
    tokens.need(")")
    return Fault(proc, label, where, kind)


def atom(tokens: Tokens) -> Prop:
    if tokens.text in ("fault", "Fault") and tokens.ahead() == "(":
        return fault(tokens)
    where = place(tokens)
    sign = tokens.take("=", "==", "!=", "<>")
    if not sign:
        raise tokens.unknown(", where '=' is expected")
    found = Is(where, value(tokens, True))
    return form.Not(found) if sign in ("!=", "<>") else found


def negation(tokens: Tokens) -> Prop:
    if tokens.take("~", "not"):
        return form.Not(negation(tokens))
    if tokens.take("true"):
        return form.TRUE
    if tokens.take("false"):
        return form.FALSE
    if tokens.text == "(":
        tokens.need("(")
        found = proposition(tokens)
        tokens.need(")")
        return found
    return atom(tokens)


def implication(tokens: Tokens) -> Prop:
    left = negation(tokens)
    return form.Implies(left, implication(tokens)) if tokens.take("=>") else left


def conjunction(tokens: Tokens) -> Prop:
    parts = [implication(tokens)]
    while tokens.take("/\\"):
        parts.append(implication(tokens))
    return form.both(*parts)


def proposition(tokens: Tokens) -> Prop:
    parts = [conjunction(tokens)]
    while tokens.take("\\/"):
        parts.append(conjunction(tokens))
    return form.either(*parts)


def shown(tokens: Tokens) -> tuple[tuple[Place | Fault, str], ...]:
    tokens.need("[")
    found: list[tuple[Place | Fault, str]] = []
    while not tokens.take("]"):
        if tokens.text in ("fault", "Fault"):
            found.append((fault(tokens), ""))
        else:
            where, kind = place(tokens), ""
            if tokens.kind == "name":
                kind = tokens.any("name")
            found.append((where, kind + tokens.take("*")))
        if not tokens.take(";") and tokens.text != "]":
            raise tokens.unknown()
    return tuple(found)


Final = tuple[tuple[tuple[Place | Fault, str], ...], Prop | None, str, Prop]


def condition(tokens: Tokens) -> Final:
    items: tuple[tuple[Place | Fault, str], ...] = ()
    only: Prop | None = None
    sign = ""
    prop: Prop = form.TRUE
    if tokens.take("locations"):
        items = shown(tokens)
    if tokens.take("filter"):
        only = proposition(tokens)
    if tokens.take("exists", "final"):
        sign, prop = "exists", proposition(tokens)
    elif tokens.take("forall"):
        sign, prop = "forall", proposition(tokens)
    elif tokens.take("~", "not"):
        tokens.need("exists")
        sign, prop = "~exists", proposition(tokens)
    tokens.take(";")
    if tokens.kind != "end":
        raise tokens.unknown()
    return items, only, sign, prop


def rows(text: str, line: int) -> list[tuple[list[str], int]]:
    """The rows of the program and the line of each; a row ends with a semicolon."""
    found = []
    for row in text.split(";"):
        cells = [" ".join(c.split()) for c in row.split("|")]
        if any(cells):
            found.append((cells, line + row[: len(row) - len(row.lstrip())].count("\n")))
        line += row.count("\n")
    return found


def column(cells: list[tuple[str, int]]) -> tuple[Insn, ...]:
    code, labels, line = [], [], 0
    for text, line in cells:
        while match := LABEL.match(text):
            labels.append(match[1])
            text = text[match.end() :]
        if text:
            code.append(Insn(tuple(labels), text, line))
            labels = []
    if labels:
        code.append(Insn(tuple(labels), "", line))
    return tuple(code)


def program(text: str, line: int) -> tuple[Thread, ...]:
    lines = rows(text, line)
    if not lines:
        raise Unknown("no threads", line)
    names, at = lines[0]
    for name in names:
        if not re.fullmatch(r"P\d+(\.F)?:?", name):
            raise Unknown(f"thread {name!r}", at)
    for row, at in lines[1:]:
        if len(row) > len(names):
            raise Unknown(f"{len(row)} cells for {len(names)} threads", at)
    threads = []
    for n, name in enumerate(names):
        cells = [(row[n], at) for row, at in lines[1:] if n < len(row)]
        threads.append(Thread(name.rstrip(":"), column(cells)))
    return tuple(threads)


def braces(text: str, at: int, line: int) -> int:
    """The position after the } that ends the initial state."""
    depth = 0
    for mark in re.finditer(r"[{}]", text[at:]):
        depth += 1 if mark[0] == "{" else -1
        if not depth:
            return at + mark.end()
    raise Unknown("an initial state without its }", line)


def split(text: str, at: int) -> int:
    """The position of the condition, or the end."""
    for match in CONDITION.finditer(text, at):
        if match[1] or match[2] in WORDS:
            return match.start()
    return len(text)


def parse(text: str) -> Test:
    """The test that is in the text of a file.  A comment of the header ends with its line, as
    herd7 reads it."""
    text = text.replace("\r", "")
    head = HEAD.match(text)
    if not head:
        raise Unknown("a first line without architecture and name", 1)
    if head[1] not in ARCHES:
        raise Unknown(f"architecture {head[1]}", text.count("\n", 0, head.start(1)) + 1)
    start = text.find("{", head.end())
    if start < 0:
        raise Unknown("no initial state", text.count("\n", 0, head.end()) + 1)
    text = text[:start] + blanked(text[start:], text.count("\n", 0, start) + 1)

    def line_of(pos: int) -> int:
        return text.count("\n", 0, pos) + 1

    end = braces(text, start, line_of(start))
    final = split(text, end)
    items, only, sign, prop = condition(Tokens(text[final:], line_of(final)))
    return Test(
        arch=head[1],
        name=head[2].removesuffix(".litmus"),
        doc=" ".join((head[3] or "").split()),
        info=tuple((k, v) for k, v in INFO.findall(text[head.end() : start])),
        init=initial(Tokens(text[start + 1 : end - 1], line_of(start))),
        threads=program(text[end:final], line_of(end)),
        shown=items,
        filter=only,
        quantifier=sign,
        prop=prop,
    )


def read(path: str) -> Test:
    with open(path, encoding="utf-8", errors="replace") as source:
        return parse(source.read())


def files(where: str) -> list[str]:
    """The .litmus files of a directory and of those in it, or the file itself."""
    if not os.path.isdir(where):
        return [where]
    found = []
    for folder, _, names in sorted(os.walk(where)):
        found += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".litmus")]
    return found
