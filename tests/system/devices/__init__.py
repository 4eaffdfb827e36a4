# SPDX-License-Identifier: BSD-2-Clause
"""Helpers that several system tests share: one file for each device or subject."""
