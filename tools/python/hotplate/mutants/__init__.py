# SPDX-License-Identifier: BSD-2-Clause
"""Known mistakes as patches (tests/mutants), and who notices them."""
