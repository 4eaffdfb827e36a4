/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/kpt_sanitize/main.c - mm/kernel/kpt_sanitize.c: one CPU at a time is in the model,
 * which frames are equal, where a chain of calls begins, and how often each report is printed.
 */
#include <arch/arch.h>
#include <arch_inline.h>
#include <fakes/arch.h>
#include <fakes/log.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/kpt_sanitize.h>
#include <mm/page/page.h>
#include <mm/pt/taps/sanitize.h>
#include <stdarg.h>
#include <stdlib.h>
#include <want.h>

#define PAGE 4096ul
#define FRAMES 4
#define CHAIN 8
#define TABLE 0x5000ul

struct args boot_args;

static struct {
	bool on; /* sanitize=on */
	u32 reports, lost;
	unsigned hole; /* this frame is not in the linear map */
	u64 chain[CHAIN];
	unsigned calls;          /* in the chain */
	void (*other)(unsigned); /* the other CPU's turn, where this one waits */
	/* seen */
	const struct san_env *env;
	unsigned begins, tells, ipis, loads, mutes, relaxed;
	bool muted;
	u64 saved; /* the flags of CPU 0 */
} now;

static char ram[FRAMES * PAGE];

cpumask_t cpus_online(void)
{
	return 0xb;
}

bool arg_flag(const struct args *a, enum arg_id id)
{
	WANT(a == &boot_args && id == ARG_SANITIZE);
	return now.on;
}

/* ---- the CPU ---- */

void arch_relax(void)
{
	WANT(!host_irqs);
	if (now.relaxed++ > 100) {
		printf("# FAIL %s:%d: no end\n", __FILE__, __LINE__);
		exit(1);
	}
	if (now.other)
		now.other(now.relaxed);
}

u64 arch_frame_address(void)
{
	return 0x1000;
}

/* fp counts the frames. */
bool arch_unwind(u64 *fp, u64 *pc)
{
	u64 i = *fp - 0x1000;

	if (i >= now.calls)
		return false;
	*pc = now.chain[i];
	++*fp;
	return true;
}

void kpt_load(void)
{
	now.loads++;
}

void ipi_call(cpumask_t mask, void (*fn)(void *), void *arg)
{
	WANT(mask == cpus_online() && now.env && now.muted); /* before the roots are loaded */
	now.ipis++;
	fn(arg);
}

/* ---- the tree ---- */

static struct pt_cell *cells_of(paddr_t table)
{
	return (struct pt_cell *)(table + 1);
}

const struct pt_env kpt_env = { .cells = cells_of };

paddr_t pt_translate(const struct pt *pt, vaddr_t va)
{
	u64 i = (va - layout.r[REGION_LINEAR].va) / PAGE;

	WANT(pt == &kpt && i < FRAMES);
	return i == now.hole ? PA_NONE : layout.phys_base + i * PAGE;
}

/* ---- the model ---- */

void san_begin(const struct san_env *env)
{
	now.begins++;
	now.env = env;
	now.muted = false; /* it forgets everything */
}

void san_mute(bool on)
{
	WANT(now.env);
	now.mutes++;
	now.muted = on;
}

void san_seen(struct san_seen *seen)
{
	*seen = (struct san_seen) { .reports = now.reports, .lost = now.lost };
}

const char *symbol_text(u64 pc, char *buf, size_t size)
{
	(void)pc, (void)size;
	return buf;
}

void san_print_reports(void (*line)(const char *), const char *(*symbol)(u64, char *, size_t))
{
	WANT(symbol == symbol_text);
	now.tells++;
	line("a report");
}

/* ---- the model's door ---- */

static void leave_at_third(unsigned round)
{
	if (round != 3)
		return;
	host_cpu = &cpus[0];
	now.env->leave(now.saved);
	WANT(host_irqs);
	host_irqs = false; /* of the CPU that waits */
	host_cpu = &cpus[1];
}

static void check_door(void)
{
	u64 flags;

	host_irqs = true;
	host_cpu = &cpus[0];
	now.saved = now.env->enter();
	WANT(!host_irqs && !now.relaxed);
	host_cpu = &cpus[1];
	host_irqs = true; /* those of CPU 1 */
	now.other = leave_at_third;
	flags = now.env->enter();
	WANT(!host_irqs && now.relaxed == 3);
	now.other = NULL;
	now.env->leave(flags);
	WANT(host_irqs);
	host_cpu = &cpus[0];
	now.env->leave(now.env->enter());
	WANT(host_irqs && now.relaxed == 3);
}

/* ---- frames ---- */

