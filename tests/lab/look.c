// SPDX-License-Identifier: BSD-2-Clause
/* tests/lab/look.c - loads and stores on every CPU, and CPUs that keep loading; see lab.h. */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/lab/lab.h>

static void load_here(void *arg)
{
	struct look *k = arg;
	unsigned cpu = this_cpu()->nr;

	k->kind[cpu] = (u8)arch_probe_load64(k->va, &k->value[cpu]);
}

void lab_look(struct look *k, cpumask_t cpus, vaddr_t va)
{
	k->va = va;
	cpu_run(cpus, load_here, k);
}

static void store_here(void *arg)
{
	struct look *k = arg;
	unsigned cpu = this_cpu()->nr;

	k->kind[cpu] = (u8)arch_probe_store64(k->va, k->value[cpu]);
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

	k->kind[this_cpu()->nr] = (u8)arch_probe_exec(k->va);
}

void lab_jump(struct look *k, cpumask_t cpus, vaddr_t va)
{
	k->va = va;
	cpu_run(cpus, jump_here, k);
}

/* The readers' side of the published tests, dsb-isb. */
void lab_order(void)
{
	const struct tlb_scheme *s = tlb_selected();

	arch_mb();
	s->wait(); /* what was read before is complete */
	s->ctx();  /* and what was fetched or translated ahead of it is dropped */
}

static void watcher(void *arg)
{
	struct watch *w = arg;
	unsigned cpu = this_cpu()->nr;
	struct cpu_pause pause = { 0 };

	for (bool first = true;; first = false) {
		/* acquire: the load below comes after the flag */
		u32 flag = atomic_load_acquire(&w->flag);
		u64 value = 0;
		enum outcome o;
		int kind;

		lab_order(); /* the flag before the load */
		kind = arch_probe_load64(w->va, &value);
		o = lab_outcome(kind, value, w->word);
		w->ever[cpu] |= (u8)BIT(o);
		w->loads[cpu]++;
		if (flag) {
			w->after[cpu] = (u8)o;
			w->value[cpu] = value;
			return;
		}
		if (first)
			atomic_fetch_add_release(&w->ready, 1);
		cpu_pause(&pause);
	}
}

static bool all_ready(void *arg)
{
	const struct watch *w = arg;

	return atomic_load_acquire(&w->ready) == (u32)cpus_in(w->cpus);
}

void watch_begin(struct watch *w, cpumask_t cpus, vaddr_t va, u64 word)
{
	memset(w, 0, sizeof(*w));
	w->va = va + 8 * word;
	w->word = word;
	w->cpus = cpus;
	cpu_post(cpus, watcher, w);
	cpu_wait_until(all_ready, w);
}

void watch_end(struct watch *w)
{
	atomic_store_release(&w->flag, 1);
	cpu_wait(w->cpus);
}
