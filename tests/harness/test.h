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
 * body continues unless it returns.  After each test the runner audits: free pages, tables, open
 * gathers and plans, regions, movable pages, CPUs idle (tests/harness/audit.c).  tests/README.md is
 * an introduction.
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
	NEED_LEAF_TLB = 16,    /* TLBs keep stale leaves (QEMU's do); else could=no */
	NEED_BLOCK_2G = 32,    /* booted with block=2G */
	NEED_FENCE_LOCAL = 64, /* newmap=fence-local: the test checks the duties of its maps */
	/* Needed to be able to fail, like NEED_LEAF_TLB: answered by the TLB profile, else
	 * could=no. */
	NEED_REMOTE_TLB = 1 << 16,   /* a CPU keeps a leaf that another CPU invalidated locally */
	NEED_WALK_TLB = 1 << 17,     /* walk caches keep pointers to removed tables */
	NEED_NEGATIVE_TLB = 1 << 18, /* TLBs keep failed walks */
	NEED_ASID_TLB = 1 << 20,     /* an invalidation for one ASID leaves entries of others */
	/* Another CPU observes accesses of one CPU out of order: no emulator does that, else
	 * could=no. */
	NEED_MEMORY_ORDER = 1 << 19,
};

/* A bound for a step of another CPU, or of an interrupt, that takes microseconds: only one that
 * hangs exceeds it.  A busy host may not run the CPU of an emulator for seconds. */
#define HANG_MS 30000
#define HANG_NS (HANG_MS * 1000000ul)

/* Could this machine have shown the failure?  TRACE: only by recorded events. */
enum test_could { COULD_YES, COULD_NO, COULD_TRACE };

struct test {
	const char *name;  /* "group.name" */
	const char *claim; /* one sentence, shown by `? NAME` */
	const char *rows;  /* catalogue ids that it checks */
	const char *file;
	u32 needs;
	u8 could;                   /* enum test_could: how a failure is observed */
	u8 rev;                     /* incremented when the meaning changes; 0 means 1 */
	bool slow;                  /* not in a quick check */
	bool mutes_sanitizer;       /* the body plants mistakes: sanitize=on reports none of them */
	bool identity;              /* the body leaves no trace: digest equal before and after */
	u32 timeout_s;              /* 0: 60, on an emulator 300 */
	const char *xfail;          /* slug in docs/LIMITS.md */
	const char *const *params;  /* NULL-terminated, or PARAMS_OF(); the name gets /param */
	u32 param_stride, param_nr; /* of PARAMS_OF() */
};

/* `.params = PARAMS_OF(array)`: each element of an array of structs is a parameter, by its member
 * `name`; &array[t->param_at] in the body. */
#define PARAMS_OF(array)                                                                           \
	&(array)[0].name, .param_stride = sizeof((array)[0]), .param_nr = ARRAY_SIZE(array)

/* The n-th parameter; NULL: there are fewer. */
static inline const char *test_param(const struct test *t, unsigned n)
{
	if (!t->params)
		return NULL;
	if (!t->param_nr)
		return t->params[n];
	if (n >= t->param_nr)
		return NULL;
	return *(const char *const *)((const char *)t->params + (size_t)n * t->param_stride);
}

static inline unsigned test_rev(const struct test *t)
{
	return t->rev ? t->rev : 1;
}

/* A stale translation that a CPU still uses; the first one that was found. */
struct test_stale {
	bool known;
	u32 cpu;
	vaddr_t va;
	u64 value;                /* what the CPU read there */
	cpumask_t asked, reading; /* CPUs that probed, and those of them that read anything */
	u32 tried, reads;         /* probes, and those of them that read */
};

struct test_run {
	const struct test *test;
	const char *param; /* NULL without params */
	unsigned param_at; /* its place among them */
	struct rng rng;    /* from seed and name */
	u32 failed;
	const char *skip; /* reason, set by SKIP */
	char skip_text[160];
	char detail[160];        /* first failed check, for the result line */
	char keys[160];          /* k=v pairs for the `#: result` line */
	paddr_t range_pa;        /* of the last range_get(), */
	u64 range_len;           /* which .identity resets */
	struct test_stale stale; /* of the first failed check, if it checked probes */
	const char *could; /* set by test_could(): the answer of this round instead of the test's */
	bool twin; /* a protection is off: failures are expected, counted and not reported */
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
/* "CALL = 18 (0x12), wanted 0"; the text of an operand that is no number precedes its value. */
void test_fail_eq(struct test_run *, const char *file, int line, const char *what, u64 got,
		  const char *wanted_text, u64 wanted);
void test_skip(struct test_run *, const char *fmt, ...) PRINTF_LIKE(2, 3);
void test_key(struct test_run *, const char *fmt, ...)
	PRINTF_LIKE(2, 3); /* "k=v" for the result line */
/* Could this machine have shown the failure that this parameter tests for?  For tests whose
 * parameters need different properties of a TLB. */
void test_could(struct test_run *, bool);
/*
 * True in a run without invalidations that has failed as it must.  Such a run ends before the
 * kernel itself uses the addresses of the stale entries.
 */
static inline bool test_twin_failed(const struct test_run *t)
{
	return t->twin && t->failed;
}

/* Rounds of a test with NEED_MEMORY_ORDER: an eighth on an emulator, where no round can fail by
 * reordering, and each waits for threads of the host. */
unsigned order_rounds(unsigned rounds);
bool test_aborted(void); /* Ctrl-C or timeout: long loops check this and return */

#define CHECK(t, cond)                                                                             \
	((cond) ? true : (test_fail(t, __FILE__, __LINE__, "%s is false", #cond), false))
#define CHECK_EQ(t, a, b)                                                                          \
	({                                                                                         \
		u64 a_ = (u64)(a), b_ = (u64)(b);                                                  \
		if (a_ != b_)                                                                      \
			test_fail_eq(t, __FILE__, __LINE__, #a, a_, #b, b_);                       \
		a_ == b_;                                                                          \
	})
/* An operation that must succeed, or must be refused with this code; prints the sentence. */
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
/* A withheld, absent range of `blocks` whole blocks; false: none, the skip reason is set. */
bool test_range(struct test_run *, u64 blocks, paddr_t *pa, u64 *len, unsigned *node);
const struct memmap_scheme *test_memmap(struct test_run *, const char *name);
