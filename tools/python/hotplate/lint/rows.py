# SPDX-License-Identifier: BSD-2-Clause
"""Each row of docs/CATALOGUE.md is checked by tests that exist.

Every name in the column "checked by" is a test that exists and cites the row,
and each row has a test or a reason.  A mutant shows a row: a judge of
tests/mutants names one of its tests.  Every `ENGINE n` or `ENGINE n.m` in the
tree is a section or a rule of docs/ENGINE.md."""
import os
import re

from hotplate.command import no_words
from hotplate.lint.core import CATALOGUE, Lint, catalogue, read, test_text, tests_in, tree, under
from hotplate.mutants.mutant import ON_A_MACHINE, mutants

NAME = re.compile(r"`((?:host/\w+:\w+)|(?:\w+\.py::\w+)|(?:[a-z]+\.\w+(?:/[\w.-]+)?))`")
LIST = re.compile(r"const char \*const (\w+)\[\] = \{(.*?)\};", re.S)
STRUCTS = re.compile(r"(\w+)\[\w*\] = \{([^;]*?\{ \"[^;]*?)\};", re.S)  # PARAMS_OF()

ENGINE = "docs/ENGINE.md"
CITED = re.compile(r"\bENGINE (\d+)(?:\.(\d+))?")


def rules() -> dict[str, int]:
    """{section: number of its rules}."""
    found: dict[str, int] = {}
    section = None
    for text in read(ENGINE):
        head = re.match(r"## ENGINE (\d+): ", text)
        section = head[1] if head else section
        if section:
            found[section] = found.get(section, 0) + bool(re.match(r"\d+\. ", text))
    return found


def citations(lint: Lint) -> int:
    known, cited = rules(), 0
    for path in tree(".c", ".h", ".S", ".inc", ".py", ".md") + [
        p for p in tree() if under(p, "tools", "mk")
    ]:
        if path == ENGINE:
            continue
        for line, text in enumerate(read(path), 1):
            for section, rule in CITED.findall(text):
                cited += 1
                if not 0 <= int(rule or 0) <= known.get(section, -1):
                    lint.report(
                        path,
                        line,
                        "ENGINE %s is not in %s"
                        % (".".join(filter(None, (section, rule))), ENGINE),
                    )
    return cited


class Tests:
    """The tests that exist, by the names that the column uses."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}
        self.lists: dict[str, list[str]] = {}
        self.elsewhere: dict[str, str] = {}  # test: the list of another file that it names
        self.others: set[str] = set()
        everywhere: dict[str, list[str]] = {}
        for path in tree(".c", ".py"):
            if not under(path, "tests", "tlblab"):
                continue
            source = "\n".join(read(path))
            if path.endswith(".py"):
                name = os.path.basename(path)
                self.others |= {
                    "%s::%s" % (name, f) for f in re.findall(r"^def (test_\w+)", source, re.M)
                }
            elif under(path, "tests/host"):
                found = re.findall(r"cmocka_unit_test\w*\(\s*(\w+)|^CASE\((\w+)", source, re.M)
                self.others |= {"host/%s:%s" % (path.split("/")[2], a or b) for a, b in found}
            else:
                lists = {n: re.findall(r'\{ "([^"]+)"', b) for n, b in STRUCTS.findall(source)}
                lists |= {n: re.findall(r'"([^"]+)"', body) for n, body in LIST.findall(source)}
                everywhere.update({n: v for n, v in lists.items()})
                self.kernel(source, lists)
        for name, params in self.elsewhere.items():
            self.lists[name] = everywhere.get(params, [])

    def kernel(self, source: str, lists: dict[str, list[str]]) -> None:
        for name, body, _ in tests_in(source):
            params = re.search(r"\.params\s*=\s*(?:PARAMS_OF\()?(\w+)", body)
            self.rows[name] = (test_text(body, "rows") or "").split()
            self.lists[name] = lists.get(params[1], []) if params else []
            if params and params[1] not in lists:
                self.elsewhere[name] = params[1]

    def complaint(self, name: str, row: str) -> str | None:
        test, _, param = name.partition("/") if not name.startswith("host/") else (name, "", "")
        if test in self.others:
            return None
        if test not in self.rows:
            return "no test %s" % name
        if param and param not in self.lists[test]:
            return "%s has no parameter %s" % (test, param)
        if row not in self.rows[test]:
            return "%s does not cite it in .rows" % test
        return None


def judges() -> set[str]:
    """Tests that judges of tests/mutants name singly: a whole group shows no row."""
    found: set[str] = set()
    for j in (j for m in mutants() for j in m.judges):
        if j.detector in ON_A_MACHINE:
            runs = [w[len("run=") :] for w in j.words if w.startswith("run=")]
            found |= {name for run in runs for name in run.split(",")}
        elif j.detector == "host" and len(j.words) == 2:
            found.add("host/%s:%s" % j.words)
        elif j.detector == "system":
            found |= {"%s::%s" % (j.words[0], w) for w in " ".join(j.words[1:]).split()}
    return found


def main(words: list[str]) -> int:
    no_words(words)
    lint, tests, kinds = Lint("rows"), Tests(), {"checked": 0, "no test": 0}
    named = judges()
    citing = {r: n for n, rows in tests.rows.items() for r in rows if not n.startswith("bugs.")}
    for line, row, cell in catalogue():
        names = NAME.findall(cell or "")
        for name in names:
            wrong = tests.complaint(name, row)
            if wrong:
                lint.report(CATALOGUE, line, "%s: %s" % (row, wrong))
        if cell is None:
            continue
        kind = "checked" if names else cell.partition(": ")[0]
        if kind not in kinds or not names and len(cell) < 12:
            lint.report(CATALOGUE, line, "%s: neither a test nor `no test: WHY`" % row)
        elif kind != "checked" and row in citing:
            lint.report(
                CATALOGUE, line, "%s: %s cites it, but the row has no test" % (row, citing[row])
            )
        elif names and not any(n in named or n.partition("/")[0] in named for n in names):
            lint.report(CATALOGUE, line, "%s: no judge of tests/mutants names its tests" % row)
        kinds[kind] = kinds.get(kind, 0) + 1
    kinds["citations of ENGINE"] = citations(lint)
    return lint.done(", ".join("%d %s" % (n, k) for k, n in kinds.items()))
