/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/region_cut.c - registers where firmware claims RAM; see region_cut_claimed().
 *
 * A memory node may be too large: that of a board may describe all of its memory as one range,
 * across 2 GiB of devices.  Where a device has registers there is no RAM, whatever the node claims.
 */
#include <lib/printf.h>
#include <mm/page/region.h>

#define NEAR (128 * MiB)
#define HOLES_MAX 32
#define FRAME 4096ul

struct hole {
	u64 lo, hi;
	unsigned devices;
	const char *name; /* of the lowest */
};

struct holes {
	struct hole at[HOLES_MAX];
	unsigned nr;
};

struct hole_teller {
	const char *source;
	void (*log)(const char *sentence);
};

static bool hole_has_image(u64 lo, u64 hi)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_RESERVED, n)); n++)
		if (r->kind == MEM_IMAGE && r->pa < hi && r->pa + r->len > lo)
			return true;
	return false;
}

static bool holes_join(const struct hole *a, const struct hole *b)
{
	u64 lo = min_u64(a->lo, b->lo), hi = max_u64(a->hi, b->hi);

	if (a->lo < b->hi && b->lo < a->hi)
		return true;
	return max_u64(a->lo, b->lo) - min_u64(a->hi, b->hi) < NEAR && !hole_has_image(lo, hi);
}

static void hole_absorb(struct hole *c, const struct hole *other)
{
	if (other->lo < c->lo)
		c->name = other->name;
	c->lo = min_u64(c->lo, other->lo);
	c->hi = max_u64(c->hi, other->hi);
	c->devices += other->devices;
}

/* A hole that joins two others may reach a third. */
static void hole_add(struct holes *s, struct hole c)
{
	for (unsigned i = 0; i < s->nr;) {
		if (!holes_join(&s->at[i], &c)) {
			i++;
			continue;
		}
		hole_absorb(&c, &s->at[i]);
		s->at[i] = s->at[--s->nr];
		i = 0;
	}
	if (s->nr == HOLES_MAX)
		hole_absorb(&s->at[s->nr - 1], &c);
	else
		s->at[s->nr++] = c;
}

static void log_hole_of_image(const struct hole_teller *t, const char *name, u64 pa)
{
	char line[160];

	snprintf(line, sizeof(line),
		 "%s: %.40s claims registers at 0x%lx, where the image is: not believed", t->source,
		 name, pa);
	t->log(line);
}

static void hole_look(const struct mem_claim *c, struct holes *s, const struct hole_teller *t)
{
	u64 lo = align_down(c->pa, FRAME), hi = align_up(c->pa + c->len, FRAME);

	if (hi <= lo || !region_find(MEM_RAM, lo, hi - lo))
		return;
	if (hole_has_image(lo, hi))
		log_hole_of_image(t, region_claim_name(c), c->pa);
	else
		hole_add(s, (struct hole) { lo, hi, 1, region_claim_name(c) });
}

static void hole_cut(u64 lo, u64 hi)
{
	const struct mem_range *r;

	while (lo < hi && (r = region_find(MEM_RAM, lo, hi - lo))) {
		u64 from = max_u64(lo, r->pa), to = min_u64(hi, r->pa + r->len);

		if (region_remove(from, to - from, r->kind, NULL))
			break;
		lo = to;
	}
}

static void log_hole(const struct hole_teller *t, const struct hole *c)
{
	char line[160], more[24] = "";

	if (c->devices > 1)
		snprintf(more, sizeof(more), " and %u more", c->devices - 1);
	snprintf(line, sizeof(line), "%s: %s is no RAM: registers of %.40s%s are there", t->source,
		 range_text(c->lo, c->hi - c->lo).text, c->name, more);
	t->log(line);
}

void region_cut_claimed(const char *source, void (*log)(const char *sentence))
{
	const struct hole_teller t = { source, log };
	const struct mem_claim *c;
	struct holes s = { .nr = 0 };

	for (unsigned n = 0; (c = region_claim_nth(n)); n++)
		if (c->kind == CLAIM_REGISTERS)
			hole_look(c, &s, &t);
	for (unsigned i = 0; i < s.nr; i++) {
		log_hole(&t, &s.at[i]);
		hole_cut(s.at[i].lo, s.at[i].hi);
	}
}
