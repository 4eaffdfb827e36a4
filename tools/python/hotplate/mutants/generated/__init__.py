# SPDX-License-Identifier: BSD-2-Clause
"""Mutants that are generated from the syntax tree of a C file."""
