/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/pmem_source.c - persistent memory of the boot's device tree: nodes compatible with
 * "pmem-region".  It is added once, at boot; the operator may remove it.
 *
 * A range that a memory node lists too is RAM, so its add is refused unless withhold= names it.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/memory/pmem.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <mm/page/region.h>

#define REGIONS 16

static struct event regions[REGIONS];
static unsigned regions_nr, added;
static const struct event_source source;

/* Callback of fdt_memory_each(): add a sound region that no other source has claimed. */
static void pmem_region_add(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	struct event *e = &regions[regions_nr];
	struct why why = { 0 };

	(void)arg;
	if (!r->pmem)
		return;
	if (fault) {
		kprintf("device tree: pmem-region: %s\n", fault);
		return;
	}
	fault = regions_nr == REGIONS ? "there are too many" : fdt_range_fault(r->pa, r->len);
	if (fault) {
		kprintf("device tree: pmem-region %s left out: %s\n",
			range_text(r->pa, r->len).text, fault);
		return;
	}
	if (pmem_claim(&source, r->pa, r->len, &why)) {
		log_wrapped("device tree: pmem-region", "", 25, why.text);
		return;
	}
	regions_nr++;
	*e = (struct event) { .source = &source,
			      .op = EVENT_ADD,
			      .kind = EVENT_DEVICE,
			      .brings = !region_find(MEM_WITHHELD, r->pa, r->len),
			      .nr_ranges = 1,
			      .range = { { r->pa, r->len, r->node } } };
	event_post(e);
}

/* Slot `init`: post the regions; the consumer adds them when it first runs. */
static int init(const void *fdt, struct why *why)
{
	(void)why;
	fdt_memory_each(fdt, pmem_region_add, NULL);
	return 0;
}

static int answer(struct event *e, const struct event_answer *a)
{
	(void)e;
	added += !a->code;
	return EVENT_NO_OST;
}

static void describe(char *buf, size_t size)
{
	*buf = '\0';
	if (regions_nr)
		snprintf(buf, size, "%u of %u range%s added", added, regions_nr,
			 regions_nr == 1 ? "" : "s");
}

static const struct event_source source = {
	.name = PMEM_NAME,
	.label = "pmem-region",
	.init = init,
	.describe = describe,
	.answer = answer,
	.reserve = PMEM_RESERVE,
};
EVENT_SOURCE(pmem_region, source);
