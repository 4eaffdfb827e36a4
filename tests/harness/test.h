/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/test.h - one claim, one file, nothing else to touch.
 *
 *   TEST(hotplug, identity, .claim = "add, online, offline, remove leaves no trace",
 *        .rows = "S0-01 S0-20", .needs = NEED_RANGE)
 *   {
 *           CHECK_EQ(t, ...);
 *   }
 *
 * The name is group.name.  A check that fails prints both operands and marks the test failed; the
 * body goes on unless it returns.  After each test the runner audits: free pages, tables, open
 * gathers and plans, regions, movable pages, CPUs idle (tests/harness/audit.c).  tests/README.md teaches.
 */
#pragma once
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/rng.h>
#include <mm/hotplug/hotplug.h>

enum test_needs {
	NEED_RANGE = 1, /* at least one whole withheld block */
	NEED_GIB = 2,   /* 1 GiB withheld, aligned */
	NEED_SMP = 4,   /* two CPUs */
	NEED_TWO_NODES = 8,
	NEED_LEAF_TLB = 16, /* keeps stale leaves (QEMU does); else could=no */
	NEED_BLOCK_2G = 32, /* booted with block=2G */
	/* To fail, like NEED_LEAF_TLB: answered from the TLB profile, else could=no. */
	NEED_REMOTE_TLB = 1 << 16,   /* a CPU keeps a leaf that another CPU dropped */
	NEED_WALK_TLB = 1 << 17,     /* keeps pointers to tables that went */
	NEED_NEGATIVE_TLB = 1 << 18, /* keeps failed walks */
	/* Accesses of one CPU seen out of order by another: no emulator shows it, else could=no. */
	NEED_MEMORY_ORDER = 1 << 19,
};

enum test_could { COULD_YES, COULD_NO, COULD_TRACE }; /* could the failure have shown here? */

struct test {
	const char *name;  /* "group.name" */
	const char *claim; /* one sentence, shown by `? NAME` */
	const char *rows;  /* catalogue ids it checks */
	const char *file;
	u32 needs;
	u8 could;                  /* enum test_could: how a failure is seen */
	u8 rev;                    /* raised when the meaning changes; 0 stands for 1 */
	bool slow;                 /* not in a quick check */
	u32 timeout_s;             /* 0 = 60 */
	const char *xfail;         /* slug in docs/LIMITS.md */
	const char *const *params; /* NULL-terminated; the name gets /param */
};

static inline unsigned test_rev(const struct test *t)
{
	return t->rev ? t->rev : 1;
}

struct test_run {
	const struct test *test;
	const char *param; /* NULL without params */
	struct rng rng;    /* from seed and name */
	u32 failed;
	const char *skip; /* reason, set by SKIP */
	char skip_text[160];
	char detail[160];  /* first failed check, for the result line */
	char keys[160];    /* k=v pairs for the `#: result` line */
	const char *could; /* set by test_could(): this round's answer instead of the test's */
	bool twin; /* a protection is out: failures are wanted, so they are counted and not told */
};

struct test_entry {
	const struct test *test;
	void (*body)(struct test_run *);
};
REG_DECLARE(tests, struct test_entry);

#define TEST(group, id, ...)                                                                       \
	static void test_##group##_##id(struct test_run *);                                        \
	static const struct test test_of_##group##_##id = { .name = #group "." #id,                \
							    .file = __FILE__,                      \
							    __VA_ARGS__ };                         \
	static const struct test_entry test_entry_##group##_##id = { &test_of_##group##_##id,      \
								     test_##group##_##id };        \
	REGISTER(tests, group##_##id, test_entry_##group##_##id);                                  \
	static void test_##group##_##id(struct test_run *t __attribute__((unused)))

void test_fail(struct test_run *, const char *file, int line, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
void test_skip(struct test_run *, const char *fmt, ...) PRINTF_LIKE(2, 3);
void test_key(struct test_run *, const char *fmt, ...)
	PRINTF_LIKE(2, 3); /* "k=v" for the result line */
/* Could the failure that this parameter looks for have shown here?  For tests whose parameters need
 * different things of a TLB. */
void test_could(struct test_run *, bool);
bool test_aborted(void); /* Ctrl-C or timeout: long loops look here and return */

#define CHECK(t, cond)                                                                             \
	((cond) ? true : (test_fail(t, __FILE__, __LINE__, "%s is false", #cond), false))
#define CHECK_EQ(t, a, b)                                                                          \
	({                                                                                         \
		u64 a_ = (u64)(a), b_ = (u64)(b);                                                  \
		if (a_ != b_)                                                                      \
			test_fail(t, __FILE__, __LINE__, "%s = %llu (0x%llx), wanted %s = %llu",   \
				  #a, (unsigned long long)a_, (unsigned long long)a_, #b,          \
				  (unsigned long long)b_);                                         \
		a_ == b_;                                                                          \
	})
/* An operation that must succeed / must be refused with this code; prints the sentence. */
#define CHECK_OK(t, call, why)                                                                     \
	({                                                                                         \
		int r_ = (call);                                                                   \
		if (r_)                                                                            \
			test_fail(t, __FILE__, __LINE__, "%s: %s: %s", #call, err_name(r_),        \
				  (why)->text);                                                    \
		r_ == 0;                                                                           \
	})
#define CHECK_REFUSED(t, call, code, why)                                                          \
	({                                                                                         \
		int r_ = (call);                                                                   \
		if (r_ != -(code))                                                                 \
			test_fail(t, __FILE__, __LINE__, "%s: %s, wanted %s (%s)", #call,          \
				  err_name(r_), err_name(-(code)), (why)->text);                   \
		r_ == -(code);                                                                     \
	})

/* ---- fixtures (tests/harness/fixture.c) ---- */
/* A withheld, absent range of `blocks` whole blocks; false sets the skip reason. */
bool test_range(struct test_run *, u64 blocks, paddr_t *pa, u64 *len, unsigned *node);
const struct memmap_scheme *test_memmap(struct test_run *, const char *name);
