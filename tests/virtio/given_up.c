/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04: a virtio-mem device that does not answer, gives a malformed answer, or changes its
 * identity.  It is logged once and no longer used; its memory stays in use, and the machine
 * continues, also with a device that is started again.
 */
#include <lib/string.h>
#include <tests/virtio/fake_mem.h>

static void move_region(struct fake_mem *p)
{
	p->config.pa += GiB;
}

static void no_parts(struct fake_mem *p)
{
	p->config.subblock_bytes = 0;
}

static void small_region(struct fake_mem *p)
{
	p->config.region = p->config.subblock_bytes;
}

static const struct virtio_crime {
	const char *name;
	enum fake_mem_way way;             /* the rule for a request, */
	void (*change)(struct fake_mem *); /* or the change of the configuration */
} crimes[] = {
	{ "silent", FAKE_MEM_SILENT, NULL },    { "strange", FAKE_MEM_STRANGE, NULL },
	{ "empty", FAKE_MEM_EMPTY, NULL },      { "short", FAKE_MEM_SHORT, NULL },
	{ "long", FAKE_MEM_LONG, NULL },        { "other", FAKE_MEM_OTHER, NULL },
	{ "ahead", FAKE_MEM_AHEAD, NULL },      { "behind", FAKE_MEM_BEHIND, NULL },
	{ "moved", FAKE_MEM_ACK, move_region }, { "gone", FAKE_MEM_ACK, NULL },
	{ "no-parts", FAKE_MEM_ACK, no_parts }, { "shrunk", FAKE_MEM_ACK, small_region },
};

static void commit(const struct virtio_crime *c)
{
	fake_mem.change = c->change;
	fake_mem.gone = c->way == FAKE_MEM_ACK && !c->change;
	for (unsigned type = 0; type < VIRTIO_MEM_TYPES; type++)
		fake_mem_rule(type, c->way, ALWAYS);
}

/* Allocate, write and free all memory of the parts in use. */
static void given_up_use(struct test_run *t, const struct range *r, u64 parts)
{
	struct test_hog h;
	u64 there = 0;

	hog_init(&h);
	while (hog_one(&h, r->node, ZONE_MOVABLE,
		       (unsigned)__builtin_ctzll(FAKE_MEM_PART) - page_shift())) {
		paddr_t pa = page_pa(list_entry(h.pages.next, struct page, lru));

		if (pa - r->pa >= r->len)
			continue;
		there++;
		for (u64 at = 0; at < FAKE_MEM_PART; at += page_size())
			*(volatile u64 *)pa_ptr(pa + at) = at;
	}
	hog_drop(&h);
	CHECK_EQ(t, there, parts);
}

/* Resize from `have` to `want` parts: the device is given up once, and nothing changes. */
static void give_up(struct test_run *t, struct fake_mem_stage *s, u64 have, u64 want)
{
	struct digest before, after;
	struct why why = { 0 };
	u64 asked, now;

	fake_mem_resize(have);
	CHECK_EQ(t, fake_mem_plugged(), have);
	fake_mem_remarks(s);
	digest_take(&before);
	commit(&crimes[t->param_at]);
	now = fake_mem.now;
	fake_mem_resize(want);
	CHECK(t, fake_mem.now - now < (strcmp(t->param, "silent") ? 1 : 6) * 1000000000ul);
	CHECK(t, fake_mem_state().dead);
	asked = fake_mem.asked[VIRTIO_MEM_PLUG] + fake_mem.asked[VIRTIO_MEM_UNPLUG];
	fake_mem_resize(have + 1); /* the device is ignored now */
	fake_mem_wait();
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_PLUG] + fake_mem.asked[VIRTIO_MEM_UNPLUG], asked);
	CHECK_EQ(t, fake_mem_remarks(s), 1);
	CHECK_EQ(t, fake_mem_state().have, have);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	given_up_use(t, &s->r, have);
	fake_mem.gone = false; /* as after power-on, for devices that had disappeared */
	fake_mem_clear(t, s);
}

TEST(virtio, given_up,
     .claim = "a device with an invalid answer, or none within 5 s, causes one line and is no "
	      "longer used; memory and digest are as before, whether it had to grow or shrink",
     .rows = "V-04", .needs = NEED_RANGE, .params = PARAMS_OF(crimes))
{
	struct why why = { 0 };
	struct fake_mem_stage s;
	u64 some = fake_mem_per_block() + 2;

	if (!fake_mem_begin(t, &s))
		return;
	give_up(t, &s, some, some + 3);
	if (!fake_mem_begin(t, &s))
		return;
	give_up(t, &s, some, some - 1);
	if (!fake_mem_new(t, &s)) /* start the same device again, with its parts still plugged */
		return;
	fake_mem.bits[0] = 7;
	fake_mem.config.plugged = 3 * FAKE_MEM_PART;
	fake_mem.config.requested = some * FAKE_MEM_PART;
	CHECK_OK(t, fake_mem_start(&why), &why);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_UNPLUG_ALL], 1);
	CHECK_EQ(t, fake_mem_plugged(), some);
	given_up_use(t, &s.r, some);
	fake_mem_end(t, &s);
}

TEST(virtio, block_unanswered,
     .claim = "a device that never acknowledges the unplug of a block is given up after one "
	      "request; the block is removed, the machine continues",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct fake_mem_stage s;
	u64 block = fake_mem_per_block();

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(2 * block);
	fake_mem_rule(VIRTIO_MEM_UNPLUG, FAKE_MEM_SILENT, ALWAYS);
	fake_mem_resize(0);
	CHECK(t, fake_mem_state().dead);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_UNPLUG], 1);
	CHECK_EQ(t, fake_mem.failed, 1);
	CHECK_EQ(t, fake_mem_remarks(&s), 1);
	CHECK(t, !range_block(&s.r, 1));
	given_up_use(t, &s.r, block);
	fake_mem_clear(t, &s);
}

TEST(virtio, answers_late,
     .claim = "the driver waits for a request that takes 4.5 s, and the device stays in use",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct fake_mem_stage s;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_rule(VIRTIO_MEM_PLUG, FAKE_MEM_LATE, 1);
	fake_mem_resize(2);
	CHECK_EQ(t, fake_mem_plugged(), 2);
	CHECK(t, !fake_mem_state().dead);
	CHECK_EQ(t, fake_mem_remarks(&s), 0);
	fake_mem_end(t, &s);
}
