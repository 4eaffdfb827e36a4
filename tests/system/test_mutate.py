# SPDX-License-Identifier: BSD-2-Clause
"""Mutants that are generated (tools/mutate): which places of a C file are changed, and how."""
import subprocess

import pytest

from conftest import TOP
from hotplate import Refused
from hotplate.mutate import judge, operators, source

WORDS = ["--target=aarch64-linux-gnu", "-std=gnu11"]
HEAD = "#define M(x) do { if (x) f(x, 1); } while (0)\nint g, f(int a, int b), h(void);\nvoid p(int *a, int *b);\n" \
       "int atomic_load_acquire(int), atomic_load_relaxed(int);\n"


def found(tmp_path, body, operator):
    path = tmp_path / "a.c"
    path.write_text(HEAD + "int a(int n, int m)\n{\n" + body + "\n\treturn n;\n}\n")
    text = path.read_bytes()
    every = [e for e in operators.edits(str(path), WORDS) if operator in (e.operator, "")]
    return [(text[:e.start] + e.new + text[e.end:]).decode().split("{\n", 1)[1].split("\n\treturn n;")[0] for e in every]


@pytest.mark.parametrize("operator, body, wanted", [
    ("drop", "\tf(n, m);", ["\t;"]), ("drop", "\tg = n;", ["\t;"]), ("drop", "\tg += 2;", ["\t;"]), ("drop", "\tn++;", ["\t;"]),
    ("drop", "\tif (n)\n\t\th();", ["\tif (n)\n\t\t;"]), ("drop", "\tint k = h();", []), ("drop", "\t(void)h();", []), ("drop", "\tM(n);", ["\t;"]),
    ("drop", "\tf(n,\n\t  m);", ["\t\n;"]), ("drop", "\twhile (n)\n\t\tbreak;", ["\twhile (n)\n\t\t;"]),
    ("negate", "\tif (n && m)\n\t\treturn 1;", ["\tif (!(n && m))\n\t\treturn 1;"]), ("negate", "\tg = n ? 1 : 2;", ["\tg = !(n) ? 1 : 2;"]),
    ("negate", "\tfor (int i = 0; i < n; i++)\n\t\th();", ["\tfor (int i = 0; !(i < n); i++)\n\t\th();"]),
    ("negate", "\tdo\n\t\th();\n\twhile (n);", ["\tdo\n\t\th();\n\twhile (!(n));"]), ("negate", "\tM(n);", []),
    ("bound", "\tg = n < m;", ["\tg = n < (m) + 1;", "\tg = n < (m) - 1;"]), ("bound", "\tg = n == m;", []), ("bound", "\tg = &n < &m;", []),
    ("arguments", "\tf(n, m);", ["\tf(m, n);"]), ("arguments", "\tf(n, n);", []), ("arguments", "\tp(&n, &m);", ["\tp(&m, &n);"]),
    ("calls", "\tf(n, 1);\n\th();", ["\th();\n\tf(n, 1);"]), ("calls", "\tf(n, 1);\n\tg = h();", []), ("calls", "\th();\n\th();", []),
    ("weaken", "\tatomic_load_acquire(n);", ["\tatomic_load_relaxed(n);"]), ("weaken", "\tatomic_load_relaxed(n);", []),
])
def test_operators(tmp_path, operator, body, wanted):
    assert found(tmp_path, body, operator) == wanted


def test_lines_stay(tmp_path):
    """Line numbers are in the code of assertions: no mutant has more lines or fewer."""
    body = "\tif (n <\n\t    m)\n\t\tf(n,\n\t\t  m);\n\tf(1,\n\t  2);\n\th();\n\tg = n;"
    texts = found(tmp_path, body, "")
    assert len(texts) > 8 and {t.count("\n") for t in texts} == {body.count("\n")}


def test_what_does_not_parse(tmp_path):
    (tmp_path / "a.c").write_text("int a(void) { return b; }\n")
    with pytest.raises(ValueError, match="undeclared identifier 'b'"):
        list(operators.edits(str(tmp_path / "a.c"), WORDS))


def test_proofs(tmp_path):
    """A mutant that is called equivalent has a proof."""
    path = tmp_path / "equivalent.txt"
    path.write_text("# words\nmm/a.c: f drop without g()\n  g() is\n  empty\n")
    assert source.equivalents(str(path)) == {"mm/a.c: f drop without g()": "g() is empty"}
    path.write_text("mm/a.c: f drop without g()\n")
    with pytest.raises(Refused, match="no proof"):
        source.equivalents(str(path))


def test_chunks():
    """run= takes so many characters, and a mutant so many boots."""
    names = ["group.test_%03d" % n for n in range(100)]
    made = judge.chunks(names)
    assert len(made) == judge.CHUNKS and all(len(",".join(c)) <= judge.RUN_MOST for c in made)
    assert sum(made, []) == names[:sum(map(len, made))]


@pytest.mark.parametrize("words, why", [
    (["run"], "usage"), (["run", "nowhere.c"], "no such file"), (["run", "mm/asid.c", "WORKERS=0"], "WORKERS=0"), (["what"], "usage"),
    (["run", "mm/asid.c", "X=1"], "usage"), (["list", "tools/deps"], "no C file of an image"),
])
def test_refusals(words, why):
    done = subprocess.run(["tools/mutate", *words], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr
