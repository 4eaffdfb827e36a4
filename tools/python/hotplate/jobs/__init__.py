# SPDX-License-Identifier: BSD-2-Clause
"""Work of hours as independent jobs."""
