/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/kpt_sanitize.c - the sanitizer's environment in the kernel; see
 * mm/kernel/kpt_sanitize.h.
 *
 * Unshown (acquire release fence): another CPU must change or read an entry of the same word of the
 * model while the store of the last CPU waits, and the lock of the tree is between most of them:
 * MODEL.md rare.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/kpt_sanitize.h>
#include <mm/page/page.h>
#include <mm/pt/taps/sanitize.h>

static u32 inside;     /* number + 1 of the CPU in the model; 0: none */
static u32 told, lost; /* as of the last sanitize_print_reports() */

/* Not a lock of kern/lock.h, because those make events.  A CPU inside does not wait. */
static u64 model_enter(void)
{
	u64 flags = arch_irq_save();
	u32 none = 0;

	/* acquire: this CPU reads the model after the stores of the last one */
	while (!atomic_cas_acquire(&inside, &none, this_cpu()->nr + 1)) {
		none = 0;
		arch_relax();
	}
	return flags;
}

static void model_leave(u64 flags)
{
	/* release: the next CPU reads the stores of this one */
	atomic_store_release(&inside, 0);
	arch_irq_restore(flags);
}

static const u64 *model_cells(paddr_t at)
{
	return (const u64 *)kpt_env.cells(at);
}

/* If the linear map does not map a frame (its entry may be the one that changes), they count as
 * different. */
static bool model_same(paddr_t a, paddr_t b, u64 len)
{
	if (len != page_size() || pt_translate(&kpt, linear_va(a)) != a ||
	    pt_translate(&kpt, linear_va(b)) != b)
		return false;
	return !memcmp(pa_ptr(a), pa_ptr(b), len);
}

#define CALL_BYTES 8 /* a chain has the addresses of calls; `after` is a return address */

static unsigned model_chain(u64 *pc, unsigned max, u64 after)
{
	u64 fp = arch_frame_address();
	bool inner = true;
	unsigned n = 0;

	while (n < max && arch_unwind(&fp, &pc[n])) {
		n += !inner;
		if (inner)
			inner = after - pc[n] > CALL_BYTES;
	}
	return n;
}

static unsigned model_bbm(void)
{
	return kpt.caps & PT_CAP_BBM2 ? 2 : 0;
}

static bool model_bounded(void)
{
	return kpt.caps & PT_CAP_NEW_BOUNDED;
}

static bool model_retried(void)
{
	return kpt.unfenced;
}

static const struct san_env env = {
	.cells = model_cells,
	.same = model_same,
	.enter = model_enter,
	.leave = model_leave,
	.chain = model_chain,
	.bbm = model_bbm,
	.bounded = model_bounded,
	.retried = model_retried,
};

bool sanitize_on(void)
{
	return arg_flag(&boot_args, ARG_SANITIZE);
}

void sanitize_boot(void)
{
	if (sanitize_on())
		san_begin(&env);
}

static void load_again(void *unused)
{
	(void)unused;
	kpt_load();
}

bool sanitize_begin(void)
{
	if (sanitize_on())
		return false;
	san_begin(&env);
	san_mute(true);
	ipi_call(cpus_online(), load_again, NULL);
	return true;
}

void sanitize_end(void)
{
	san_begin(NULL);
}

static void sanitize_line(const char *text)
{
	kprintf("%s\n", text);
}

unsigned sanitize_print_reports(void)
{
	struct san_seen seen;
	unsigned fresh;

	if (!sanitize_on())
		return 0;
	san_seen(&seen);
	fresh = seen.reports - told;
	told = seen.reports;
	if (fresh)
		san_print_reports(sanitize_line, symbol_text);
	if (seen.lost != lost)
		kprintf("# sanitize: no room for %u, which were not judged\n", seen.lost - lost);
	lost = seen.lost;
	return fresh;
}

NOINLINE void sanitize_mute(bool on)
{
	static bool muted;

	if (sanitize_on() && on != muted)
		san_mute(on);
	muted = on;
}
