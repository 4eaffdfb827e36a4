/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - the native test bench of the page-table engine.
 *
 * mock.c   memory for tables with red zones; an environment that records and checks: a TLB that
 * stays stale until it is invalidated, walk caches, break-before-make, the order of freeing.
 * walker.c translation according to the architecture's text alone; shares no code with the engine.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs the four headers above */

#include <lib/assert.h>
#include <lib/rng.h>
#include <mm/pt/pt.h>
#include <mm/pt/pt_cell.h>
#include <mm/pt/pt_tap.h>

/* ---- the translation that hardware performs: walker.c ---- */
struct seen {
	bool mapped;
	paddr_t pa;      /* physical address of the page of va */
	unsigned prot;   /* PT_* bits */
	u64 leaf;        /* bytes the leaf spans */
	u64 grain;       /* bytes within which one entry translates to consecutive addresses */
	u64 unit;        /* bytes mapped as one unit: the contiguous run, or else the leaf */
	unsigned tables; /* tables on the path, below the root */
};
struct seen walker_see(const struct pt *, vaddr_t);
/* The number of tables below the root that overlap [va, va+len), and of the empty ones among them.
 */
unsigned walker_tables(const struct pt *, vaddr_t va, u64 len);
unsigned walker_empty_inside(const struct pt *, vaddr_t va, u64 len, vaddr_t floor,
			     vaddr_t ceiling);
u64 walker_digest(const struct pt *); /* hash of every byte of every table */

/* ---- the rig: mock.c ---- */
struct bench {
	struct pt pt;
	u64 allocs, frees, invals, publishes, visibles, loads;
	u64 fail_at;              /* fail the n-th allocation from now; 0 = never */
	bool breakable;           /* the result of may_break() */
	void (*on_publish)(void); /* called between the read of a slot and the store to it */
	struct pt_inval last_inval;
	u64 span_pages;   /* pages freed by free_span() */
	char order[4096]; /* I inval, F free table, S free span, U unhook, C clear leaves */
	unsigned nr_order;
};
extern struct bench bench;

/* A new LIVE tree of the format, with all counters zero. */
struct pt *bench_new(const struct pt_fmt *, u32 caps);
struct pt *bench_fresh(const struct pt_fmt *, u32 caps); /* the same in state FRESH: never loaded */
void bench_audit(void); /* check red zones and counts, and that nothing is allocated */
unsigned bench_in_use(void);
struct pt_cell *bench_cells(paddr_t);
void bench_prime(vaddr_t); /* enter this page into the TLB */
/* Every primed page must still have the translation of a walk, with the same or fewer rights. */
void bench_tlb_check(void);
void bench_order_reset(void);

/* True if this call fails an assertion of the engine, whose text is then in *what. */
#define asserts(call)                                                                              \
	(bench_expect_assert = true,                                                               \
	 setjmp(bench_assert_jump) ? true : ((call), bench_expect_assert = false))
extern bool bench_expect_assert;
extern jmp_buf bench_assert_jump;

#define for_each_format(f)                                                                         \
	for (const struct pt_fmt *const *it_ = __start_reg_formats, *f;                            \
	     it_ < __stop_reg_formats && (f = *it_, bench_about(f), true); it_++)
extern const char *bench_format; /* named in failures */
extern u64 bench_page;           /* its page size */
void bench_about(const struct pt_fmt *);

/* The base address that the kernel uses. */
static inline vaddr_t half_base(const struct pt_fmt *f)
{
	return -(1ul << f->half_bits);
}

/* Distance of the boundaries between level-1 tables; arbitrary if the root is a level-1 table. */
static inline u64 upper_span(const struct pt_fmt *f)
{
	return f->levels > 2 ? pt_span(f, 2) : 16 * pt_span(f, 1);
}

#define RWG (PT_R | PT_W | PT_GLOBAL)

int run_map(struct pt *, vaddr_t, u64 len, paddr_t, unsigned prot, unsigned max_level, bool contig);
int run_unmap(struct pt *, vaddr_t, u64 len);
int run_protect(struct pt *, vaddr_t, u64 len, unsigned prot);
unsigned run_free_empty(struct pt *, vaddr_t, u64 len, vaddr_t floor, vaddr_t ceiling);
int run_split(struct pt *, vaddr_t, u64 len, unsigned max_level);
int run_collapse(struct pt *, vaddr_t, unsigned level);
int run_join(struct pt *, vaddr_t, unsigned level); /* single leaves into a contiguous run */

extern u64 bench_seed;

extern const struct CMUnitTest format_tests[], duty_tests[], map_tests[], removal_tests[],
	random_tests[], misuse_tests[], race_tests[], gather_tests[], tap_tests[], split_tests[],
	spot_tests[], exact_tests[];
extern const size_t format_tests_nr, duty_tests_nr, map_tests_nr, removal_tests_nr, random_tests_nr,
	misuse_tests_nr, race_tests_nr, gather_tests_nr, tap_tests_nr, split_tests_nr,
	spot_tests_nr, exact_tests_nr;
#define TESTS(name) const size_t name##_nr = sizeof(name) / sizeof(name[0])
