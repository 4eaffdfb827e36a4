# SPDX-License-Identifier: BSD-2-Clause
"""Run one lint of `make check`; without a name, list them.

  tools/hotplate lint NAME [WORD...]

Exit status: 0 no findings, 1 findings, 4 set-up.
"""
