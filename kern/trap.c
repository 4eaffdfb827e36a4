/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/trap.c - handle an exception: survive it if it was expected, else report it.
 *
 * The order is the contract of kern/trap.h: a test or a probe expects its fault, and retries by
 * itself (kern/probe.h); for an address in a published window the CPU waits; an entry that became
 * valid without a broadcast is invalidated on this CPU and the access is retried (lazy.c).  A retry
 * without the invalidation could loop for ever (ENGINE 4.4) unless the CPUs bound it, and so could
 * a retry of a fault that the invalidation does not cure: the same fault repeated within
 * RETRY_WINDOW_US is a crash.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/lazy.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <mm/pt/pt.h>

#define RETRIES_MAX 4
#define RETRY_WINDOW_US 1000
#define DEPTH_MAX 3

static struct retry { /* the last entry found valid after all, by CPU */
	u64 pc, at, last;
	vaddr_t va;
	pte_t val;
	u32 nr;
} retries[CPUS_MAX];

static u8 depth[CPUS_MAX];

void (*trap_watch)(bool leaving);
bool (*trap_expected)(struct trap_frame *, const struct trap_info *);

static const char *const kind_names[] = {
	[TRAP_NONE] = "none",
	[TRAP_TRANSLATION] = "translation",
	[TRAP_PERMISSION] = "permission",
	[TRAP_ACCESS_FLAG] = "access flag",
	[TRAP_EXTERNAL] = "external",
	[TRAP_ALIGNMENT] = "alignment",
	[TRAP_UNDEFINED] = "undefined instruction",
	[TRAP_BREAKPOINT] = "breakpoint",
	[TRAP_ASYNC] = "asynchronous",
	[TRAP_OTHER] = "other",
	[TRAP_CALL] = "call",
};

const char *trap_kind_name(int kind)
{
	if (kind < 0 || (size_t)kind >= ARRAY_SIZE(kind_names))
		return "unknown";
	return kind_names[kind];
}

/* ---- an entry that is valid by now ---- */

static enum pt_prot access_prot(const struct trap_info *info)
{
	return info->fetch ? PT_X : info->write ? PT_W : PT_R;
}

/*
 * False: this very fault was retried RETRIES_MAX times within RETRY_WINDOW_US.  If retries have no
 * invalidation: it recurred for longer than the bound, with no gap of RETRY_WINDOW_US.
 */
static bool retry_allowed(struct retry *r, u64 pc, const struct pt_slot *slot, vaddr_t va)
{
	bool bounded = kern_hooks.tree->bounded;
	u64 now = arch_counter(), since = bounded ? r->last : r->at;

	if (r->pc != pc || r->va != va || r->val != slot->val ||
	    now - since > clock_us_ticks(RETRY_WINDOW_US))
		*r = (struct retry) { .pc = pc, .va = va, .val = slot->val, .at = now };
	r->last = now;
	return bounded ? lazy_waits(r->at) : r->nr++ < RETRIES_MAX;
}

/* Invalidate the address on this CPU and retry, if the tree permits the access by now. */
static bool retry_stale(const struct trap_frame *frame, const struct trap_info *info)
{
	struct cpu *cpu = this_cpu();
	struct pt_slot slot;

	if (!info->has_va || !lazy_permitted(info->va, access_prot(info), info->kind, &slot) ||
	    !retry_allowed(&retries[cpu->nr], arch_frame_pc(frame), &slot, info->va))
		return false;
	lazy_settle(info->va);
	cpu->faults_retried++;
	return true;
}

/* A window explains an invalid or stale entry; this waits for its end. */
static bool window_waited(const struct trap_info *info)
{
	return info->has_va && trap_of_entry(info->kind) && kern_hooks.fault_window &&
	       kern_hooks.fault_window(info->va);
}

/* ---- the order ---- */

/* The order is the contract of kern/trap.h.  A fault nested deeper than DEPTH_MAX is always
 * reported. */
static bool trap_recovered(struct trap_frame *frame, const struct trap_info *info)
{
	if (info->overflow || depth[this_cpu()->nr] > DEPTH_MAX)
		return false;
	if (arch_fixup(frame, info->kind)) {
		this_cpu()->faults_probed++;
		return true;
	}
	/* Check again: a migration of the page may have begun after the walk. */
	return window_waited(info) || retry_stale(frame, info) || window_waited(info);
}

static const char *access_name(const struct trap_info *info)
{
	return info->fetch ? "fetch from" : info->write ? "write to" : "read of";
}

static NORETURN void report(const struct trap_frame *frame, const struct trap_info *info)
{
	const char *cause = info->cause ? info->cause : trap_kind_name(info->kind);
	const char *stack = info->overflow ? "stack overflow: " : "";
	u64 raw = info->raw, va = info->va;
	const char *special = info->has_va && kern_hooks.what_is ? kern_hooks.what_is(va) : NULL;
	char where[80];

	symbol_text(arch_frame_pc(frame), where, sizeof(where));
	if (info->has_va)
		crash_in_frame(frame, "%s%s, %s 0x%lx%s%s at %s (raw 0x%lx)", stack, cause,
			       access_name(info), va, special ? ", " : "", special ? special : "",
			       where, raw);
	crash_in_frame(frame, "%s%s at %s (raw 0x%lx)", stack, cause, where, raw);
}

bool kern_fault(struct trap_frame *frame, const struct trap_info *info)
{
	struct cpu *cpu = this_cpu();
	struct trap_frame *outer = cpu->frame;
	bool (*expected)(struct trap_frame *, const struct trap_info *) =
		atomic_load_relaxed(&trap_expected);

	if (expected && expected(frame, info))
		return true;
	cpu->frame = frame;
	depth[cpu->nr]++;
	if (!trap_recovered(frame, info))
		report(frame, info);
	depth[cpu->nr]--;
	cpu->frame = outer;
	return true;
}

void kern_irq(void)
{
	if (kern_hooks.irq)
		kern_hooks.irq();
	else
		this_cpu()->spurious++;
}
