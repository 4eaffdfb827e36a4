/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/root.c - reads the root table; see tests/harness/root.h. */
#include <lib/string.h>
#include <mm/pt/pt.h>
#include <tests/harness/root.h>

static unsigned cells(void)
{
	return pt_entries(kpt.fmt, kpt.fmt->levels - 1);
}

/* Each slot is read by one single-copy-atomic load: the root is live. */
static const volatile u64 *root(void)
{
	return (const volatile u64 *)kpt.env->cells(kpt.root);
}

enum root_rule root_rule(void)
{
	if (!strncmp(kpt.fmt->name, "riscv-", 6))
		return ROOT_CONSTANT;
	return kpt.fmt->levels > 2 ? ROOT_FILLED : ROOT_WITH_LEAVES;
}

void root_view_take(struct root_view *v)
{
	v->nr = 0;
	for (unsigned i = 0; i < cells(); i++) {
		v->cell[i] = root()[i];
		if (v->cell[i])
			v->used[v->nr++] = (u16)i;
	}
}

unsigned root_view_changed(const struct root_view *v)
{
	const volatile u64 *c = root();
	unsigned n = 0;

	for (unsigned i = 0; i < v->nr; i++)
		n += c[v->used[i]] != v->cell[v->used[i]];
	return n;
}

unsigned root_view_filled(const struct root_view *v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cells(); i++)
		n += root()[i] && !v->cell[i];
	return n;
}
