# SPDX-License-Identifier: BSD-2-Clause
"""`tables` and `ptdump` at the prompt: consistent counts, names, wrong arguments, the audit."""
import re

import pytest

RUN = re.compile(r"^  ([0-9a-f]{16})-([0-9a-f]{16}) +(\d+) x (\d+ \wiB) +([rwxg-]{4})c? (\w+) -> 0x([0-9a-f]+)$", re.M)


def counted(text):
    """Leaves of all regions, and leaves of all attributes, from the screen of `tables`."""
    by_region, by_attr = text.split("leaves by attributes")
    regions = [row.split()[-2 * levels:][1::2] for levels in [int(re.search(r": (\d) levels", text)[1])]
               for row in by_region.splitlines()[2:] if row.strip() and "!" not in row]
    kinds = [re.split(r" {2,}", row.strip())[1:] for row in by_attr.splitlines() if re.match(r"[rwxg-]{4}c? ", row)]
    return sum(int(n) for row in regions for n in row), sum(int(n) for row in kinds for n in row)


@pytest.mark.tier("ci")
def test_screens(arch, boot):
    machine = boot(arch)
    text = machine.answer("tables")
    by_region, by_attr = counted(text)
    assert by_region == by_attr > 0, text
    assert "!" not in text and len(text.splitlines()) <= 23, text
    listed = RUN.findall(machine.answer("ptdump"))
    assert sum(int(run[2]) for run in listed) == by_region, "the runs are not the counted leaves"
    assert not [run for run in listed if "w" in run[4] and "x" in run[4]]
    assert "no leaf is writable and executable" in machine.answer("ptdump wx")
    for name in ("linear", "linear map"):
        assert machine.answer("ptdump " + name).strip().startswith("linear map  "), name
    for word in ("nowhere", "wx wx", "line", "linear map of"):
        printed = machine.answer("ptdump " + word)
        assert re.search(r"^ptdump: -E[A-Z]+: ", printed.strip(), re.M) and len(printed.strip().splitlines()) == 1, printed
