/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04: a virtio-mem device that does not answer, answers malformed, or changes its identity.  It
 * is logged once and no longer used; its memory stays in use, and the machine continues, also
 * with a device that is started anew.
 */
#include <lib/string.h>
#include <tests/virtio/play.h>

static void move_region(struct play *p)
{
	p->config.pa += GiB;
}

static void no_parts(struct play *p)
{
	p->config.part_bytes = 0;
}

static void small_region(struct play *p)
{
	p->config.region = p->config.part_bytes;
}

static const struct virtio_crime {
	const char *name;
	enum play_way way;             /* the rule for a request, */
	void (*change)(struct play *); /* or the change of the configuration */
} crimes[] = {
	{ "silent", PLAY_SILENT, NULL },    { "strange", PLAY_STRANGE, NULL },
	{ "empty", PLAY_EMPTY, NULL },      { "short", PLAY_SHORT, NULL },
	{ "long", PLAY_LONG, NULL },        { "other", PLAY_OTHER, NULL },
	{ "ahead", PLAY_AHEAD, NULL },      { "behind", PLAY_BEHIND, NULL },
	{ "moved", PLAY_ACK, move_region }, { "gone", PLAY_ACK, NULL },
	{ "no-parts", PLAY_ACK, no_parts }, { "shrunk", PLAY_ACK, small_region },
};

static void commit(const struct virtio_crime *c)
{
	play.change = c->change;
	play.gone = c->way == PLAY_ACK && !c->change;
	for (unsigned type = 0; type < VIRTIO_MEM_TYPES; type++)
		play_rule(type, c->way, ALWAYS);
}

/* All memory of the parts in use can be allocated, written and freed. */
static void given_up_use(struct test_run *t, const struct range *r, u64 parts)
{
	struct test_hog h;
	u64 there = 0;

	hog_init(&h);
	while (hog_one(&h, r->node, ZONE_MOVABLE,
		       (unsigned)__builtin_ctzll(PLAY_PART) - page_shift())) {
		paddr_t pa = page_pa(list_entry(h.pages.next, struct page, lru));

		if (pa - r->pa >= r->len)
			continue;
		there++;
		for (u64 at = 0; at < PLAY_PART; at += page_size())
			*(volatile u64 *)pa_ptr(pa + at) = at;
	}
	hog_drop(&h);
	CHECK_EQ(t, there, parts);
}

/* Resize from `have` to `want` parts: the device is given up on the way, once, and nothing
 * changes. */
static void give_up(struct test_run *t, struct play_stage *s, u64 have, u64 want)
{
	struct digest before, after;
	struct why why = { 0 };
	u64 asked, now;

	play_resize(have);
	CHECK_EQ(t, play_plugged(), have);
	play_remarks(s);
	digest_take(&before);
	commit(&crimes[t->param_at]);
	now = play.now;
	play_resize(want);
	CHECK(t, play.now - now < (strcmp(t->param, "silent") ? 1 : 6) * 1000000000ul);
	CHECK(t, play_state().dead);
	asked = play.asked[VIRTIO_MEM_PLUG] + play.asked[VIRTIO_MEM_UNPLUG];
	play_resize(have + 1); /* the device is ignored from now on */
	play_wait();
	CHECK_EQ(t, play.asked[VIRTIO_MEM_PLUG] + play.asked[VIRTIO_MEM_UNPLUG], asked);
	CHECK_EQ(t, play_remarks(s), 1);
	CHECK_EQ(t, play_state().have, have);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	given_up_use(t, &s->r, have);
	play.gone = false; /* as after power-on, for devices that had vanished */
	play_clear(t, s);
}

TEST(virtio, given_up,
     .claim = "a device that answers what is no answer, or none within 5 s, costs one line and is "
	      "not used any more; memory and digest are as before, whether it had to grow or to "
	      "shrink",
     .rows = "V-04", .needs = NEED_RANGE, .params = PARAMS_OF(crimes))
{
	struct why why = { 0 };
	struct play_stage s;
	u64 some = play_per_block() + 2;

	if (!play_begin(t, &s))
		return;
	give_up(t, &s, some, some + 3);
	if (!play_begin(t, &s))
		return;
	give_up(t, &s, some, some - 1);
	if (!play_new(t, &s)) /* the same device started again, with its parts still plugged */
		return;
	play.bits[0] = 7;
	play.config.plugged = 3 * PLAY_PART;
	play.config.requested = some * PLAY_PART;
	CHECK_OK(t, play_start(&why), &why);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_UNPLUG_ALL], 1);
	CHECK_EQ(t, play_plugged(), some);
	given_up_use(t, &s.r, some);
	play_end(t, &s);
}

TEST(virtio, block_unanswered,
     .claim = "a device that never says that it took a block back is given up after one request; "
	      "the block is gone, the machine goes on",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct play_stage s;
	u64 block = play_per_block();

	if (!play_begin(t, &s))
		return;
	play_resize(2 * block);
	play_rule(VIRTIO_MEM_UNPLUG, PLAY_SILENT, ALWAYS);
	play_resize(0);
	CHECK(t, play_state().dead);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_UNPLUG], 1);
	CHECK_EQ(t, play.failed, 1);
	CHECK_EQ(t, play_remarks(&s), 1);
	CHECK(t, !range_block(&s.r, 1));
	given_up_use(t, &s.r, block);
	play_clear(t, &s);
}

TEST(virtio, answers_late,
     .claim = "a request that takes 4.5 s is waited for, and the device stays in use",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct play_stage s;

	if (!play_begin(t, &s))
		return;
	play_rule(VIRTIO_MEM_PLUG, PLAY_LATE, 1);
	play_resize(2);
	CHECK_EQ(t, play_plugged(), 2);
	CHECK(t, !play_state().dead);
	CHECK_EQ(t, play_remarks(&s), 0);
	play_end(t, &s);
}
