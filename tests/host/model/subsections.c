/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/subsections.c - sub-sections against a model: for each one the add that
 * brought it.  Present ones can be read, absent ones fault; refusals are predicted.
 */
#include "model.h"
#include <mm/hotplug/subsection.h>

#define HOT MODEL_HOT
#define UNIT (2 * MiB)
#define BLOCK (16 * MiB)
#define PARTS 32 /* four blocks */

static const char *const modes[] = { "host", "block", "device" };
static u32 there[PARTS]; /* 0: absent; else mode + 1, and from bit 8 on the number of the add */
static u32 adds;

static bool is_device(u32 part)
{
	return (part & 255) == 3;
}

static int want_add(u64 first, u64 nr)
{
	for (u64 i = first; i < first + nr; i++)
		if (there[i])
			return -EEXIST;
	return 0;
}

static bool device_sticks_out(u64 first, u64 nr)
{
	u64 end = first + nr;

	return (first && is_device(there[first]) && there[first - 1] == there[first]) ||
	       (end < PARTS && is_device(there[end]) && there[end - 1] == there[end]);
}

static int want_remove(u64 first, u64 nr)
{
	for (u64 i = first; i < first + nr; i++)
		if (!there[i])
			/* the part of a range before the hole is found first */
			return is_device(there[first]) && first && there[first - 1] == there[first]
				       ? -EBUSY
				       : -ENXIO;
	return device_sticks_out(first, nr) ? -EBUSY : 0;
}

static void set(u64 first, u64 nr, u32 to)
{
	for (u64 i = first; i < first + nr; i++)
		there[i] = to;
}

/* First and last page of sub-section i, and their struct pages. */
static bool readable(u64 i)
{
	paddr_t pa = HOT + i * UNIT, last = pa + UNIT - page_size();
	unsigned n = model_readable(pa_ptr(pa)) + model_readable(pa_ptr(last)) +
		     model_readable(pa_page(pa)) + model_readable(pa_page(last));

	WANT(n == 0 || n == 4, "sub-section %lu: %u of 4 can be read", i, n);
	return n == 4;
}

static void check_all(void)
{
	for (u64 i = 0; i < PARTS; i++)
		WANT(readable(i) == (there[i] != 0), "sub-section %lu", i);
}

/* Neighbouring memory is written, so that a wrong teardown is noticed. */
static void step(struct rng *rng)
{
	u64 first = rng_below(rng, PARTS), nr = 1 + rng_below(rng, 5);
	u32 mode = (u32)rng_below(rng, 3);
	struct hotplug_opts o = model_opts(modes[mode]);
	struct why why = { 0 };
	int err;

	nr = min_u64(nr, PARTS - first);
	if (rng_below(rng, 2)) {
		err = subsection_add(HOT + first * UNIT, nr * UNIT, 1, &o, NULL, &why);
		WANT(err == want_add(first, nr), "add %lu+%lu: %d %s", first, nr, err, why.text);
		if (!err)
			set(first, nr, ++adds << 8 | (mode + 1));
	} else {
		err = subsection_remove(HOT + first * UNIT, nr * UNIT, &o, NULL, &why);
		WANT(err == want_remove(first, nr), "remove %lu+%lu: %d, wanted %d: %s", first, nr,
		     err, want_remove(first, nr), why.text);
		if (!err)
			set(first, nr, 0);
	}
}

static void remove_rest(void)
{
	const struct subsection_range *r;

	while ((r = subsection_nth(0)))
		OK(subsection_remove(r->pfn << page_shift(), r->nr << page_shift(), NULL, NULL,
				     why));
	set(0, PARTS, 0);
	check_all();
}

CASE(subsections_against_a_model)
{
	struct digest before, after;

	model_boot((struct model_shape) { .section = BLOCK, .hot = PARTS * UNIT });
	digest_take(&before);
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned i = 0; i < 60; i++)
			step(&model_rng);
		check_all();
		model_audit();
		if (round % 4 == 3) {
			remove_rest();
			digest_take(&after);
			SAME(&before, &after);
		}
	}
	WANT(adds > 200, "%u adds", adds);
}

/* The registry has the present ranges, independent of the adds. */
CASE(subsections_join)
{
	struct hotplug_opts o;
	struct digest one, two;

	model_boot((struct model_shape) { .section = BLOCK, .hot = PARTS * UNIT });
	o = model_opts("block");
	OK(subsection_add(HOT, 4 * UNIT, 1, &o, NULL, why));
	digest_take(&one);
	OK(subsection_remove(HOT + UNIT, 2 * UNIT, &o, NULL, why));
	WANT(subsection_nth(1), "two ranges");
	OK(subsection_add(HOT + 2 * UNIT, UNIT, 1, &o, NULL, why));
	OK(subsection_add(HOT + UNIT, UNIT, 1, &o, NULL, why));
	WANT(!subsection_nth(1), "one range");
	digest_take(&two);
	SAME(&one, &two);
	o = model_opts("device");
	OK(subsection_add(HOT + 4 * UNIT, UNIT, 1, &o, NULL, why));
	OK(subsection_add(HOT + 5 * UNIT, UNIT, 1, &o, NULL, why));
	WANT(subsection_nth(2), "adds by device stay apart");
	OK(subsection_remove(HOT + 5 * UNIT, UNIT, &o, NULL, why));
	OK(subsection_remove(HOT, 5 * UNIT, &o, NULL, why));
}

