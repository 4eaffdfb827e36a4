# SPDX-License-Identifier: BSD-2-Clause
"""The lint of words (tools/hotplate lint words) finds sentences in C, Python and documents, and counts those with a mark."""
import pytest

from hotplate.lint import subjects, words

C = '/* The store goes to memory.\n * A CPU observes it. */\nint x; /* bytes of it */\nstatic const char *s = "nobody "\n\t"has the page";\n'


@pytest.mark.parametrize("sentence, marked", [
    ("The CPU removes the page", False), ("The page goes away", True), ("Nobody reads it", True), ("Who holds it frees it", True),
    ("Of these two one is left", True), ("Who holds the lock?", False), ("the memory that was removed", False), ("what was removed is free", True),
    ("a load behind a store", True), ("a device behind a bridge", False), ("a device behind the second port", False), ("The table lies in RAM", True),
    ("a category of goers", False),
])
def test_marks(sentence, marked):
    assert words.marked(sentence) == marked


@pytest.mark.parametrize("name, text, found", [
    ("a.c", C, ["The store goes to memory.", "A CPU observes it.", "bytes of it", "nobody has the page"]),
    ("a.py", '"""It says a word.  The caller reads it."""\nx = 1  # nobody stands here\n', ["It says a word.", "The caller reads it.", "nobody stands here"]),
    ("a.txt", "[name] the effect of it\nJudge: host x\n@ a.c\n-nobody says it here\n", ["the effect of it"]),
    ("a.md", "One line that\ngoes on.\n\n```\nnobody says this\n```\n| a cell of words | `what is code` |\n", ["One line that goes on.", "a cell of words"]),
])
def test_sentences(tmp_path, name, text, found):
    (tmp_path / name).write_text(text)
    assert [s for _, s in words.sentences(str(tmp_path / name))] == found


@pytest.mark.parametrize("limit, status", [(600, 0), (400, 1)])
def test_limit(monkeypatch, limit, status, capsys):
    """A directory above its limit is a finding; one below it is not."""
    monkeypatch.setattr(words, "LIMIT", limit)
    monkeypatch.setattr(words, "files", lambda _: ["mm/a.c"])
    monkeypatch.setattr(words, "sentences", lambda _: iter([(1, "The page goes away"), (2, "The CPU reads it")]))
    assert words.main([]) == status and ("mm  " in capsys.readouterr().out) == bool(status)


@pytest.mark.parametrize("subject, good", [
    ("mm: remove the shadow", True), ("tests/host, mk: share objects", True), ("mm/*.c: lay out comments", True), ("pt.h: name a field", True),
    ("README: explain a knob", False), ("mm: the shadow is removed", False), ("remove the shadow", False), ("mm:remove", False), ("mm: Remove it", False),
])
def test_subjects(subject, good):
    """tools/hotplate lint subjects: the form of a commit's subject."""
    assert bool(subjects.FORM.match(subject)) == good
