# SPDX-License-Identifier: BSD-2-Clause
"""Mutants that nobody thought of: generated from the syntax tree of a C file."""
