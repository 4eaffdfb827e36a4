/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/own_tree.h - a tree of a test's own in memory that every CPU can reach, which no
 * CPU ever walks but by software.
 */
#pragma once
#include <mm/pt/pt.h>

/*
 * An empty tree in the LIVE state, so that its operations owe what those of the kernel's tree do.
 * `env` is the kernel's, but for where tables come from and go, one by one; it and the functions
 * are the caller's.  The first table that `alloc` gives is the root.
 */
void own_tree_init(struct pt *, struct pt_env *env, const char *name, const struct pt_fmt *,
		   paddr_t (*alloc)(struct pt *, unsigned node),
		   void (*free)(struct pt *, paddr_t));
