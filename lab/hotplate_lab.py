# SPDX-License-Identifier: BSD-2-Clause
"""hotplate's strategy for labgrid: power, boot loader, menu, and a run with its verdict.

  strategy.transition("menu")              from any state of the board to `hotplate> `
  strategy.run("run=hotplug.*")            -> Outcome(status, sentence, text, cases)

If the target has a UBootDriver, `boot` are the lines that start the image from its prompt ({args}:
boot arguments); else the board starts the image itself.  hotplate.results.output parses
the results.
"""
import enum
import os
import sys
from collections import namedtuple

import attr
from labgrid.exceptions import NoDriverFoundError
from labgrid.factory import target_factory
from labgrid.strategy.common import Strategy, StrategyError
from labgrid.util.qmp import QMPError
from pexpect import TIMEOUT

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools/python")
)
from hotplate.results import output  # noqa: E402  (labgrid-client loads this file alone)

PROMPT = "hotplate> "
Outcome = namedtuple("Outcome", "status sentence text cases")


class Status(enum.Enum):
    unknown = 0
    off = 1
    loader = 2
    menu = 3


@target_factory.reg_driver
@attr.s(eq=False)
class HotplateStrategy(Strategy):
    """boot: lines at U-Boot's prompt; words: boot arguments; boot_wait: seconds from power to the
    menu."""

    bindings = {
        "power": "PowerProtocol",
        "console": "ConsoleProtocol",
        "uboot": {"UBootDriver", None},
    }

    boot = attr.ib(factory=list, validator=attr.validators.instance_of(list))
    words = attr.ib(default="", validator=attr.validators.instance_of(str))
    boot_wait = attr.ib(default=60, validator=attr.validators.instance_of(int))
    status = attr.ib(default=Status.unknown)

    def transition(self, status):
        if not isinstance(status, Status):
            status = Status[status]
        if status == self.status:
            return
        steps = {Status.off: self.to_off, Status.loader: self.to_loader, Status.menu: self.to_menu}
        if status not in steps:
            raise StrategyError("can not transition to %s" % status)
        steps[status]()
        self.status = status

    def to_off(self):
        self.target.activate(self.power)
        try:
            self.power.off()
        except (
            OSError,
            ValueError,
            QMPError,
        ):  # it has powered itself off already: QEMUDriver would try again
            self.power.status = 0
            self.target.deactivate(self.power)

    def to_loader(self):
        if not self.uboot:
            raise StrategyError("this target has no UBootDriver")
        self.transition(Status.off)
        self.target.activate(self.console)
        self.target.activate(self.power)
        self.power.on()
        self.target.activate(self.uboot)

    def to_menu(self):
        if self.uboot:
            self.transition(Status.loader)
            *first, last = [line.replace("{args}", self.words) for line in self.boot]
            for line in first:
                self.uboot.run_check(line)
            self.target.deactivate(self.uboot)
            self.target.activate(self.console)
            self.console.sendline(last)
        else:
            self.transition(Status.off)
            self.target.activate(self.console)
            self.target.activate(self.power)
            self.power.on()
        self.console.expect(PROMPT, timeout=self.boot_wait)

    def command(self, line, timeout=60):
        """The menu's answer."""
        self.transition(Status.menu)
        self.console.write((line + "\r").encode())
        said = self.console.expect(PROMPT, timeout=timeout)[1].decode("utf-8", "replace")
        return said.replace("\r", "").partition("\n")[2]

    def run(self, *words, silence=150):
        """Type run= or soak= at the menu and return the verdict; status 2: the board is silent."""
        self.transition(Status.menu)
        text, status = "", None
        self.console.write((output.menu_lines(words)[0] + "\r").encode())
        while status is None:
            try:
                index, before, _, after = self.console.expect([r"\n", PROMPT], timeout=silence)
            except TIMEOUT:
                self.status = Status.unknown
                return Outcome(
                    2, "silent for %d s: %s" % (silence, output.last_sign(text)), text, []
                )
            text += (
                (before + (after if index == 0 else b""))
                .decode("utf-8", "replace")
                .replace("\r", "")
            )
            if index == 1:
                status, sentence = output.verdict(text)
        return Outcome(status, sentence, text, output.cases(text)[0])


def strategy_of(target):
    """The target's HotplateStrategy; None: it has another strategy, or none."""
    try:
        return target.get_driver(HotplateStrategy, activate=False)
    except NoDriverFoundError:
        return None
