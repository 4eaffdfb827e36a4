# SPDX-License-Identifier: BSD-2-Clause
"""hotplate on a target of labgrid: the menu, a hot-add and hot-remove by hand, tests, a soak.

  pytest --lg-env lab/labgrid.yaml lab                     target main
  LAB_TARGET=visionfive2 pytest --lg-env lab/labgrid.yaml lab
"""
import os
import re

import pytest

from hotplate.results import output
from hotplate_lab import strategy_of


@pytest.fixture(scope="session")
def board(env):
    name = os.environ.get("LAB_TARGET", "main")
    found = env.get_target(name)
    assert found, "no target %s" % name
    strategy = strategy_of(found)
    strategy.transition("menu")
    yield strategy
    strategy.transition("off")


def passed(outcome):
    bad = ["%s %s" % (c.path, c.reason or "") for c in outcome.cases
           if output.outcome(c) not in ("pass", "skip", "xfail")]
    assert outcome.status == 0, "\n".join([outcome.sentence] + bad)


def test_identity(board):
    said = board.command("id")
    assert re.search(r"^id +machine [0-9a-f]{8}, suite [0-9a-f]{8}, output format 1$", said, re.M)


def test_add_and_remove(board):
    """By commands, as a user types them; the digest does not change."""
    before = board.command("digest")
    length = r"(?:0x[0-9a-f]+|\d+[KMGT])"
    where = re.search(r"^withheld +(0x[0-9a-f]+\+%s)" % length, board.command("id"), re.M)
    if not where:
        pytest.skip("nothing is withheld on this board")
    for line in ("add", "online", "offline", "remove"):
        said = board.command("%s %s" % (line, where[1]), timeout=120)
        assert re.search(r"\bok\b", said), said
    assert board.command("digest") == before


def test_tests(board):
    passed(board.run(os.environ.get("LAB_RUN", "run=quick")))


def test_soak(board):
    outcome = board.run("soak=" + os.environ.get("LAB_SOAK", "20s"), "control=50")
    passed(outcome)
    assert output.records(outcome.text, "soak")[0].keys["verdict"] == "pass"
