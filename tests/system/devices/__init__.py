# SPDX-License-Identifier: BSD-2-Clause
"""What several system tests share: one file for each device or subject."""
