/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/devmem/main.c - mm/hotplug/devmem.c and devmem_cost.c: each range is found by each of
 * its pages; each shape is accepted or refused as mm/hotplug/devmem.h specifies, and costs follow
 * from the number of pages.
 */
#include "fake.h"
#include <fakes/hotplug_lock.h>

static struct why why;

/* ---- shapes ---- */
struct shape {
	u64 at, len;
	struct devmem_opts opts;
	u8 page_shift, node;
	const char *refusal;
	u64 whole, unit; /* bytes */
	u64 compound;    /* pages */
};

static const struct shape shapes[] = {
	{ 0, 256 * MiB, { .leaves = true }, 12, 1, NULL, 256 * MiB, 128 * MiB, 0 },
	{ 2 * MiB, 6 * MiB, { .memmap = &host, .uncached = true }, 12, 7, NULL, 2 * MiB, 2 * MiB },
	{ 64 * MiB, 96 * MiB, { .memmap = &device }, 12, 0, NULL, 32 * MiB, 32 * MiB },
	{ 0, 128 * MiB, { 0 }, 12, 0, NULL, 128 * MiB, 128 * MiB },
	{ 0, 8 * MiB, { .compound = 2 * MiB }, 12, 0, NULL, 8 * MiB, 8 * MiB, 512 },
	{ 0, GiB, { .compound = GiB }, 12, 0, NULL, GiB, 128 * MiB, 262144 },
	{ 0, 64 * MiB, { .compound = 16 * MiB }, 14, 0, NULL, 64 * MiB, 64 * MiB, 1024 },
	{ 0, 256 * MiB, { .compound = 256 * MiB }, 16, 0, NULL, 256 * MiB, 256 * MiB, 4096 },
	{ 0, 8 * MiB, { .reserve = 8 * PAGE }, 12, 0, NULL, 8 * MiB, 8 * MiB },
	{ 0, 8 * MiB, { .memmap = &host, .reserve = 8 * PAGE }, 12, 0, NULL, 8 * MiB, 8 * MiB },
	{ 0,
	  8 * MiB,
	  { .compound = MiB },
	  12,
	  0,
	  "compound=0x100000: with pages of 4K a power of two from 2M to 1G" },
	{ 0,
	  12 * MiB,
	  { .compound = 6 * MiB },
	  12,
	  0,
	  "compound=0x600000: with pages of 4K a power of two from 2M to 1G" },
	{ 0,
	  4 * GiB,
	  { .compound = 2 * GiB },
	  12,
	  0,
	  "compound=0x80000000: with pages of 4K a power of two from 2M to 1G" },
	{ 0,
	  64 * MiB,
	  { .compound = 8 * MiB },
	  14,
	  0,
	  "compound=0x800000: with pages of 16K a power of two from 16M to 1G" },
	{ 0,
	  512 * MiB,
	  { .compound = 128 * MiB },
	  16,
	  0,
	  "compound=0x8000000: with pages of 64K a power of two from 256M to 1G" },
	{ 0,
	  6 * MiB,
	  { .compound = 4 * MiB },
	  12,
	  0,
	  "0x80000000+6M is not made of whole compounds of 4 MiB" },
	{ 2 * MiB,
	  8 * MiB,
	  { .compound = 4 * MiB },
	  12,
	  0,
	  "0x80200000+8M is not made of whole compounds of 4 MiB" },
	{ 0, 8 * MiB, { .reserve = 100 }, 12, 0, "reserve=0x64 is not made of pages" },
	{ 0,
	  8 * MiB,
	  { .memmap = &in_blocks },
	  12,
	  0,
	  "memmap=block: a device range has no blocks; there is host and device" },
	{ 0,
	  8 * MiB,
	  { .uncached = true },
	  12,
	  0,
	  "memmap=device: memory of a bus holds no struct pages; there is host" },
	{ 0, 8 * MiB, { 0 }, 12, NODES_MAX, "no node" },
};

