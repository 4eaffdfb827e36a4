/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/parts_fixture.c - sub-sections for tests; see tests/harness/parts_fixture.h. */
#include <tests/harness/parts_fixture.h>

bool parts_get(struct test_run *t, struct parts *p, u64 blocks, const char *memmap)
{
	p->unit = layout.subsection_bytes;
	return range_get(t, &p->r, blocks, memmap);
}

bool parts_add(struct test_run *t, struct parts *p, u64 first, u64 nr)
{
	struct why why = { 0 };

	return CHECK_OK(t,
			subsection_add(part_pa(p, first), nr * p->unit, p->r.node, &p->r.opts,
				       &p->r.report, &why),
			&why);
}

bool parts_remove(struct test_run *t, struct parts *p, u64 first, u64 nr)
{
	struct why why = { 0 };

	return CHECK_OK(
		t,
		subsection_remove(part_pa(p, first), nr * p->unit, &p->r.opts, &p->r.report, &why),
		&why);
}

void parts_reset(struct parts *p)
{
	pfn_t pfn = p->r.pa >> page_shift();
	const struct subsection_range *s;

	while ((s = subsection_find(pfn, p->r.len >> page_shift())) &&
	       !subsection_remove(s->pfn << page_shift(), s->nr << page_shift(), &p->r.opts, NULL,
				  NULL))
		;
}
