/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fragment/main.c - mm/study/fragment.c and mm/policy/frag/ against a model of their
 * headers: the state of each fragment, the pages with room, the waiting callbacks, and the time at
 * which a page and a space are freed.
 */
#include "fake.h"
#include <stdlib.h>
#include <want.h>

static const struct frag_scheme *how;
static struct frag_class class;
static struct frag_space space;
static unsigned per_page, fragments_max;

/* The model: by frame. */
static struct model_page {
	u16 a, p, q;
	bool waits;   /* a callback is queued */
	bool tainted; /* whole-page: a free was deferred, so the page is never listed again */
} model[FRAMES];
static u64 allocs, defers, ctors, dtors;
static u16 all;

static bool is(const char *name)
{
	return !strcmp(how->s.name, name);
}

static void gone(struct frag_space *s)
{
	WANT(s == &space && !fake.locked);
	fake.gone++;
}

/* ---- the contracts of the headers ---- */

static bool listed(const struct model_page *m)
{
	return !is("in-table") && m->a && m->a != all && !m->waits && !m->tainted;
}

/* in-table: fragments whose list nodes are on the list, free or still pending. */
static u16 nodes_in(const struct model_page *m)
{
	return is("in-table") && m->a ? (u16)(all & ~m->a) : 0;
}

static bool has_room(const struct model_page *m)
{
	u16 free = (u16)(all & ~m->a & ~m->p);

	return is("in-table") ? (nodes_in(m) & free) != 0 : listed(m) && free;
}

static void check_list(void)
{
	unsigned met[FRAMES][FRAG_MOST] = { 0 }, n = 0;

	list_for_each (&space.room, it) {
		u64 at = (u64)it - layout.r[REGION_LINEAR].va;
		bool node = is("in-table");
		unsigned f = node ? (unsigned)(at / fake_page_size())
				  : (unsigned)(list_entry(it, struct page, lru) - frames);

		WANT(f < FRAMES && it->next->prev == it && ++n < FRAMES * FRAG_MOST);
		if (f >= FRAMES || n >= FRAMES * FRAG_MOST)
			exit(1);
		met[f][node ? at % fake_page_size() / class.bytes : 0]++;
	}
	for (unsigned f = 0; f < FRAMES; f++)
		for (unsigned i = 0; i < FRAG_MOST; i++)
			WANT(met[f][i] == (is("in-table") ? nodes_in(&model[f]) >> i & 1u
							  : !i && listed(&model[f])));
}

static void check_all(void)
{
	struct frag_stats s;
	unsigned pages = 0;

	fake_settled();
	for (unsigned f = 0; f < FRAMES; f++) {
		const struct model_page *m = &model[f];
		struct frag_bits b = frag_bits_of(&frames[f]);

		WANT((page_state(&frames[f]) == PAGE_USED) == (m->a || m->p));
		if (!m->a && !m->p)
			continue;
		pages++;
		WANT(b.allocated == m->a && b.pending == m->p && b.queued == m->q);
		WANT(b.link == (m->waits ? FRAG_WAITS : listed(m) ? FRAG_LISTED : FRAG_LOOSE));
		WANT(frames[f].frag.class == &class);
	}
	check_list();
	frag_stats_read(&s);
	WANT(s.pages == pages && pages == fake.frames_out && s.callbacks == fake.callbacks);
	WANT(s.ctors == ctors && s.dtors == dtors);
	WANT(space.allocs == allocs && space.defers == defers);
}

/* ---- contents: the first word of a table identifies it ---- */

static void *ptr_of(unsigned f, unsigned i)
{
	return (u8 *)page_ptr(&frames[f]) + (u64)i * class.bytes;
}

static u8 mark(unsigned f, unsigned i)
{
	return (u8)(f * 16 + i + 1);
}

/* Walkers also find the entries of pending fragments, except in the list nodes of in-table. */
static void check_contents(void)
{
	for (unsigned f = 0; f < FRAMES; f++)
		for (unsigned i = 0; i < per_page; i++) {
			const u8 *at = ptr_of(f, i);
			bool node = is("in-table") && !(model[f].a >> i & 1);

			if (!((model[f].a | model[f].p) >> i & 1))
				continue;
			for (u64 k = node ? sizeof(struct list) : 0; k < class.bytes; k++)
				if (at[k] != mark(f, i)) {
					WANT(!"the entries of a table in use have changed");
					return;
				}
		}
}