CASE(subsections_and_blocks)
{
	struct hotplug_opts o;

	model_boot((struct model_shape) { .section = BLOCK, .hot = PARTS * UNIT });
	o = model_opts("block");
	OK(hotplug_add(HOT, BLOCK, 1, &o, NULL, why));
	REFUSED(EEXIST, "overlaps block 80, which is offline",
		subsection_add(HOT + UNIT, UNIT, 1, &o, NULL, why));
	REFUSED(EEXIST, "overlaps block 80",
		subsection_add(HOT + BLOCK - UNIT, 2 * UNIT, 1, &o, NULL, why));
	REFUSED(EINVAL, "block 80 was added as a whole",
		subsection_remove(HOT + UNIT, UNIT, &o, NULL, why));
	OK(subsection_add(HOT + BLOCK, UNIT, 1, &o, NULL, why));
	REFUSED(EEXIST, "overlaps the sub-sections of 0x51000000+2M",
		hotplug_add(HOT + BLOCK, BLOCK, 1, &o, NULL, why));
	REFUSED(ENXIO, "only sub-sections of it, which have no state",
		hotplug_online(HOT + BLOCK, BLOCK, ZONE_MOVABLE, NULL, why));
	REFUSED(EBUSY, "0x51000000+2M are there", hotplug_may_release(HOT + BLOCK, 4 * UNIT, why));
	OK(hotplug_may_release(HOT + BLOCK + UNIT, UNIT, why));
	REFUSED(EINVAL, "whole sub-sections of 2 MiB",
		subsection_add(HOT + 2 * BLOCK + MiB, UNIT, 1, &o, NULL, why));
	REFUSED(EINVAL, "node 8", subsection_add(HOT + 2 * BLOCK, UNIT, 8, &o, NULL, why));
	o.anywhere = true;
	REFUSED(ERANGE, "the linear map of fake-3 reaches, 0x40000000 to 0x13fffffff",
		subsection_add(0x140000000, UNIT, 1, &o, NULL, why));
	OK(subsection_add(0x13fe00000, UNIT, 1, &o, NULL, why)); /* the last in reach */
	OK(subsection_remove(0x13fe00000, UNIT, &o, NULL, why));
	OK(region_add(0x90000000 + page_size(), page_size(), MEM_RESERVED, 0, why));
	REFUSED(EEXIST, "which is reserved", subsection_add(0x90000000, UNIT, 1, &o, NULL, why));
}

/* B-07: a block that boot memory fills partly has all its struct pages: nothing is added to it
 * or removed from it. */
CASE(subsections_beside_boot_memory)
{
	paddr_t hole = MODEL_RAM + MODEL_RAM_LEN;
	struct hotplug_opts o;

	model_boot((struct model_shape) { .section = 64 * MiB, .hot = 64 * MiB });
	o = model_opts("block");
	o.anywhere = true;
	WANT(model_readable(pa_page(hole)), "the struct pages of the whole block");
	REFUSED(EEXIST, "boot memory", subsection_add(hole, UNIT, 0, &o, NULL, why));
	REFUSED(EPERM, "boot memory, and only partly",
		subsection_remove(hole, UNIT, &o, NULL, why));
	REFUSED(EPERM, "boot memory", subsection_remove(MODEL_RAM, UNIT, &o, NULL, why));
	WANT(model_readable(pa_page(hole)), "they are still there");
}

CASE(subsections_fill_their_registry)
{
	paddr_t at = HOT;
	struct hotplug_opts o;

	model_boot((struct model_shape) { .section = BLOCK, .hot = PARTS * UNIT });
	o = model_opts("block");
	o.anywhere = true;
	OK(subsection_add(at, 3 * UNIT, 1, &o, NULL, why));
	for (unsigned n = 1; n < SUBSECTION_RANGES_MAX; n++)
		OK(subsection_add(at + (2 + 2 * n) * UNIT, UNIT, 1, &o, NULL, why));
	REFUSED(ENOMEM, "holds 512 ranges",
		subsection_add(at + 3000 * MiB, UNIT, 1, &o, NULL, why));
	REFUSED(ENOMEM, "holds 512 ranges", subsection_remove(at + UNIT, UNIT, &o, NULL, why));
	OK(subsection_remove(at, UNIT, &o, NULL, why));
	OK(subsection_remove(at + 4 * UNIT, UNIT, &o, NULL, why));
	remove_rest();
	model_audit();
}
