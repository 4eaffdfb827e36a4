# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes on purpose (tests/mutants; generated ones in generated/), and the judges that notice
them."""
