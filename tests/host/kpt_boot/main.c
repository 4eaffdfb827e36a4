/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/kpt_boot/main.c - mm/kernel/kpt_boot.c: each table is handed out once and zeroed, has
 * a link of its own, and its struct page gets that link; the rest of the arenas is freed.
 *
 * There is one boot in a process, so each case has a process.
 */
#include <arch/arch.h>
#include <asserts.h>
#include <boot/boot.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/page/page.h>
#include <mm/page/region.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BASE 0x40000000ul
#define BYTES (256 * MiB)
#define POOL 5u /* pages of the pool, at BASE */
#define LO (BASE + MiB)
#define HI (BASE + BYTES)

static struct {
	unsigned pool, skip; /* pages that the pool handed out; the one that it passes over */
	bool none;           /* the registry has nothing */
	unsigned arenas, removed;
	u64 next;
	struct {
		paddr_t pa;
		u64 len;
	} arena[20], rest[20];
} now;

static u64 page(void)
{
	return 1ul << layout.fmt->page_shift;
}

paddr_t boot_pool_alloc(void)
{
	paddr_t pa = BASE + now.pool * page();

	if (now.pool == POOL)
		return PA_NONE;
	now.pool++;
	if (now.pool == now.skip)
		pa += page();
	arch_zero(pa_ptr(pa), page());
	return pa;
}

paddr_t region_alloc_within(u64 len, u64 align, paddr_t lo, paddr_t hi)
{
	paddr_t pa = LO + now.next;

	WANT(lo == LO && hi == HI && align == page() && len % page() == 0);
	if (now.none)
		return PA_NONE;
	now.next += len + 16 * page();
	WANT(pa + len <= HI);
	now.arena[now.arenas].pa = pa;
	now.arena[now.arenas++].len = len;
	return pa;
}

int region_remove(paddr_t pa, u64 len, enum region_kind kind, struct why *why)
{
	WANT(kind == MEM_BOOT && !why && len);
	now.rest[now.removed].pa = pa;
	now.rest[now.removed++].len = len;
	return 0;
}

static void begin(unsigned page_shift)
{
	static struct pt_fmt fmt;
	void *ram = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *pages = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (ram == MAP_FAILED || pages == MAP_FAILED)
		exit(1);
	fmt.page_shift = (u8)page_shift;
	layout.fmt = &fmt;
	layout.phys_base = BASE;
	layout.r[REGION_LINEAR].va = ptr_va(ram);
	layout.r[REGION_VMEMMAP].va = ptr_va(pages);
	memset(ram, 0x5a, 4 * MiB);
	WANT(kpt_boot_open);
}

#define TABLES (POOL + 32 + 64 + 10)
static paddr_t table[TABLES];

/* A table that was not handed out before, zeroed; this test writes to it and to its link. */
static paddr_t fresh(unsigned n)
{
	static const u8 zero[4096];
	paddr_t pa = kpt_boot_alloc();
	struct pt_link *l;

	if (pa == PA_NONE) {
		WANT(!"a table");
		exit(1);
	}
	WANT(pa % page() == 0 && !memcmp(pa_ptr(pa), zero, page()));
	for (unsigned i = 0; i < n; i++)
		WANT(table[i] != pa && kpt_boot_link(table[i]) != kpt_boot_link(pa));
	l = kpt_boot_link(pa);
	WANT(!l->next && kpt_boot_pa(l) == pa);
	l->next = (struct pt_link *)(uintptr_t)(n + 1);
	memset(pa_ptr(pa), 0x77, page());
	return table[n] = pa;
}

/* Bookkeeping is in the same arena, before the tables, and in none of them. */
static void check_arenas(void)
{
	static const unsigned sizes[] = { 32, 64, 128 };

	WANT(now.arenas == 3);
	for (unsigned i = 0; i < 3; i++) {
		u64 links = align_up(sizes[i] * sizeof(struct pt_link), page());

		WANT(now.arena[i].len == links + sizes[i] * page());
	}
	for (unsigned n = POOL; n < TABLES; n++) {
		unsigned a = n < POOL + 32 ? 0 : n < POOL + 96 ? 1 : 2;
		paddr_t link = linear_pa(ptr_va(kpt_boot_link(table[n])));

		WANT(table[n] - now.arena[a].pa < now.arena[a].len);
		WANT(link - now.arena[a].pa < page());
		WANT(kpt_boot_link(table[n])->next == (struct pt_link *)(uintptr_t)(n + 1));
	}
}

