/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/movable/leaves.c - the doubles of windows, page leaves, invalidations and caches
 * (mm/live/break_window.h, mm/pt/pt.h, mm/pt/pt_tap.h, kern/cpu.h).
 */
#include "fake.h"
#include <arch/arch.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/writer.h>
#include <mm/pt/pt_tap.h>
#include <want.h>

static vaddr_t window[BREAK_PAGES];
static bool filled[PAGES]; /* the tap knows what the frame holds */
static u64 synced[PAGES];  /* 1 + the word of the frame when the caches were synchronised */
u32 pt_taps_on = 1;

/* The other CPU stores to each page whose translation it has. */
static void others_store(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].mapped)
			fake_store(&slots[i]);
}

void break_pages_open(const vaddr_t *va, unsigned n)
{
	WANT(fake.locked && !fake.open && n && n <= BREAK_PAGES);
	fake.open = n;
	fake.barrier = false;
	for (unsigned i = 0; i < n; i++)
		window[i] = va[i];
	others_store();
}

void arch_mb(void)
{
	fake.barrier = true;
}

static bool in_window(vaddr_t va)
{
	for (unsigned i = 0; i < fake.open; i++)
		if (window[i] == va)
			return true;
	return false;
}

void break_pages_close(unsigned n)
{
	WANT(fake.open == n);
	for (unsigned i = 0; i < fake.open; i++)
		WANT(!fake_slot(window[i])->broken);
	fake.open = 0;
	others_store();
}

int pt_spots_find(struct pt *pt, const vaddr_t *va, unsigned n, struct pt_spot *spot)
{
	WANT(pt == &kpt && n);
	for (unsigned i = 0; i < n; i++) {
		struct slot *s = fake_slot(va[i]);

		WANT(s->mapped && !s->broken);
		spot[i] = (struct pt_spot) { .cell = (struct pt_cell *)s, .va = va[i] };
	}
	return 0;
}

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *store, u32 max_spans)
{
	WANT(pt == &kpt && !store && !max_spans && !fake.gathers);
	*g = (struct pt_gather) { .pt = pt };
	fake.gathers = true;
	fake.flushed = true;
}

void pt_spots_break(struct pt *pt, const struct pt_spot *spot, unsigned n, struct pt_gather *g)
{
	WANT(pt == &kpt && n == fake.open && fake.barrier && g->pt == pt && fake.gathers);
	WANT(this_cpu()->writer == PT_WRITER_MIGRATE);
	for (unsigned i = 0; i < n; i++) {
		struct slot *s = (struct slot *)spot[i].cell;

		WANT(in_window(spot[i].va) && s == fake_slot(spot[i].va));
		s->broken = s->stale = true;
	}
	fake.flushed = false;
	others_store();
}

void pt_gather_flush(struct pt_gather *g)
{
	WANT(g->pt == &kpt && fake.gathers);
	others_store();
	for (unsigned i = 0; i < SLOTS; i++)
		slots[i].stale = false;
	fake.flushed = true;
	fake.flushes++;
}

void pt_gather_release(struct pt_gather *g)
{
	WANT(g->pt == &kpt && fake.gathers && fake.flushed);
	g->pt = NULL;
	fake.gathers = false;
}

static u64 frame_of(paddr_t pa)
{
	u64 page = pa / PAGE - FIRST;

	WANT(pa % PAGE == 0 && page < PAGES);
	return page % PAGES;
}

void pt_tap_run_fill(paddr_t pa, u64 len)
{
	u64 page = frame_of(pa);

	WANT(len == PAGE);
	for (unsigned i = 0; i < SLOTS; i++)
		filled[page] |= slots[i].broken &&
				!memcmp(pa_ptr(pa), pa_ptr((FIRST + slots[i].page) * PAGE), PAGE);
	WANT(filled[page]);
}

void cpu_sync_code(vaddr_t va, u64 len)
{
	u64 page = frame_of(linear_pa(va));

	WANT(len == PAGE);
	for (unsigned i = 0; i < SLOTS; i++) /* no CPU writes to it any more */
		WANT(!slots[i].mapped || slots[i].broken || slots[i].page != page);
	synced[page] = 1 + fake_word(&fake_pages[page]);
}

void pt_spots_make(struct pt *pt, const struct pt_spot *spot, const paddr_t *home, unsigned n)
{
	WANT(pt == &kpt && n == fake.open && !fake.gathers);
	WANT(this_cpu()->writer == PT_WRITER_MIGRATE);
	for (unsigned i = 0; i < n; i++) {
		struct slot *s = (struct slot *)spot[i].cell;
		u64 page = frame_of(home[i]);

		WANT(s->broken && !s->stale && in_window(spot[i].va) && filled[page]);
		WANT(fake_word(&fake_pages[page]) == s->stores);
		WANT(fake_last(&fake_pages[page]) == s->last);
		if (s->prot & PT_X)
			WANT(synced[page] == 1 + s->stores);
		else
			WANT(!synced[page]);
		filled[page] = false;
		synced[page] = 0;
		s->page = page;
		s->broken = false;
	}
	others_store();
}

bool fake_synced(const struct page *p)
{
	u64 *was = &synced[p - fake_pages];
	bool is = *was == 1 + fake_word(p);

	*was = 0;
	return is;
}
