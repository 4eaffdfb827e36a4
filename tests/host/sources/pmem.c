/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/sources/pmem.c - pmem-regions of the boot's tree: each valid one is claimed and posted
 * once, and a message names each other one.
 */
#include "sources.h"
#include <drivers/fdt/fdt.h>
#include <drivers/memory/pmem.h>
#include <lib/printf.h>
#include <mm/page/region.h>

#define POSTS 32

static struct {
	struct fdt_memory_range range;
	const char *fault;
} listed[POSTS];
static unsigned listed_nr, posts, claims;
static struct event *posted[POSTS];
static u64 taken, empty; /* `taken` is another source's; `empty` cannot be memory */
static const int tree;

/* ---- what the file needs ---- */
void fdt_memory_each(const void *fdt, fdt_memory_fn *fn, void *arg)
{
	WANT(fdt == &tree);
	for (unsigned i = 0; i < listed_nr; i++)
		fn(&listed[i].range, listed[i].fault, arg);
}

const char *fdt_range_fault(u64 pa, u64 len)
{
	return pa == empty ? "it is empty" : len == MiB + pa / 16 ? NULL : "swapped";
}

int pmem_claim(const struct event_source *s, paddr_t pa, u64 len, struct why *why)
{
	WANT(s == source_named(PMEM_NAME) && len == MiB + pa / 16);
	claims++;
	return pa == taken ? refuse(why, EEXIST, "it is the NFIT's") : 0;
}

bool event_post(struct event *e)
{
	WANT(posts < POSTS && e->source == source_named(PMEM_NAME));
	posted[posts++] = e;
	return true;
}

/* ---- tests ---- */

/* The length follows from the address, so that arguments in the wrong order are seen. */
static void region(u64 pa, unsigned node, bool pmem, const char *fault)
{
	listed[listed_nr].fault = fault;
	listed[listed_nr++].range = (struct fdt_memory_range) {
		.pa = pa, .len = MiB + pa / 16, .node = node, .pmem = pmem
	};
}

static const char *described(void)
{
	static char text[60];

	memset(text, 'x', sizeof(text));
	source_named(PMEM_NAME)->describe(text, sizeof(text));
	return text;
}

static void is_posted(unsigned i, u64 pa, unsigned node, bool brings)
{
	const struct event *e = posted[i];

	WANT(e->op == EVENT_ADD && e->kind == EVENT_DEVICE && e->brings == brings);
	WANT(e->nr_ranges == 1 && e->range[0].pa == pa && e->range[0].len == MiB + pa / 16);
	WANT(e->range[0].node == node && !e->here && !e->surprise && !e->uncached && !e->subblocks);
}

static void answers(int code)
{
	const struct event_answer a = { .code = code };

	WANT(source_named(PMEM_NAME)->answer(posted[0], &a) == EVENT_NO_OST);
}

static void initialise(void)
{
	struct why why = { 0 };

	posts = claims = 0;
	said[0] = 0;
	WANT(!source_named(PMEM_NAME)->init(&tree, &why) && !why.code);
	listed_nr = 0;
}

static void some(void)
{
	WANT_TEXT(described(), "");
	region_reset();
	region_add(16 * GiB, 4 * GiB, MEM_WITHHELD, 0, NULL);
	taken = 5 * GiB;
	empty = 6 * GiB;
	region(GiB, 0, false, "this is no region");
	region(2 * GiB, 0, false, NULL);
	region(3 * GiB, 1, true, "its node is none");
	region(4 * GiB, 3, true, NULL);
	region(5 * GiB, 1, true, NULL);
	region(6 * GiB, 1, true, NULL);
	initialise();
	WANT(posts == 1 && claims == 2);
	is_posted(0, 4 * GiB, 3, true);
	WANT_TEXT(said, "device tree: pmem-region: its node is none\n"
			"device tree: pmem-region|it is the NFIT's\n"
			"device tree: pmem-region 0x180000000+385M left out: it is empty\n");
	WANT_TEXT(described(), "0 of 1 range added");
	answers(0);
	WANT_TEXT(described(), "1 of 1 range added");
	answers(-EBUSY);
	WANT_TEXT(described(), "1 of 1 range added");
}

/* Sixteen fit, one is there already; memory that was withheld posts no event. */
static void many(void)
{
	char line[80];

	for (u64 i = 0; i < 17; i++)
		region((15 + i) * GiB, 7, true, NULL);
	initialise();
	WANT(posts == 15 && claims == 15);
	is_posted(0, 15 * GiB, 7, true);
	is_posted(1, 16 * GiB, 7, false);
	is_posted(14, 29 * GiB, 7, true);
	for (unsigned i = 1; i < posts; i++)
		WANT(posted[i] != posted[i - 1]);
	snprintf(line, sizeof(line),
		 "device tree: pmem-region %s left out: there are too many\n"
		 "device tree: pmem-region ",
		 range_text(30 * GiB, MiB + 30 * GiB / 16).text);
	WANT(!strncmp(said, line, strlen(line)));
	WANT_TEXT(described(), "1 of 16 ranges added");
}

void pmem_tests(void)
{
	some();
	many();
}