static void a_boot(void)
{
	struct pt_link foreign[2];
	paddr_t end;

	begin(12);
	kpt_boot_mapped(LO, HI);
	for (unsigned n = 0; n < TABLES; n++)
		fresh(n);
	check_arenas();
	end = now.arena[2].pa + now.arena[2].len;
	kpt_boot_link(end - page());
	WANT_DEATH(kpt_boot_link(end));
	WANT_DEATH(kpt_boot_link(BASE - page()));
	WANT_DEATH(kpt_boot_link(now.arena[0].pa)); /* its bookkeeping */
	WANT_DEATH(kpt_boot_pa(&foreign[0]));
	WANT_DEATH(kpt_boot_pa(kpt_boot_link(end - page()) + 1));
	WANT_DEATH(kpt_boot_pa(kpt_boot_link(table[POOL]) - 1));
	kpt_boot_trim();
	WANT(now.removed == 1 && now.rest[0].pa == table[TABLES - 1] + page());
	WANT(now.rest[0].len == 118 * page());
	WANT_DEATH(kpt_boot_alloc());
	WANT(kpt_boot_open);
	kpt_boot_close();
	WANT(!kpt_boot_open);
	for (unsigned n = 0; n < TABLES; n++)
		WANT(pa_page(table[n])->table.next == (struct pt_link *)(uintptr_t)(n + 1));
	WANT(!pa_page(table[TABLES - 1] + page())->table.next);
}

/* Tables that a plan returns are handed out next, the last one first; their links are cleared. */
static void tables_that_return(void)
{
	begin(12);
	kpt_boot_mapped(LO, HI);
	for (unsigned n = 0; n < POOL + 3; n++)
		fresh(n);
	kpt_boot_free(table[1]);
	kpt_boot_free(table[POOL + 1]);
	kpt_boot_free(table[3]);
	WANT(kpt_boot_alloc() == table[3] && !kpt_boot_link(table[3])->next);
	WANT(kpt_boot_alloc() == table[POOL + 1] && !kpt_boot_link(table[POOL + 1])->next);
	WANT(kpt_boot_alloc() == table[1] && !kpt_boot_link(table[1])->next);
	fresh(POOL + 3);
	kpt_boot_trim();
	WANT(now.removed == 1 && now.rest[0].len == 28 * page());
}

static void whole_arenas(void)
{
	begin(12);
	kpt_boot_mapped(LO, HI);
	for (unsigned n = 0; n < POOL + 32; n++)
		fresh(n);
	kpt_boot_trim();
	WANT(!now.removed && now.arenas == 1);
}

static void nothing_mapped(void)
{
	begin(12);
	for (unsigned n = 0; n < POOL; n++)
		fresh(n);
	WANT(kpt_boot_alloc() == PA_NONE && !now.arenas);
	kpt_boot_mapped(LO, HI);
	now.none = true;
	WANT(kpt_boot_alloc() == PA_NONE);
	now.none = false;
	fresh(POOL);
	WANT(now.arenas == 1 && now.arena[0].len == 33 * page());
}

static void pool_with_a_gap(void)
{
	begin(12);
	now.skip = 3;
	fresh(0);
	fresh(1);
	WANT_DEATH(kpt_boot_alloc());
}

/* 15 arenas of 32, 64, 128 ... tables, here of 64 bytes each; then there are no more. */
static void all_arenas(void)
{
	u64 n = 0;
	paddr_t pa;

	begin(6);
	kpt_boot_mapped(LO, HI);
	while ((pa = kpt_boot_alloc()) != PA_NONE)
		n++;
	WANT(n == POOL + 32ul * ((1 << 15) - 1) && now.arenas == 15);
	WANT(now.arena[0].len == 32 * 8 + 32 * 64 && now.arena[14].len == (32ul << 14) * 72);
	WANT_DEATH(kpt_boot_link(BASE - page()));
	WANT_DEATH(kpt_boot_pa(NULL));
	kpt_boot_trim();
	WANT(!now.removed);
	kpt_boot_close();
}

static int in_child(void (*run)(void))
{
	int status = 1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		run();
		exit(want_failed != 0);
	}
	waitpid(pid, &status, 0);
	return status != 0;
}

int main(void)
{
	static void (*const cases[])(void) = { a_boot,         tables_that_return, whole_arenas,
					       nothing_mapped, pool_with_a_gap,    all_arenas };
	unsigned failed = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
		failed += (unsigned)in_child(cases[i]);
	printf("kpt_boot: %u not so\n", failed);
	return failed != 0;
}