static void check_frames(void)
{
	paddr_t a = layout.phys_base, b = a + 2 * PAGE;

	WANT(now.env->cells(TABLE) == (const u64 *)(TABLE + 1));
	memset(ram, 0x11, sizeof(ram));
	now.hole = FRAMES;
	WANT(now.env->same(a, b, PAGE) && now.env->same(b, a, PAGE));
	WANT(!now.env->same(a, b, PAGE / 2) && !now.env->same(a, b, 2 * PAGE));
	now.hole = 0;
	WANT(!now.env->same(a, b, PAGE) && !now.env->same(b, a, PAGE));
	now.hole = FRAMES;
	ram[3 * PAGE - 1]++;
	WANT(!now.env->same(a, b, PAGE) && !now.env->same(b, a, PAGE));
	WANT(now.env->same(a, a + PAGE, PAGE));
}

/* ---- calls ---- */

/* A chain of calls 100, 200, ...; `after` is where one of them returns. */
static void check_chain(u64 after, unsigned calls, unsigned max, unsigned want, u64 first)
{
	u64 pc[CHAIN] = { 0 };
	unsigned n;

	now.calls = calls;
	for (unsigned i = 0; i < calls; i++)
		now.chain[i] = 1000 - 100 * i;
	n = now.env->chain(pc, max, after);
	WANT(n == want);
	for (unsigned i = 0; i < n && i < want; i++)
		WANT(pc[i] == first - 100 * i);
	for (unsigned i = max; i < CHAIN; i++)
		WANT(!pc[i]);
}

static void check_chains(void)
{
	check_chain(704, 6, CHAIN, 2, 600); /* after the call at 700 */
	check_chain(700, 6, CHAIN, 2, 600);
	check_chain(708, 6, CHAIN, 2, 600); /* at most as long as a call */
	check_chain(709, 6, CHAIN, 0, 0);
	check_chain(699, 6, CHAIN, 0, 0);
	check_chain(1004, 6, CHAIN, 5, 900);
	check_chain(504, 6, CHAIN, 0, 0); /* the outermost */
	check_chain(1004, 6, 3, 3, 900);
	check_chain(1004, 6, 1, 1, 900);
	check_chain(1004, 6, 0, 0, 0);
	check_chain(1004, 4, 3, 3, 900);
	check_chain(1004, 3, 3, 2, 900);
	check_chain(4, 6, CHAIN, 0, 0); /* nobody's */
}

static void check_caps(void)
{
	for (unsigned i = 0; i < 4; i++) {
		kpt.caps = (i & 1 ? PT_CAP_BBM2 : 0) | (i & 2 ? PT_CAP_NEW_BOUNDED : 0);
		WANT(now.env->bbm() == (i & 1 ? 2 : 0));
		WANT(now.env->bounded() == !!(i & 2));
	}
}

/* ---- on, off and reports ---- */

static void check_off(void)
{
	WANT(!sanitize_on());
	sanitize_boot();
	WANT(!now.begins);
	now.reports = now.lost = 3;
	WANT(!sanitize_print_reports() && !now.tells && !fake_lines);
	sanitize_mute(true);
	sanitize_mute(false);
	WANT(!now.mutes);
	WANT(sanitize_begin()); /* a test's */
	WANT(now.begins == 1 && now.env && now.muted && now.ipis == 1 && now.loads == 1);
	check_door();
	check_frames();
	check_chains();
	check_caps();
	sanitize_end();
	WANT(now.begins == 2 && !now.env);
	now.reports = now.lost = 0;
}

static void check_told(void)
{
	now.reports = 2;
	WANT(sanitize_print_reports() == 2 && now.tells == 1 && fake_lines == 1);
	WANT_TEXT(fake_line, "a report\n");
	WANT(!sanitize_print_reports() && now.tells == 1 && fake_lines == 1);
	now.reports = 3;
	now.lost = 4;
	WANT(sanitize_print_reports() == 1 && now.tells == 2 && fake_lines == 3);
	WANT_TEXT(fake_line, "# sanitize: no room for 4, which were not judged\n");
	now.lost = 6;
	WANT(!sanitize_print_reports() && now.tells == 2 && fake_lines == 4);
	WANT_TEXT(fake_line, "# sanitize: no room for 2, which were not judged\n");
	WANT(!sanitize_print_reports() && fake_lines == 4);
}

static void check_on(void)
{
	now.begins = now.ipis = 0;
	now.on = true;
	WANT(sanitize_on());
	sanitize_boot();
	WANT(now.begins == 1 && now.env);
	WANT(!sanitize_begin() && now.begins == 1 && !now.ipis);
	sanitize_mute(true);
	WANT(now.mutes == 2 && now.muted);
	sanitize_mute(true);
	WANT(now.mutes == 2);
	sanitize_mute(false);
	WANT(now.mutes == 3 && !now.muted);
	sanitize_mute(false);
	WANT(now.mutes == 3);
	check_told();
}

int main(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	layout.fmt = kpt.fmt = &fmt;
	layout.phys_base = 0x80000000ul;
	layout.r[REGION_LINEAR].va = ptr_va(ram);
	for (unsigned i = 0; i < CPUS_MAX; i++)
		cpus[i].nr = i;
	check_off();
	check_on();
	printf("kpt_sanitize: %u not so\n", want_failed);
	return want_failed != 0;
}
