/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/tlb/reuse.h - a table that was freed from a tree becomes data, full of valid leaves. */
#pragma once
#include <tests/harness/util.h>

/* The lowest table of the tree at va, or PA_NONE. */
paddr_t reuse_table(const struct pt *, vaddr_t va);
/* Allocate pages until the one at pa is among them, and fill it with this entry.  False: it is not
 * free. */
bool reuse_fill(struct test_hog *, paddr_t pa, pte_t leaf);
