# SPDX-License-Identifier: BSD-2-Clause
"""The printer of litmus tests; read.py reads its text as the same test."""
import textwrap

from hotplate.litmus.form import And, Code, Fault, Implies, Init, Int, Is, Label, Name, Not
from hotplate.litmus.form import Of, Or, Place, Prop, Pte, Reg, Tag, Test, Value

WIDTH = 100  # of the lines of the initial state


def show_pte(value: Pte) -> str:
    parts = []
    for key, values in value.fields:
        if key in ("attrs", "Attrs"):
            parts.append(f"{key}:({','.join(values)})")
        else:
            parts.append(":".join((key, *values)))
    return (value.kind and value.kind + ":") + "(" + ",".join(parts) + ")"


def show_value(value: Value) -> str:
    if isinstance(value, Int):
        return str(value.value)
    if isinstance(value, Name):
        index = "" if value.index is None else f"[{value.index}]"
        return value.name + index + (value.tag and ":" + value.tag)
    if isinstance(value, Of):
        sign = "+" if value.kind in ("TAG", "tag") else ","
        return f"{value.kind}({sign.join(map(show_value, value.args))})"
    if isinstance(value, Reg):
        return f"{value.proc}:{value.name}"
    if isinstance(value, Tag):
        return ":" + value.name
    if isinstance(value, Pte):
        return show_pte(value)
    if isinstance(value, Label):
        return f"P{value.proc}:{value.name}"
    if isinstance(value, Code):
        return f'instr:"{value.text}"'
    return (value.kind and value.kind + ":") + "{" + ",".join(map(show_value, value.items)) + "}"


def show_place(place: Place) -> str:
    text = show_value(place)
    return f"[{text}]" if isinstance(place, Of) and place.kind != "SS" else text


def show_init(item: Init) -> str:
    size = "" if item.size is None else f"[{item.size}]"
    text = (item.type and item.type + " ") + show_place(item.place) + size
    if item.value is None:
        return text
    sign = "&" if item.type.endswith("*") and isinstance(item.value, Name) else ""
    return f"{text}={sign}{show_value(item.value)}"


def show_fault(fault: Fault) -> str:
    where = f"P{fault.proc}" + (fault.label and ":" + fault.label)
    parts = [where] + ([show_value(fault.place)] if fault.place else [])
    return f"fault({','.join(parts + ([fault.kind] if fault.kind else []))})"


def show_final(value: Value) -> str:
    """A value in a condition, where a label has quotation marks."""
    if isinstance(value, Label):
        return f'label:"{show_value(value)}"'
    return show_place(value) if isinstance(value, Of) and value.kind == "*" else show_value(value)


def show_prop(prop: Prop) -> str:
    """Each part that is no atom is in parentheses."""
    if isinstance(prop, Is):
        return f"{show_place(prop.place)}={show_final(prop.value)}"
    if isinstance(prop, Fault):
        return show_fault(prop)
    if isinstance(prop, Not):
        return "~" + part(prop.of)
    if isinstance(prop, Implies):
        return f"{part(prop.left)} => {part(prop.right)}"
    if not prop.of:
        return "true" if isinstance(prop, And) else "false"
    return (" /\\ " if isinstance(prop, And) else " \\/ ").join(map(part, prop.of))


def part(prop: Prop) -> str:
    plain = isinstance(prop, (Is, Fault, Not)) or isinstance(prop, (And, Or)) and not prop.of
    return show_prop(prop) if plain else f"({show_prop(prop)})"


def show_threads(test: Test) -> list[str]:
    """The table of the program.  A label has the cell before its instruction."""
    columns = []
    for thread in test.threads:
        cells = [thread.name]
        for insn in thread.code:
            cells += [label + ":" for label in insn.labels] + ([insn.text] if insn.text else [])
        columns.append(cells)
    width = [max(map(len, cells)) for cells in columns]
    height = max(map(len, columns))
    lines = []
    for n in range(height):
        row = [(c[n] if n < len(c) else "").ljust(w) for c, w in zip(columns, width)]
        lines.append(" " + " | ".join(row) + " ;")
    return lines


def show_initial(test: Test) -> list[str]:
    """The initial state: in braces, as many items in a line as fit."""
    text = "{" + " ".join(show_init(item) + ";" for item in test.init) + "}"
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def show(test: Test) -> str:
    lines = [f"{test.arch} {test.name}"]
    if test.doc:
        lines.append(f'"{test.doc}"')
    lines += [f"{key}={value}" for key, value in test.info]
    lines += show_initial(test)
    lines += show_threads(test)
    if test.shown:
        items = [
            show_fault(p) + ";" if isinstance(p, Fault) else f"{show_place(p)} {kind}".strip() + ";"
            for p, kind in test.shown
        ]
        lines.append("locations [" + " ".join(items) + "]")
    if test.filter is not None:
        lines.append(f"filter ({show_prop(test.filter)})")
    if test.quantifier:
        lines.append(f"{test.quantifier} ({show_prop(test.prop)})")
    return "\n".join(lines) + "\n"
