/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/look.c - accesses on every CPU, and CPUs that keep loading; see lab.h. */
#include <arch/arch.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/kernel/kpt_sanitize.h>
#include <tlblab/lab.h>

#define TRIES 64        /* least tries of a load that faulted on a valid entry */
#define AWAIT_NS 100000 /* wait for an entry to become valid before a fence */

enum lab_rule lab_rule(void)
{
	return lab_rule_of(!strcmp(arch_name, "arm64"), kpt.caps);
}

/* ---- barriers ---- */

static const struct tlb_scheme *strong; /* the scheme whose barriers are left out at present */

void lab_weak_begin(void)
{
	static struct tlb_scheme weak;

	strong = tlb_selected();
	weak = *strong;
	weak.sync = weak.wait = weak.ctx = lab_no_barrier;
	sanitize_mute(true);
	tlb_select(&weak);
}

void lab_weak_end(void)
{
	tlb_select(strong);
	strong = NULL;
	sanitize_mute(false);
}

void lab_no_barrier(void)
{
}

void lab_order(void)
{
	const struct tlb_scheme *s = strong ? strong : tlb_selected();

	arch_mb();
	s->wait(); /* earlier reads are complete */
	s->ctx();  /* and fetches and translations made ahead are dropped */
}

/* ---- faults on a valid entry ---- */

enum outcome lab_settle(int (*probe)(vaddr_t, u64 *), vaddr_t va, u64 *value)
{
	u64 patience = lab_patience_ns(lab_rule()), start = clock_ns();
	bool ended;

	arch_mb(); /* the flag before the next access: a weak reader has no order */
	for (unsigned n = 0;; n++) {
		ended = !probe(va, value);
		if (ended || (n >= TRIES && clock_ns() - start >= patience))
			break;
	}
	if (ended)
		return lab_fault_outcome(false, true);
	tlb_invalidate_here(&kpt, va);
	return lab_fault_outcome(true, !probe(va, value));
}

void lab_await(vaddr_t va)
{
	u64 patience = lab_patience_ns(lab_rule()) + AWAIT_NS, start = clock_ns(), value;
	struct cpu_pause pause = { 0 };

	while (lab_probe(va, &value)) {
		if (clock_ns() - start > patience) { /* this CPU may cache its failed walk */
			tlb_invalidate_here(&kpt, va);
			start = clock_ns();
		}
		cpu_pause(&pause);
	}
}

/* ---- one access ---- */

static void load_here(void *arg)
{
	struct look *k = arg;
	unsigned cpu = this_cpu()->nr;

	lab_order(); /* order the call before the walk: an earlier walk proves nothing */
	k->kind[cpu] = (u8)lab_probe(k->va, &k->value[cpu]);
	k->saw[cpu] = SAW_FAULT;
}

void lab_look(struct look *k, cpumask_t cpus, vaddr_t va)
{
	k->va = va;
	cpu_run(cpus, load_here, k);
}

void lab_load_valid(struct look *k)
{
	unsigned cpu = this_cpu()->nr;

	k->kind[cpu] = (u8)lab_probe(k->va, &k->value[cpu]);
	k->saw[cpu] = k->kind[cpu] ? (u8)lab_settle(lab_probe, k->va, &k->value[cpu]) : SAW_FAULT;
}

static void load_valid_here(void *arg)
{
	lab_order();
	lab_load_valid(arg);
}

void lab_look_valid(struct look *k, cpumask_t cpus, vaddr_t va)
{
	k->va = va;
	cpu_run(cpus, load_valid_here, k);
}

enum outcome lab_saw(const struct look *k, unsigned cpu, u64 word)
{
	return k->kind[cpu] ? k->saw[cpu] : lab_outcome(0, k->value[cpu], word);
}

static void store_here(void *arg)
{
	struct look *k = arg;
	unsigned cpu = this_cpu()->nr;

	k->kind[cpu] = (u8)lab_probe_store(k->va, k->value[cpu]);
}

void lab_store(struct look *k, cpumask_t cpus, vaddr_t va, u64 value)
{
	k->va = va;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		k->value[c] = value;
	cpu_run(cpus, store_here, k);
}

static void jump_here(void *arg)
{
	struct look *k = arg;

	k->kind[this_cpu()->nr] = (u8)lab_probe_exec(k->va);
}

void lab_jump(struct look *k, cpumask_t cpus, vaddr_t va)
{
	k->va = va;
	cpu_run(cpus, jump_here, k);
}

/* ---- CPUs that keep accessing ---- */
static u32 started;

void lab_started(void)
{
	atomic_fetch_add_release(&started, 1);
}

static bool all_started(void *cpus)
{
	return atomic_load_acquire(&started) == (u32)cpus_in(*(const cpumask_t *)cpus);
}

void lab_start(cpumask_t cpus, void (*fn)(void *), void *arg)
{
	started = 0;
	cpu_post(cpus, fn, arg);
	cpu_wait_until(all_started, &cpus);
}

/* ---- CPUs that keep loading ---- */

/* Read the flag, then execute the instructions of this kind of reader between flag and load. */
static vaddr_t read_flag(const struct watch *w)
{
	vaddr_t va;

	switch (w->reader) {
	case READER_FENCE:
		va = atomic_load_acquire(&w->flag);
		lab_order();
		return va;
	case READER_RMB:
		va = atomic_load_relaxed(&w->flag);
		atomic_fence_acquire();
		return va;
	default:
		return atomic_load_relaxed(&w->flag);
	}
}

static enum outcome watch_load(struct watch *w, unsigned cpu, vaddr_t flag)
{
	/* READER_ADDR: the address is the value of the flag */
	vaddr_t va = flag && w->reader == READER_ADDR ? flag : w->va;
	u64 value = 0;
	int kind = lab_probe(va, &value);
	enum outcome o = lab_outcome(kind, value, w->word);

	if (flag && kind && w->valid_after) {
		o = lab_settle(lab_probe, w->va, &value);
		if (value == lab_word(FRAME_OLD, w->word))
			o = SAW_OLD;
	}
	w->value[cpu] = value;
	return o;
}

static void watcher(void *arg)
{
	struct watch *w = arg;
	unsigned cpu = this_cpu()->nr;
	struct cpu_pause pause = { 0 };

	for (bool first = true;; first = false) {
		vaddr_t flag = read_flag(w);
		enum outcome o = watch_load(w, cpu, flag);

		sight_add(&w->sight[cpu], o);
		if (flag) {
			w->after[cpu] = (u8)o;
			return;
		}
		if (first)
			lab_started();
		cpu_pause(&pause);
	}
}

void watch_begin(struct watch *w, const struct watch *how)
{
	*w = *how;
	lab_start(w->cpus, watcher, w);
}

void watch_announce(struct watch *w)
{
	atomic_store_relaxed(&w->flag, w->va);
}

void watch_end(struct watch *w)
{
	atomic_store_release(&w->flag, w->va);
	cpu_wait(w->cpus);
}