static void check_shape(const struct shape *s)
{
	struct devmem_opts opts = s->opts;
	struct hot_add a;
	bool own = opts.memmap != &host;
	int err;

	fake_begin(s->page_shift);
	opts.owner = &why;
	memset(&a, 0x5a, sizeof(a));
	err = devmem_check(BASE + s->at, s->len, s->node, &opts, &a, &why);
	WANT(err == (s->refusal ? -EINVAL : 0));
	if (s->refusal) {
		WANT_TEXT(why.text, s->refusal);
		return;
	}
	WANT(a.span.pa == BASE + s->at && a.span.len == s->len && a.span.unit == s->unit);
	WANT(a.whole == s->whole && a.compound == s->compound && a.node == s->node);
	WANT(a.reserve == (own ? opts.reserve / PAGE : 0));
	WANT(a.users == 1 && a.provenance == PAGE_DEVICE);
	WANT(a.attributes == (opts.uncached ? PT_NC : 0u));
	WANT(a.opts.memmap == (own ? &device : &host) && a.opts.owner == &why);
	WANT(a.opts.leaves == opts.leaves && a.opts.leaf == -1 && !a.opts.subblocks);
	WANT(!a.report && !a.level && !a.cache_bytes);
}

static void check_refused_by_others(void)
{
	static const struct devmem_opts none;
	struct hot_add a;

	fake_begin(12);
	fake.span_fails = true;
	WANT(devmem_check(BASE, 2 * MiB, 0, &none, &a, &why) == -ERANGE);
	fake_begin(12);
	fake.no_scheme = true;
	WANT(devmem_check(BASE, 2 * MiB, 0, &none, &a, &why) == -EINVAL);
	WANT_TEXT(why.text, "no such scheme");
	fake_begin(12);
	fake.options_fail = 1;
	WANT(devmem_check(BASE, 2 * MiB, 0, &none, &a, &why) == -EINVAL);
	WANT_TEXT(why.text, "options");
}

/* ---- costs of 8 MiB: 2048 pages, of which the struct pages fill 32; of four compounds 8 ---- */
struct price {
	struct devmem_opts opts;
	u64 memmap, reserved; /* pages */
	bool refused;
};

static const struct price prices[] = {
	{ { .memmap = &host }, 32, 0 },
	{ { .memmap = &device }, 32, 32 },
	{ { .memmap = &host, .compound = 2 * MiB }, 8, 0 },
	{ { .compound = 2 * MiB }, 8, 512 },
	{ { .compound = 2 * MiB, .reserve = 504 * PAGE }, 8, 512 },
	{ { .compound = 2 * MiB, .reserve = 505 * PAGE }, 8, 1024 },
	{ { .reserve = 100 * PAGE }, 32, 132 },
	{ { .memmap = &host, .reserve = 100 * PAGE }, 32, 0 },
	{ { .reserve = 2015 * PAGE }, 32, 2047 },
	{ { .reserve = 2016 * PAGE }, 32, 2048, true },
	{ { .reserve = 2017 * PAGE }, 32, 2049, true },
	{ { .compound = 8 * MiB }, 2, 2048, true },
};

static void check_price(const struct price *p)
{
	u64 tables = fake_tables(false) + fake_tables(true);
	struct devmem_cost c;
	char text[100];
	int err;

	fake_begin(12);
	memset(&c, 0x5a, sizeof(c));
	err = devmem_cost(BASE, 8 * MiB, 1, &p->opts, &c, &why);
	WANT(err == (p->refused ? -EINVAL : 0) && fake_hotplug == HOLD_NONE && fake.counts == 2);
	snprintf(text, sizeof(text),
		 "0x80000000+8M: nothing would be left beside its own memmap of %lu KiB",
		 p->memmap * 4);
	if (p->refused)
		WANT_TEXT(why.text, text);
	WANT(c.full == 32 * PAGE && c.memmap == p->memmap * PAGE);
	WANT(c.reserved == p->reserved * PAGE && c.tables == 40 * PAGE && tables == c.tables);
	WANT(c.need == tables + (p->opts.memmap == &host ? p->memmap * PAGE : 0));
	WANT(c.free == FAKE_FREE && c.linear_tables[3] == 8 && c.memmap_tables[0] == 9);
}

