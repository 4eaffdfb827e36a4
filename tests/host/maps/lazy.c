/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/maps/lazy.c - mm/vmalloc/vmalloc_lazy.c: what waits, when it is purged, and another
 * CPU that puts off or purges where this one has just released the lock.
 */
#include "fake.h"

#define RUNS 256 /* that wait at most */

static void begin(unsigned pages, u64 most)
{
	fake_begin(pages, 16);
	vmalloc_lazy_max = most;
	WANT(!vmalloc_lazy_pages() && !vmalloc_purge());
}

/* So many pages wait in so many runs, and there were so many purges. */
static void check_waits(unsigned pages, unsigned runs, unsigned flushes)
{
	WANT(vmalloc_lazy_pages() == pages);
	WANT(fake_mapped(PART_VM) == pages);
	WANT(vmalloc_in_use() == pages + runs);
	WANT(fake.flushes == flushes);
	WANT(!fake_any_lock() && !fake.section && !fake.plans);
	WANT(fake.gathers == (runs != 0));
	WANT(this_cpu()->writer == PT_WRITER_MIGRATE);
}

static void put(unsigned pages)
{
	void *p = vmalloc(pages, NODE, OWNER);

	WANT(p);
	vfree(p, pages);
}

/* Both batches, each more than once. */
static void check_pages(void)
{
	begin(200, 8);
	for (unsigned round = 0; round < 6; round++) {
		put(3);
		check_waits(3, 1, 2 * round);
		WANT(fake.frames_out == 3);
		put(5);
		check_waits(8, 2, 2 * round);
		WANT(fake.frames_out == 8);
		put(1);
		check_waits(0, 0, 2 * round + 1);
		WANT(!fake.frames_out);
		put(8);
		check_waits(8, 1, 2 * round + 1);
		WANT(vmalloc_purge());
		check_waits(0, 0, 2 * round + 2);
		WANT(!fake.frames_out);
		WANT(!vmalloc_purge());
	}
	put(9);
	check_waits(0, 0, 13);
	fake_quiet();
}

/* A chunk of 16 pages is freed as one. */
static void check_chunk(void)
{
	void *p;

	begin(200, 100);
	fake.large = true;
	fake_fmt.leaf_ok = BIT(0) | BIT(1);
	p = vmalloc_large(2 * SLOT + 3, NODE, OWNER);
	WANT(p);
	vfree(p, 2 * SLOT + 3);
	check_waits(2 * SLOT + 3, 1, 0);
	WANT(vmalloc_purge() && !fake.frames_out);
	check_waits(0, 0, 1);
}

static void unmap_one(unsigned nr)
{
	paddr_t pa = fake_frame(nr);
	vaddr_t va = vmalloc_va_alloc(1);

	WANT(va && !vmalloc_map(va, &pa, 1, PT_R));
	vmalloc_unmap_lazy(va, 1);
}

static void check_runs(void)
{
	begin(1000, 10000);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 1; i < RUNS; i++)
			unmap_one(i);
		check_waits(RUNS - 1, RUNS - 1, round);
		unmap_one(0);
		check_waits(0, 0, round + 1);
	}
	begin(100, 0);
	unmap_one(0); /* at once */
	check_waits(0, 0, 1);
	fake_quiet();
}

/* ---- the other CPU ---- */

static unsigned wait_for; /* so many releases */

static void puts_one_off(const char *name)
{
	if (strcmp(name, "vmalloc lazy") || --wait_for)
		return;
	fake.on_unlock = NULL;
	unmap_one(300);
}

/* Between the run that fills the batch up and its purge: one more has no room, and purges. */
static void check_full(void)
{
	begin(1000, 10000);
	for (unsigned i = 1; i < RUNS; i++)
		unmap_one(i);
	wait_for = 1;
	fake.on_unlock = puts_one_off;
	unmap_one(0);
	WANT(!fake.on_unlock);
	check_waits(0, 0, 2);
	fake_quiet();
}

static void waits_at_first(const char *name)
{
	if (!strcmp(name, "vmalloc lazy") && --wait_for == 0) {
		paddr_t pa = fake_frame(300);
		vaddr_t va = vmalloc_va_alloc(1);

		fake.on_unlock = NULL;
		WANT(va && !vmalloc_map(va, &pa, 1, PT_R));
		vmalloc_unmap_lazy(va, 1);
		WANT(vmalloc_lazy_pages() == 3 && !fake.flushes);
	}
}

/* An area that is deferred while a batch is purged waits in the other batch, for the next purge. */
static void check_beside(void)
{
	begin(100, 100);
	unmap_one(0);
	unmap_one(1);
	wait_for = 1;
	fake.on_unlock = waits_at_first;
	WANT(vmalloc_purge());
	check_waits(1, 1, 1);
	WANT(vmalloc_purge());
	check_waits(0, 0, 2);
	fake_quiet();
}

/* ---- what runs out ---- */

static void check_run_out(void)
{
	void *p;

	begin(12, 100);
	put(5);
	put(3);
	check_waits(8, 2, 0);
	p = vmalloc(9, NODE, OWNER); /* no addresses */
	WANT(p && !vmalloc_lazy_pages() && fake.flushes == 1);
	vfree(p, 9);
	check_waits(9, 1, 1);
	WANT(!vmalloc_va_alloc(11)); /* nor after a purge */
	check_waits(0, 0, 2);
	begin(200, 100);
	put(6);
	fake.frames_most = 7;
	p = vmalloc(7, NODE, OWNER); /* no frames */
	WANT(p && fake.flushes == 1 && fake.frames_out == 7);
	WANT(!vmalloc(1, NODE, OWNER));
	vfree(p, 7);
	WANT(vmalloc_purge());
	check_waits(0, 0, 2);
	fake_quiet();
}

void check_lazy(void)
{
	check_pages();
	check_chunk();
	check_runs();
	check_full();
	check_beside();
	check_run_out();
}
