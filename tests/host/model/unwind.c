/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/unwind.c - memory runs out at every single step of an add and of a removal:
 * each time -ENOMEM with an unchanged digest.
 */
#include "model.h"
#include <kern/crew.h>

#define LEN (4 * SMALL)

static int try_add(const char *memmap, int leaf)
{
	struct hotplug_opts o = model_opts(memmap);
	struct digest before, after;
	struct why why = { 0 };
	int err;

	o.leaf = leaf;
	digest_take(&before);
	err = hotplug_add(MODEL_HOT, LEN, 1, &o, NULL, &why);
	if (!err)
		OK(hotplug_remove(MODEL_HOT, LEN, NULL, NULL, why));
	else
		WANT(err == -ENOMEM && why.text[0], "%d %s", err, why.text);
	digest_take(&after);
	SAME(&before, &after);
	table_fail_at(0);
	model_audit();
	return err;
}

static const char *const modes[] = { "host", "block", "device" };

static u64 tables_made(void)
{
	u64 made, freed;

	table_counts(&made, &freed);
	return made;
}

/*
 * Each allocation of a table page fails, for one CPU and for several.  Not every failure refuses
 * the add: several CPUs do without each other (mm/hotplug/hotplug_shares.c), and a plan that got
 * some of its tables requests the others again.
 */
static unsigned fail_tables(const char *memmap, int leaf)
{
	u32 most = crew_most;
	unsigned failures = 0;
	u64 before = tables_made(), made;

	crew_most = 1;
	OK(try_add(memmap, leaf));
	made = tables_made() - before;
	for (u64 n = 1; n <= made; n++) {
		table_fail_at(n);
		failures += try_add(memmap, leaf) != 0;
	}
	crew_most = most;
	for (u64 n = 1; n <= 2 * made; n++) {
		table_fail_at(n);
		try_add(memmap, leaf);
	}
	return failures;
}

CASE(add_unwinds_at_every_table)
{
	unsigned failures = 0;

	model_boot((struct model_shape) { .section = SMALL, .hot = LEN });
	for (unsigned m = 0; m < 3; m++)
		for (int leaf = -1; leaf <= 0; leaf++)
			failures += fail_tables(modes[m], leaf);
	WANT(failures >= 12, "%u failures were injected", failures);
}

/* Only n single pages of old memory are free, so every allocation fails in turn. */
CASE(add_unwinds_at_every_page)
{
	unsigned failures = 0;

	model_boot((struct model_shape) { .section = SMALL, .hot = LEN });
	for (unsigned m = 0; m < 3; m++)
		for (unsigned n = 0;; n++) {
			int err;

			model_eat(n);
			err = try_add(modes[m], -1);
			model_eat_end();
			if (!err)
				break;
			failures++;
		}
	WANT(failures >= 64, "%u failures were injected", failures);
}

/* A memmap in scattered base pages, and no page for the list of its frames at the removal. */
CASE(remove_unwinds_without_room_for_spans)
{
	struct hotplug_opts o;
	struct digest before, after;

	model_boot((struct model_shape) { .section = SMALL, .hot = LEN });
	o = model_opts("host");
	digest_take(&before);
	model_eat(200);
	OK(hotplug_add(MODEL_HOT, LEN, 1, &o, NULL, why));
	model_eat(0);
	REFUSED(ENOMEM, "no room to list the frames",
		hotplug_remove(MODEL_HOT, LEN, &o, NULL, why));
	model_eat_end();
	OK(hotplug_remove(MODEL_HOT, LEN, &o, NULL, why));
	digest_take(&after);
	SAME(&before, &after);
	model_audit();
}

/* The registry has no slot for another range. */
CASE(full_registry_is_refused)
{
	struct hotplug_opts o;
	unsigned n = 0;

	model_boot((struct model_shape) { .section = SMALL, .hot = LEN });
	o = model_opts("block");
	OK(hotplug_add(MODEL_HOT, LEN, 1, &o, NULL, why));
	while (!region_add(0x200000000ul + n * 0x2000, 0x1000, MEM_WITHHELD, 0, NULL))
		n++;
	REFUSED(ENOMEM, "the registry has no room",
		hotplug_remove(MODEL_HOT + SMALL, SMALL, &o, NULL, why));
	model_audit();
}