static int cost(void)
{
	static const struct devmem_opts none;
	struct devmem_cost c;
	int err = devmem_cost(BASE + 4 * MiB, 4 * MiB, 1, &none, &c, &why);

	WANT(fake_hotplug == HOLD_NONE);
	return err;
}

static void check_who_may_ask(void)
{
	static const struct {
		u64 at, len;
		u8 mode;
		bool may;
	} there[] = {
		{ 4 * MiB, 4 * MiB, DEVMEM_RAW, true },   { 4 * MiB, 4 * MiB, DEVMEM_DAX, false },
		{ 4 * MiB, 4 * MiB, DEVMEM_KMEM, false }, { 4 * MiB, 2 * MiB, DEVMEM_RAW, false },
		{ 4 * MiB, 6 * MiB, DEVMEM_RAW, false },  { 2 * MiB, 4 * MiB, DEVMEM_RAW, false },
		{ 8 * MiB, 4 * MiB, DEVMEM_RAW, true },   { 0, 4 * MiB, DEVMEM_RAW, true },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(there); i++) {
		fake_begin(12);
		devmem_insert((struct devmem) {
			.pa = BASE + there[i].at, .len = there[i].len, .mode = there[i].mode });
		WANT(cost() == (there[i].may ? 0 : -EEXIST));
		devmem_delete((struct devmem *)(uintptr_t)devmem_nth(0));
	}
	fake_begin(12);
	devmem_insert((struct devmem) { .pa = BASE, .len = 4 * MiB }); /* adjacent to the next */
	devmem_insert((struct devmem) { .pa = BASE + 4 * MiB, .len = 4 * MiB });
	WANT(!cost());
	devmem_delete((struct devmem *)(uintptr_t)devmem_nth(0));
	devmem_delete((struct devmem *)(uintptr_t)devmem_nth(0));
	fake_begin(12);
	fake.present = true;
	WANT(cost() == -EEXIST && !fake.counts);
	for (unsigned at = 1; at < 3; at++) {
		fake_begin(12);
		fake.count_fails = at;
		WANT(cost() == -EEXIST && fake.counts == at);
	}
	fake_begin(12);
	fake.span_fails = true;
	WANT(cost() == -ERANGE);
}

/* ---- the registry ---- */
struct entry {
	u64 at, len; /* MiB */
	u8 mode;
};

static const struct entry entries[] = { { 2, 2, DEVMEM_KMEM },
					{ 4, 4, DEVMEM_RAW },
					{ 8, 2, DEVMEM_KMEM },
					{ 14, 2, DEVMEM_KMEM },
					{ 16, 6, DEVMEM_DAX } };
#define ENTRIES 5u

static const struct devmem *entry_at(unsigned n)
{
	return n < ENTRIES ? devmem_nth(n) : NULL;
}

static struct devmem made(unsigned n)
{
	return (struct devmem) { .pa = BASE + entries[n].at * MiB,
				 .len = entries[n].len * MiB,
				 .opts = { .memmap = &host },
				 .mode = entries[n].mode };
}

static void check_find(u64 from, u64 to) /* half MiB */
{
	unsigned any = ENTRIES, keeping = ENTRIES;
	u64 half = MiB / 2;

	for (unsigned n = ENTRIES; n--;)
		if (2 * entries[n].at < to && from < 2 * (entries[n].at + entries[n].len)) {
			any = n;
			keeping = entries[n].mode == DEVMEM_KMEM ? keeping : n;
		}
	WANT(devmem_find((BASE + from * half) / PAGE, (to - from) * half / PAGE) == entry_at(any));
	WANT(devmem_keeping((BASE + from * half) / PAGE, (to - from) * half / PAGE) ==
	     entry_at(keeping));
}

