# SPDX-License-Identifier: BSD-2-Clause
"""PSCI 0.1: the device tree gives the function numbers of CPU_ON and CPU_OFF, and there are no other functions."""
import os
import re

import pytest

from conftest import PROMPT
from devices.device_tree import compile_tree, source, start  # noqa: F401

pytestmark = [pytest.mark.tier("ci"), pytest.mark.skipif(
    "arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64"), reason="PSCI is Arm's")]


def old(text, cpu_on):
    """A tree of PSCI 0.1; QEMU implements the numbers of 0.2 for any version in the tree."""
    body = 'compatible = "arm,psci"; method = "hvc"; cpu_off = <0x84000002>; %s' % cpu_on
    return re.sub(r"\tpsci \{.*?\n\t\};\n", "\tpsci { %s };\n" % body, text, count=1, flags=re.S)


@pytest.mark.tier("test")
@pytest.mark.parametrize("numbers, printed", [
    ("cpu_on = <0xc4000003>;", r"cpu +2 x .*PSCI 0\.1"),
    ("cpu_on = <0xc4000033>;", r"cpu +1 x .*PSCI 0\.1"),  # a number that firmware does not implement
    ("", r"version 0\.1, and the device tree has no cpu_on(?s:.*)cpu +1 x ")], ids=["sound", "wrong", "none"])
def test_psci_0_1(numbers, printed, source, request):  # noqa: F811
    """The other CPU is started by the tree's number, and by no other."""
    child = start("arm64", compile_tree(old(source("arm64"), numbers)), "psci-0.1-" + request.node.callspec.id)
    try:
        child.expect_exact(PROMPT)
        text = " ".join(child.before.split())
        assert re.search(printed, text), text
    finally:
        child.close(force=True)