/* ---- operations, on the model and in truth ---- */

static void try_alloc(void)
{
	u64 scanned = space.scanned, skipped = space.skipped, out = fake.frames_out;
	bool room = false, on_list = !list_empty(&space.room);
	unsigned f, i;
	u8 *t;

	for (f = 0; f < FRAMES; f++)
		room |= has_room(&model[f]);
	t = frag_alloc(&space);
	scanned = space.scanned - scanned;
	skipped = space.skipped - skipped;
	WANT(scanned == skipped + room && (scanned != 0) == on_list);
	WANT((t != NULL) == (room || out < fake.frames_most));
	if (!t)
		return;
	f = (unsigned)(pa_page(linear_pa(ptr_va(t))) - frames);
	i = (unsigned)(ptr_va(t) % fake_page_size() / class.bytes);
	WANT(t == ptr_of(f, i) && i < per_page && t == frag_ptr(&frames[f], i));
	WANT(!((model[f].a | model[f].p) >> i & 1));
	WANT(room ? has_room(&model[f]) && fake.frames_out == out
		  : !model[f].a && !model[f].p && !i && fake.frames_out == out + 1);
	if (!room)
		model[f] = (struct model_page) { 0 };
	model[f].a |= (u16)BIT(i);
	for (u64 k = 0; k < class.bytes; k++)
		if (t[k])
			WANT(!"a table is not zeroed");
	memset(t, mark(f, i), class.bytes);
	allocs++;
	ctors++;
}

static void over(unsigned f, u16 bits)
{
	for (unsigned i = 0; i < FRAG_MOST; i++)
		if (bits >> i & 1) {
			dtors++;
			WANT(!class.dtor || fake.dtors[f][i] == 1);
			fake.dtors[f][i] = 0;
		}
	model[f].p &= (u16)~bits;
}

/* Fragments are pending, and the page has one place in the queue. */
static void pends(struct model_page *m)
{
	if (is("listed"))
		return;
	m->tainted |= is("whole-page");
	if (m->waits || (is("whole-page") && m->a) || !m->p)
		return;
	m->waits = true;
	m->q = m->p;
}

static void try_free(unsigned f, unsigned i)
{
	struct model_page *m = &model[f];
	bool there = m->a >> i & 1, others = m->p != 0;

	if (!m->a && !m->p)
		return; /* the page is not of this space */
	WANT(frag_free(&space, ptr_of(f, i)) == there);
	if (!there)
		return;
	m->a &= (u16)~BIT(i);
	over(f, (u16)BIT(i));
	if (others)
		pends(m);
}

static void try_defer(unsigned f, unsigned i)
{
	struct model_page *m = &model[f];
	bool there = m->a >> i & 1;

	if (!m->a && !m->p)
		return; /* the page is not of this space */
	WANT(frag_defer(&space, ptr_of(f, i)) == there);
	if (!there)
		return;
	m->a &= (u16)~BIT(i);
	m->p |= (u16)BIT(i);
	defers++;
	pends(m);
}

static void model_period(void)
{
	for (unsigned f = 0; f < FRAMES; f++) {
		struct model_page *m = &model[f];

		if (is("listed"))
			over(f, m->p);
		if (!m->waits)
			continue;
		over(f, m->q);
		m->q = m->p;
		m->waits = m->q != 0;
	}
}

static unsigned waiting(void)
{
	unsigned n = 0;

	for (unsigned f = 0; f < FRAMES; f++)
		n += is("listed") ? (unsigned)__builtin_popcount(model[f].p) : model[f].waits;
	return n;
}

static void period(void)
{
	fake_period();
	model_period();
}

static void barrier(void)
{
	unsigned before = fake.barriers;

	frag_barrier();
	WANT(fake.barriers == before + 2);
	model_period();
	model_period();
	for (unsigned f = 0; f < FRAMES; f++)
		WANT(!model[f].p || (is("whole-page") && model[f].a));
}

/* ---- the cases ---- */