static void check_registry(const unsigned order[ENTRIES])
{
	struct devmem *d;

	fake_begin(12);
	for (unsigned i = 0; i < ENTRIES; i++) {
		WANT(!devmem_nth(i));
		devmem_insert(made(order[i]));
	}
	for (u64 from = 0; from < 50; from++)
		for (u64 to = from + 1; to < 50; to++)
			check_find(from, to);
	for (unsigned n = 0; n < ENTRIES; n++) { /* overlaps one page, from below and from above */
		pfn_t pfn = (BASE + entries[n].at * MiB) / PAGE;

		WANT(devmem_find(pfn, 1) == devmem_nth(n));
		WANT(devmem_find(pfn + entries[n].len * MiB / PAGE - 1, 2) == devmem_nth(n));
		if (entries[n].mode != DEVMEM_KMEM)
			WANT(devmem_keeping(pfn - 1, 2) == devmem_nth(n));
	}
	WANT(devmem_find((BASE + 14 * MiB) / PAGE - 1, 2) == devmem_nth(3));
	WANT(!devmem_find((BASE + 14 * MiB) / PAGE - 1, 1));
	for (unsigned n = 0; n < ENTRIES; n++) {
		const struct devmem *e = devmem_nth(n);

		WANT(e && e->pa == BASE + entries[n].at * MiB && e->mode == entries[n].mode);
		WANT(e->len == entries[n].len * MiB);
		WANT(!devmem_get(e->pa, e->len, DEVMEM_MODES, &d, &why) && d == e);
		WANT(!devmem_get(e->pa, e->len, e->mode, &d, &why) && d == e);
		WANT(devmem_get(e->pa, e->len - MiB, DEVMEM_MODES, &d, &why) == -ENXIO);
		WANT(devmem_get(e->pa + MiB, e->len, DEVMEM_MODES, &d, &why) == -ENXIO);
		WANT(devmem_get(e->pa, e->len, (e->mode + 1) % 3, &d, &why) == -EBUSY);
	}
	WANT_TEXT(why.text, "the device range 0x81000000+6M is dax, not kmem");
	WANT(devmem_get(BASE + 30 * MiB, MiB, DEVMEM_MODES, &d, &why) == -ENXIO);
	WANT_TEXT(why.text, "0x81e00000+1M is no device range");
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct devmem want = made(order[i]);

		WANT(!devmem_get(want.pa, want.len, want.mode, &d, &why));
		devmem_delete(d);
		WANT(devmem_get(want.pa, want.len, want.mode, &d, &why) == -ENXIO);
		for (unsigned j = i + 1; j < ENTRIES; j++) {
			want = made(order[j]);
			WANT(!devmem_get(want.pa, want.len, want.mode, &d, &why));
		}
	}
	WANT(!devmem_nth(0));
}

static void check_room(void)
{
	struct block_span s = { .pa = BASE, .len = 4 * MiB, .pfn = BASE / PAGE, .nr = 1024 };

	fake_begin(12);
	fake.no_room = true;
	WANT(devmem_room(&why) == -ENOMEM);
	fake.no_room = false;
	for (unsigned i = 0; i < DEVMEM_MAX; i++) {
		WANT(!devmem_room(&why));
		devmem_insert((struct devmem) { .pa = BASE + i * 2 * MiB, .len = 2 * MiB });
	}
	WANT(devmem_room(&why) == -ENOMEM);
	WANT_TEXT(why.text, "the registry holds 32 device ranges, no more fit");
	WANT_DEATH(devmem_insert((struct devmem) { .pa = BASE + GiB, .len = 2 * MiB }));
	WANT(devmem_absent(&s, &why) == -EEXIST);
	WANT_TEXT(why.text, "0x80000000+4M overlaps the device range 0x80000000+2M");
	for (unsigned i = 0; i < DEVMEM_MAX; i++)
		devmem_delete((struct devmem *)(uintptr_t)devmem_nth(DEVMEM_MAX - 1 - i));
	fake_hotplug = HOLD_READ;
	WANT(!devmem_absent(&s, &why));
	fake.present = true;
	WANT(devmem_absent(&s, &why) == -EEXIST);
	WANT_TEXT(why.text, "present");
}

