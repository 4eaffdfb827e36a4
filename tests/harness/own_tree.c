/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/own_tree.c - see tests/harness/own_tree.h. */
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <tests/harness/own_tree.h>

static struct pt_cell *own_cells(paddr_t table)
{
	return pa_ptr(table);
}

void own_tree_init(struct pt *pt, struct pt_env *env, const char *name, const struct pt_fmt *fmt,
		   paddr_t (*alloc)(struct pt *, unsigned node), void (*free)(struct pt *, paddr_t))
{
	*env = kpt_env;
	env->cells = own_cells;
	env->direct = NULL;
	env->alloc = alloc;
	env->free = free;
	env->free_list = NULL;
	env->alloc_list = NULL;
	env->zero = NULL;
	pt_init(pt, name, fmt, env, alloc(NULL, 0));
	pt->state = PT_LIVE;
}
