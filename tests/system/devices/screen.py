# SPDX-License-Identifier: BSD-2-Clause
"""The limits of a screen."""


def plain(text, width=79):
    """Check a screen: at most 79 columns of printable ASCII."""
    for line in text.split("\n"):
        assert len(line) <= width, line
        assert all(" " <= c <= "~" for c in line), repr(line)