/* ---- the digest: one word for each thing that may differ ---- */
static u64 digest(struct devmem d)
{
	u64 h;

	devmem_insert(d);
	h = devmem_digest(1);
	devmem_delete((struct devmem *)(uintptr_t)devmem_nth(0));
	WANT(devmem_digest(1) == 1);
	return h;
}

static void check_digest(void)
{
	struct devmem d = made(4), e;
	struct page *first = &fake_pages[entries[4].at * MiB / PAGE], was;
	u64 h, seen[16];
	unsigned n = 0;

	fake_begin(12);
	d.opts.reserve = 3 * PAGE;
	seen[n++] = h = digest(d);
	WANT(digest(d) == h);
#define DIFFERS(field, value)                                                                      \
	e = d, e.field = (value);                                                                  \
	seen[n++] = digest(e)
	DIFFERS(pa, d.pa + 2 * MiB);
	DIFFERS(len, d.len + 2 * MiB);
	DIFFERS(node, 1);
	DIFFERS(mode, DEVMEM_RAW);
	DIFFERS(mode, DEVMEM_KMEM);
	DIFFERS(opts.memmap, &device);
	DIFFERS(opts.uncached, true);
	DIFFERS(opts.compound, 2 * MiB);
	DIFFERS(opts.reserve, 4 * PAGE);
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < i; j++)
			WANT(seen[i] != seen[j]);
	for (unsigned compound = 0; compound < 2; compound++) {
		d.opts.compound = compound * 2 * MiB;
		h = digest(d);
		for (unsigned i = 0; i < 5; i++) { /* the whole reserve, then heads */
			bool head = i == (compound ? 0u : 3u);

			was = first[i];
			first[i].flags = 1;
			WANT((digest(d) != h) == (i < 3));
			first[i] = was;
			first[i].refcount = 1;
			WANT((digest(d) != h) == (i < 3 || head));
			first[i] = was;
			first[i].private = 1;
			WANT((digest(d) != h) == (i < 3 || head));
			first[i] = was;
		}
		e = d;
		e.mode = DEVMEM_RAW;
		h = digest(e);
		first[0].refcount = first[3].refcount = 1; /* struct pages of no range */
		WANT(digest(e) == h);
		first[0].refcount = first[3].refcount = 0;
	}
	devmem_insert(made(0));
	h = devmem_digest(1);
	devmem_insert(made(1));
	WANT(devmem_digest(1) != h && devmem_digest(2) != devmem_digest(1));
	devmem_delete((struct devmem *)(uintptr_t)devmem_nth(1));
	WANT(devmem_digest(1) == h);
}

int main(void)
{
	static const unsigned orders[][ENTRIES] = { { 0, 1, 2, 3, 4 },
						    { 4, 3, 2, 1, 0 },
						    { 2, 0, 4, 1, 3 } };
	static const char *const names[] = { "raw", "dax", "kmem", "absent" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		WANT_TEXT(devmem_mode_name(i), names[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(shapes); i++)
		check_shape(&shapes[i]);
	check_refused_by_others();
	for (unsigned i = 0; i < ARRAY_SIZE(prices); i++)
		check_price(&prices[i]);
	check_who_may_ask();
	for (unsigned i = 0; i < ARRAY_SIZE(orders); i++)
		check_registry(orders[i]);
	check_room();
	check_digest();
	printf("devmem: %u not so\n", want_failed);
	return want_failed != 0;
}
