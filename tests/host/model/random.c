/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/random.c - random adds, onlines, offlines and removals at any granularity, by
 * every scheme, against a model that is an array of states: each result code is predicted, the
 * content of the map is checked, and in the end nothing is left (S2-23).
 */
#include "model.h"
#include <stdio.h>
#include <string.h>

#define BLOCKS 12
#define HOT MODEL_HOT

enum { ABSENT, OFFLINE, ONLINE, HELD };

static struct slot {
	u8 state;
	u8 first, blocks; /* the range of its add */
	bool device;
} slots[BLOCKS];

static bool all(unsigned first, unsigned nr, unsigned state)
{
	for (unsigned i = first; i < first + nr; i++)
		if (slots[i].state != state)
			return false;
	return true;
}

static bool any(unsigned first, unsigned nr, unsigned state)
{
	for (unsigned i = first; i < first + nr; i++)
		if (slots[i].state == state)
			return true;
	return false;
}

static bool lives(unsigned i)
{
	return slots[i].state == OFFLINE || slots[i].state == ONLINE;
}

/* Is a block of the add of slot i in use outside of [first, first + nr)? */
static bool others_live(unsigned i, unsigned first, unsigned nr)
{
	for (unsigned k = slots[i].first; k < slots[i].first + slots[i].blocks; k++)
		if (slots[k].first == slots[i].first && slots[k].blocks == slots[i].blocks &&
		    lives(k) && (k < first || k >= first + nr))
			return true;
	return false;
}

/* Most ranges are cut to blocks of one state, so that operations often succeed. */
static void range(unsigned *first, unsigned *nr)
{
	*first = (unsigned)rng_below(&model_rng, BLOCKS);
	*nr = 1 + (unsigned)rng_below(&model_rng, min_u64(6, BLOCKS - *first));
	while (*nr > 1 && !all(*first, *nr, slots[*first].state) && rng_below(&model_rng, 8))
		--*nr;
}

static unsigned done, refused;

static void expect(int r, bool ok, const struct why *why)
{
	done += ok;
	refused += !ok;
	WANT(ok == !r, "%d, wanted %s: %s", r, ok ? "success" : "a refusal", why->text);
}

static struct hotplug_opts random_opts(bool *device)
{
	static const char *const modes[] = { "host", "block", "device" };
	static const char *const removes[] = { "full-tables", "two-pass", "two-flush", "per-leaf" };
	unsigned m = (unsigned)rng_below(&model_rng, 3);
	struct hotplug_opts o = model_opts(modes[m]);

	o.leaf = rng_below(&model_rng, 4) ? -1 : 0;
	o.remove = remove_scheme_find(removes[rng_below(&model_rng, ARRAY_SIZE(removes))], NULL);
	*device = m == 2;
	return o;
}

static void do_add(unsigned first, unsigned nr)
{
	bool device;
	struct hotplug_opts o = random_opts(&device);
	struct why why = { 0 };
	bool ok = all(first, nr, ABSENT);

	if (ok)
		memset(model_phys(HOT + first * SMALL), 0xa5, 4096);
	expect(hotplug_add(HOT + first * SMALL, nr * SMALL, 1, &o, NULL, &why), ok, &why);
	for (unsigned i = first; ok && i < first + nr; i++)
		slots[i] = (struct slot) { OFFLINE, (u8)first, (u8)nr, device };
}

static void do_online(unsigned first, unsigned nr)
{
	enum zone_id zone = rng_below(&model_rng, 4) ? ZONE_MOVABLE : ZONE_NORMAL;
	struct why why = { 0 };
	bool ok = all(first, nr, OFFLINE);

	expect(hotplug_online(HOT + first * SMALL, nr * SMALL, zone, NULL, &why), ok, &why);
	for (unsigned i = first; ok && i < first + nr; i++)
		slots[i].state = ONLINE;
}

/* The memmap of a host add may be in a block of ZONE_NORMAL: then a refusal is right. */
static void do_offline(unsigned first, unsigned nr)
{
	struct why why = { 0 };
	bool ok = all(first, nr, ONLINE);
	int err = hotplug_offline(HOT + first * SMALL, nr * SMALL, NULL, &why);

	if (ok && err == -EBUSY && strstr(why.text, "used by memmap"))
		return;
	expect(err, ok, &why);
	for (unsigned i = first; ok && i < first + nr; i++)
		slots[i].state = OFFLINE;
}

static void drop_held(unsigned first, unsigned blocks)
{
	for (unsigned k = first; k < first + blocks; k++)
		if (slots[k].state == HELD && slots[k].first == first && !others_live(k, BLOCKS, 0))
			slots[k].state = ABSENT;
}

static void do_remove(unsigned first, unsigned nr)
{
	struct why why = { 0 };
	bool ok = all(first, nr, OFFLINE);
	bool device;
	struct hotplug_opts o = random_opts(&device);

	expect(hotplug_remove(HOT + first * SMALL, nr * SMALL, &o, NULL, &why), ok, &why);
	for (unsigned i = first; ok && i < first + nr; i++)
		slots[i].state = slots[i].device && i == slots[i].first ? HELD : ABSENT;
	for (unsigned i = first; ok && i < first + nr; i++)
		if (slots[i].device)
			drop_held(slots[i].first, slots[i].blocks);
	if (ok)
		WANT(model_eject(HOT + first * SMALL, nr * SMALL) == !any(first, nr, HELD),
		     "eject");
}

static void check_all(void)
{
	for (unsigned i = 0; i < BLOCKS; i++) {
		const struct block *b = block_find((HOT + i * SMALL) >> 12);
		const void *last = va_ptr(linear_va(HOT + (i + 1) * SMALL - 64));
		bool there = slots[i].state != ABSENT;

		WANT(!!b == there, "block %u", i);
		WANT(model_readable(last) == there, "linear map of block %u", i);
		WANT(model_readable(pa_page(HOT + (i + 1) * SMALL - 4096)) == there,
		     "struct pages of block %u", i);
		WANT(!b || b->held == (slots[i].state == HELD), "block %u held", i);
	}
}

static void drain(void)
{
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = BLOCKS; i-- > 0;) {
			if (slots[i].state == ONLINE)
				do_offline(i, 1);
			if (slots[i].state == OFFLINE)
				do_remove(i, 1);
		}
}

static void walk(unsigned steps, bool disjoint)
{
	static void (*const ops[])(unsigned, unsigned) = { do_add, do_add, do_online, do_offline,
							   do_remove };
	struct digest before, after;
	unsigned first, nr;

	model_boot((struct model_shape) {
		.section = SMALL, .hot = BLOCKS * SMALL, .disjoint = disjoint });
	digest_take(&before);
	for (unsigned n = 0; n < steps; n++) {
		range(&first, &nr);
		ops[rng_below(&model_rng, ARRAY_SIZE(ops))](first, nr);
		if (n % 4 == 0)
			check_all();
		if (n % 500 == 499) {
			drain();
			digest_take(&after);
			SAME(&before, &after);
			model_audit();
		}
	}
	WANT(done > steps / 4 && refused > steps / 10, "%u done, %u refused of %u", done, refused,
	     steps);
	printf("# random: %u operations succeeded, %u were refused as predicted\n", done, refused);
}

CASE(random_walk_shared)
{
	walk(20000, false);
}

CASE(random_walk_disjoint)
{
	walk(5000, true);
}