static void begin(const struct frag_scheme *scheme, unsigned shift, u32 bytes, bool dtor,
		  void (*fn)(struct frag_space *))
{
	struct frag_stats s;

	how = scheme;
	fake_begin(shift);
	class = (struct frag_class) { .bytes = bytes, .dtor = dtor ? fake_dtor : NULL };
	memset(&space, 0x5a, sizeof(space));
	frag_space_begin(&space, &class, how, fn);
	fake.space = &space;
	fake.kept = space;
	WANT(list_empty(&space.room) && list_empty(&space.deposited));
	WANT(space.room.prev == &space.room && space.deposited.prev == &space.deposited);
	per_page = (unsigned)(fake_page_size() / bytes);
	per_page = per_page > 16 ? 16 : per_page;
	WANT(frag_per_page(&class) == per_page);
	all = (u16)((1u << per_page) - 1);
	memset(model, 0, sizeof(model));
	allocs = defers = 0;
	frag_stats_read(&s);
	ctors = s.ctors;
	dtors = s.dtors;
	fake.callbacks = s.callbacks;
	WANT(!s.pages);
}

static void empty_all(bool by_free)
{
	for (unsigned f = 0; f < FRAMES; f++)
		for (unsigned i = 0; i < per_page; i++)
			if (by_free)
				try_free(f, i);
			else
				try_defer(f, i);
	check_all();
}

/* The owner ends the space while callbacks wait: callbacks that use the space keep it. */
static void leave(bool has_gone)
{
	bool keeps = how->keeps_space;
	unsigned before;

	WANT(keeps == (is("relist") || is("in-table")));
	before = waiting();
	WANT(fake_waiting() == before);
	WANT(!fake.gone);
	frag_space_end(&space);
	fake.over = !(keeps && before);
	WANT(fake.gone == (has_gone && fake.over));
	while (waiting()) {
		WANT(!keeps || !fake.gone);
		period();
	}
	WANT(fake.gone == has_gone && !fake_waiting() && !fake.frames_out);
	check_all();
}

static u64 seed;

static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(seed >> 33) % n;
}

static void one_step(void)
{
	unsigned f = random_below(fragments_max) & ~1u, i = random_below(per_page);

	switch (random_below(10)) {
	case 0 ... 3:
		try_alloc();
		break;
	case 4 ... 5:
		try_free(f, i);
		break;
	case 6 ... 7:
		try_defer(f, i);
		break;
	case 8:
		period();
		break;
	default:
		if (random_below(4) == 0)
			barrier();
		else if (random_below(4) == 0)
			empty_all(random_below(2));
	}
}

static void check_random(const struct frag_scheme *scheme, unsigned shift, u32 bytes)
{
	for (unsigned round = 0; round < 8; round++) {
		begin(scheme, shift, bytes, round % 4 != 3, round & 1 ? gone : NULL);
		fragments_max = round & 2 ? 4 : 12;
		fake.frames_most = fragments_max / 2 - (round & 2 ? 0 : 1);
		for (unsigned n = 0; n < 400; n++) {
			one_step();
			check_all();
			check_contents();
			WANT(fake_waiting() == waiting());
			if (want_failed)
				return;
		}
		empty_all(round & 4);
		leave(round & 1);
	}
}

/* The fragment that was deposited last is withdrawn first, with its list node cleared. */
static void check_deposits(const struct frag_scheme *scheme)
{
	u64 *t[3];

	begin(scheme, 12, 512, true, NULL);
	WANT(!frag_withdraw(&space));
	for (unsigned i = 0; i < 3; i++) {
		t[i] = frag_alloc(&space);
		frag_deposit(&space, t[i]);
		fake_settled();
	}
	for (unsigned i = 3; i-- > 0;) {
		u64 *is = frag_withdraw(&space);

		fake_settled();
		WANT(is == t[i]);
		for (unsigned k = 0; k < 64; k++)
			WANT(!is[k]);
	}
	WANT(!frag_withdraw(&space) && list_empty(&space.deposited));
	for (unsigned i = 0; i < 3; i++)
		WANT(frag_free(&space, t[i]));
	frag_space_end(&space);
}

int main(void)
{
	static const struct {
		unsigned shift;
		u32 bytes;
	} shapes[] = { { 12, 256 }, { 12, 2048 }, { 12, 1024 },
		       { 12, 64 },  { 14, 4096 }, { 16, 1024 } };
	unsigned schemes = 0;

	reg_for_each (frag, it) {
		schemes++;
		for (unsigned i = 0; i < ARRAY_SIZE(shapes) && !want_failed; i++)
			check_random(*it, shapes[i].shift, shapes[i].bytes);
		check_deposits(*it);
	}
	WANT(schemes == 4);
	printf("fragment: %u not so\n", want_failed);
	return want_failed != 0;
}
