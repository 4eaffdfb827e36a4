# SPDX-License-Identifier: BSD-2-Clause
"""What fits on a screen."""


def plain(text, width=79):
    """A screen: at most 79 columns of printable ASCII."""
    for line in text.split("\n"):
        assert len(line) <= width, line
        assert all(" " <= c <= "~" for c in line), repr(line)
