/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-34, X-07, L-05: a frame that held struct pages of removed memory gets a new owner as soon as
 * it is free.  From then on no CPU may use a translation that it cached while the frame was mapped.
 *
 * A tap watches the removal.  If a barrier or an invalidation follows the free of the frame, the
 * removal is not over: the frame is allocated and filled at that moment.  Otherwise that is done
 * after the removal.  Every CPU has loaded the struct page just before the removal.
 */
#include <lib/string.h>
#include <tests/tlb/reuse.h>

#define OWNER 0x6e65772d6f776e72ul /* what the new owner stores */

static struct {
	struct probes p;
	struct test_hog hog;
	paddr_t frame;
	bool freed, taken;
} s NOINIT;

/* The frame becomes the new owner's; then every CPU loads from the struct page's old address. */
static bool take_frame(void)
{
	s.taken = true;
	if (!reuse_fill(&s.hog, s.frame, OWNER))
		return false;
	probes_run(&s.p, cpus_online());
	return true;
}

/* A filter that records nothing. */
static bool frame_seen(const struct pt_event *e)
{
	if (s.taken)
		return false;
	if (e->kind == PT_EV_PAGE_FREE)
		s.freed |= s.frame - e->pa < e->n * page_size();
	else if (s.freed && (e->kind == PT_EV_SYNC || e->kind == PT_EV_TLBI))
		take_frame();
	return false;
}

static unsigned owner_reads(void)
{
	unsigned n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		for (unsigned i = 0; (cpus_online() & cpu_bit(c)) && i < s.p.nr; i++)
			n += !s.p.kind[c][i] && s.p.value[c][i] == OWNER;
	return n;
}

/* Add and remove a block with page leaves by the scheme (NULL: that of the boot).  False: no range,
 * or a check failed. */
static bool round(struct test_run *t, const char *remove, struct range *r)
{
	bool ok;

	memset(&s, 0, sizeof(s));
	hog_init(&s.hog);
	if (!range_get(t, r, 1, "host"))
		return false;
	r->opts.leaf = 0;
	if (remove)
		r->opts.remove = remove_scheme_find(remove, NULL);
	if (!range_add(t, r))
		return false;
	s.frame = pt_translate(&kpt, ptr_va(pa_page(r->pa)));
	probes_add(&s.p, ptr_va(pa_page(r->pa)) + 8);
	PROBES_ALL_PRIMED(t, &s.p);
	record_begin(&recorded, frame_seen);
	ok = range_remove(t, r);
	record_end();
	if (ok && !s.taken)
		ok = CHECK(t, take_frame());
	return ok;
}

static void round_end(struct range *r)
{
	hog_drop(&s.hog);
	range_reset(r);
}

TEST(tlb, reused_frame,
     .claim = "when a frame of struct pages has a new owner, no CPU reads it at its old address",
     .rows = "S0-34 X-07", .needs = NEED_RANGE | NEED_LEAF_TLB)
{
	struct range r;

	if (round(t, NULL, &r)) {
		CHECK_FAULTS(t, &s.p, cpus_online());
		test_key(t, "probes=%u", cpus_online_nr() * s.p.nr);
	}
	round_end(&r);
}

TEST(tlb, reused_frame_twin, .mutes_sanitizer = true,
     .claim = "remove=free-first: CPUs read the new owner's data, so reused_frame can fail here",
     .rows = "S0-34 L-05", .needs = NEED_RANGE | NEED_LEAF_TLB)
{
	struct range r;

	if (round(t, "free-first", &r)) {
		omit_stale(t, owner_reads(), cpus_online_nr() * s.p.nr);
		PROBES_ALL_FAULT(t, &s.p); /* the invalidation was late, but was executed */
	}
	round_end(&r);
}
