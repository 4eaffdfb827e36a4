/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-28: RAW, DAX, KMEM and back.  Each change and its reverse restore the state, the contents
 * survive all modes but KMEM, and a change whose second half is refused is undone.
 */
#include <lib/string.h>
#include <mm/hotplug/subsection.h>
#include <tests/harness/devmem_fixture.h>

/* Compare the digest of a mode with the digest after the change and its reverse. */
static void change_and_reverse(struct devrange *d, enum devmem_mode from, enum devmem_mode to)
{
	struct digest before, there, after;
	struct why why = { 0 };

	digest_take(&before);
	if (!devrange_mode(d, to))
		return;
	digest_take(&there);
	CHECK(d->t, there.refs != before.refs);
	if (!devrange_mode(d, from))
		return;
	digest_take(&after);
	/* A memmap in old memory may be allocated elsewhere. */
	if (from == DEVMEM_DAX && d->opts.memmap->where == MEMMAP_IN_OLD_MEMORY)
		after.map = before.map;
	CHECK_OK(d->t, digest_compare(&before, &after, &why), &why);
}

TEST(devmem, modes,
     .claim = "each change between absent, raw, dax and kmem and its reverse leave no trace",
     .rows = "S1-28 S0-01", .identity = true, .needs = NEED_RANGE, .params = devrange_names)
{
	struct digest before, claimed, after;
	struct why why = { 0 };
	struct devrange d;

	if (!devrange_get(t, &d))
		return;
	digest_take(&before);
	if (!devrange_claim(&d))
		return;
	digest_take(&claimed);
	CHECK(t, claimed.refs != before.refs && claimed.map == before.map);
	change_and_reverse(&d, DEVMEM_RAW, DEVMEM_DAX);
	change_and_reverse(&d, DEVMEM_RAW, DEVMEM_KMEM);
	if (devrange_mode(&d, DEVMEM_DAX))
		change_and_reverse(&d, DEVMEM_DAX, DEVMEM_KMEM);
	devrange_mode(&d, DEVMEM_RAW);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&claimed, &after, &why), &why);
	devrange_release(&d);
}

/* ---- contents ---- */

static u64 usable_from(const struct devrange *d)
{
	struct devmem_cost c;

	return devmem_cost(d->r.pa, d->r.len, d->r.node, &d->opts, &c, NULL) ? 0 : c.reserved;
}

/* A few words spread over the range: the host may have to allocate 2 MiB for each of them. */
static u64 sample(const struct devrange *d)
{
	return max_u64(d->r.len / 64, page_size());
}

static u64 word_at(u64 at)
{
	return ~(at * 0x9e3779b97f4a7c15ul);
}

static void fill(const struct devrange *d, u64 from)
{
	for (u64 at = from; at < d->r.len; at += sample(d))
		*(volatile u64 *)pa_ptr(d->r.pa + at) = word_at(at);
}

static u64 count_lost(const struct devrange *d, u64 from)
{
	u64 n = 0;

	for (u64 at = from; at < d->r.len; at += sample(d))
		n += *(volatile u64 *)pa_ptr(d->r.pa + at) != word_at(at);
	return n;
}

TEST(devmem, contents,
     .claim = "a device range has its contents after raw, after absent, and after another add",
     .rows = "S1-28", .needs = NEED_RANGE, .params = devrange_names)
{
	struct devrange d;
	u64 from;

	if (!devrange_get(t, &d))
		return;
	from = usable_from(&d); /* computed while the range is absent */
	if (!devrange_up(&d))
		return;
	fill(&d, from);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_mode(&d, DEVMEM_DAX);
	CHECK_EQ(t, count_lost(&d, from), 0);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	if (devrange_up(&d))
		CHECK_EQ(t, count_lost(&d, from), 0);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}

/* ---- system RAM ---- */

TEST(devmem, ram,
     .claim = "as kmem a range is RAM: online, used, offline; while online it stays kmem",
     .rows = "S1-28", .needs = NEED_RANGE, .params = devrange_names)
{
	struct why why = { 0 };
	struct devrange d;
	u64 free;

	if (!devrange_get(t, &d) || !devrange_up(&d) || !devrange_mode(&d, DEVMEM_KMEM))
		return;
	free = buddy_free_pages(d.r.node, ZONE_MOVABLE);
	if (range_online(t, &d.r, ZONE_MOVABLE)) {
		CHECK_EQ(t, buddy_free_pages(d.r.node, ZONE_MOVABLE) - free,
			 d.r.report.usable_pages);
		CHECK_REFUSED(t, devmem_set_mode(d.r.pa, d.r.len, DEVMEM_DAX, NULL, &why), EBUSY,
			      &why);
		CHECK(t, strstr(why.text, "online") != NULL);
		range_offline(t, &d.r);
	}
	devrange_mode(&d, DEVMEM_DAX);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}

TEST(devmem, by_hand,
     .claim = "blocks of kmem that the operator removed are not required; memory that the operator "
	      "adds there keeps the range",
     .rows = "S1-28", .needs = NEED_RANGE, .params = devrange_names)
{
	u64 unit = layout.subsection_bytes;
	struct why why = { 0 };
	struct devrange d;

	if (!devrange_get(t, &d) || !devrange_claim(&d) || !devrange_mode(&d, DEVMEM_KMEM) ||
	    !range_remove(t, &d.r))
		return;
	CHECK_OK(t, subsection_add(d.r.pa, unit, d.r.node, &d.r.opts, NULL, &why), &why);
	CHECK_REFUSED(t, devmem_set_mode(d.r.pa, d.r.len, DEVMEM_RAW, NULL, &why), EEXIST, &why);
	CHECK(t, strstr(why.text, "overlaps the sub-sections") != NULL);
	CHECK_OK(t, subsection_remove(d.r.pa, unit, NULL, NULL, &why), &why);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}

/* ---- refusals of the second half ---- */

static u32 adds_left; /* the PREPARE_ADD that is refused, counted from 1; 0: none */

static int veto(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	(void)pa, (void)len;
	if (note != NOTE_PREPARE_ADD || !adds_left || --adds_left)
		return 0;
	return refuse(why, EBUSY, "vetoed by a test");
}

static const struct hotplug_notifier notifier = { .name = "test devmem", .call = veto };
HOTPLUG_NOTIFIER(test_devmem, notifier);

TEST(devmem, half_an_edge,
     .claim = "dax to kmem and back pass through raw; if the second half is refused, the first is "
	      "undone",
     .rows = "S1-28 S0-38", .needs = NEED_RANGE, .params = devrange_names)
{
	static const enum devmem_mode from[] = { DEVMEM_DAX, DEVMEM_KMEM };
	struct digest before, after;
	struct why why = { 0 };
	struct devrange d;

	if (!devrange_get(t, &d) || !devrange_claim(&d))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(from); i++) {
		if (!devrange_mode(&d, from[i]))
			break;
		digest_take(&before);
		adds_left = 1;
		CHECK_REFUSED(t, devmem_set_mode(d.r.pa, d.r.len, from[1 - i], NULL, &why), EBUSY,
			      &why);
		CHECK(t, !adds_left && strstr(why.text, "vetoed") != NULL);
		digest_take(&after);
		if (d.opts.memmap->where == MEMMAP_IN_OLD_MEMORY)
			after.map = before.map; /* it may be allocated elsewhere */
		CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	}
	adds_left = 0;
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}
