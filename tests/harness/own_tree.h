/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/own_tree.h - a tree of a test's own, in memory that every CPU can access; only
 * software walks it.
 */
#pragma once
#include <mm/pt/pt.h>

/*
 * An empty tree in the LIVE state, so that its operations have the duties of those of the kernel's
 * tree. `env` is the kernel's with other functions to allocate and free single tables; it and the
 * functions belong to the caller.  The first table from `alloc` is the root.
 */
void own_tree_init(struct pt *, struct pt_env *env, const char *name, const struct pt_fmt *,
		   paddr_t (*alloc)(struct pt *, unsigned node),
		   void (*free)(struct pt *, paddr_t));
