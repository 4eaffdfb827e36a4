/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/model.h - a machine in a process.
 *
 * Physical memory is a memfd.  A reserved window of host addresses is the kernel's half;
 * a tap on the engine's stores maps and unmaps the memfd there, leaf run by leaf run.  So struct
 * pages and linear map are real memory exactly while the page tables map them, and a later
 * access dies with SIGSEGV.  Each case runs in a child process, on a machine of its own.
 */
#pragma once
#include <lib/rng.h>
#include <mm/hotplug/hotplug.h>
#include <mm/hotplug/movable.h>
#include <mm/kernel/kpt.h>
#include <mm/memmap/memmap.h>
#include <mm/page/buddy.h>
#include <mm/page/region.h>

#define MODEL_RAM 0x40000000ul
#define MODEL_RAM_LEN (96 * MiB)
#define MODEL_HOT 0x50000000ul /* withheld, node 1 */

/*
 * Boot.  section 0 = that of the format (128 MiB); a small one keeps memmaps small, so that a case
 * can afford ten thousands of cycles.  block 0 = one section.  `hot` bytes are withheld at `at`.
 */
struct model_shape {
	u64 section, block, hot;
	paddr_t at; /* 0 = MODEL_HOT */
	bool disjoint;
};
void model_boot(struct model_shape);
#define SMALL (4 * MiB) /* a section of 1024 pages, 16 pages of memmap */
/* The platform takes memory away, if hotplug_may_release() allows it: accesses fault from then
 * on. */
bool model_eject(paddr_t, u64 len);
/* The same memory, independent of the page tables. */
void *model_phys(paddr_t);
bool model_readable(const void *);
extern struct rng model_rng;
extern u64 model_inval_calls;
extern bool model_emulated;  /* the result of emulated_cpu() */
extern struct model_caches { /* bytes passed to arch_dcache_*() */
	u64 cleaned, dropped;
} model_caches;
extern const char *model_args[]; /* arguments by enum arg_id, NULL = default */
/* Options with the default leaf; `memmap` by name, two-pass removal. */
struct hotplug_opts model_opts(const char *memmap);
/* Allocate all free pages of boot memory but `keep`, as single pages; and free them. */
void model_eat(u64 keep);
void model_eat_end(void);

/* ---- cases ---- */
struct model_case {
	const char *name;
	void (*run)(void);
	int dies; /* expected end: 0 = returns; else SIGSEGV or an assertion */
};
enum { DIES_NOT, DIES_SEGV, DIES_ASSERT };
REG_DECLARE(cases, struct model_case);
#define CASE(id, ...)                                                                              \
	static void id(void);                                                                      \
	static const struct model_case case_##id = { .name = #id, .run = id, __VA_ARGS__ };        \
	REGISTER(cases, id, case_##id);                                                            \
	static void id(void)

void model_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
#define WANT(cond, ...)                                                                            \
	do {                                                                                       \
		if (!(cond))                                                                       \
			model_fail(__FILE__, __LINE__, #cond ": " __VA_ARGS__);                    \
	} while (0)
#define WANT_EQ(a, b)                                                                              \
	do {                                                                                       \
		u64 a_ = (a), b_ = (b);                                                            \
		if (a_ != b_)                                                                      \
			model_fail(__FILE__, __LINE__, "%s = %lu, wanted %s = %lu", #a, a_, #b,    \
				   b_);                                                            \
	} while (0)
#define OK(call)                                                                                   \
	do {                                                                                       \
		struct why why_ = { 0 }, *why = &why_;                                             \
		int r_ = (call);                                                                   \
		if (r_)                                                                            \
			model_fail(__FILE__, __LINE__, "%s: %d %s", #call, r_, why->text);         \
	} while (0)
#define REFUSED(code, words, call)                                                                 \
	do {                                                                                       \
		struct why why_ = { 0 }, *why = &why_;                                             \
		struct digest d0_, d1_;                                                            \
		int r_;                                                                            \
		digest_take(&d0_);                                                                 \
		r_ = (call);                                                                       \
		digest_take(&d1_);                                                                 \
		model_refused(__FILE__, __LINE__, #call, r_, code, why, words);                    \
		model_same(__FILE__, __LINE__, #call, &d0_, &d1_);                                 \
	} while (0)
void model_refused(const char *file, int line, const char *call, int r, int code,
		   const struct why *, const char *words);
void model_same(const char *file, int line, const char *call, const struct digest *,
		const struct digest *);
#define SAME(before, after) model_same(__FILE__, __LINE__, "identity", before, after)
void model_audit(void); /* buddy_check, gathers, plans, teardowns */
