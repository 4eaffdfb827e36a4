/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/stubs.c - the parts of kern/ and arch/ that the hotplug core needs: one CPU,
 * locks that check order and release, arguments that a case may set.
 */
#include "model.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/crew.h>
#include <kern/emulator.h>
#include <kern/lock.h>
#include <kern/probe.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <mm/kernel/shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

u64 model_inval_calls;
const char *model_args[ARG_NR];
char init_start[1], init_end[1];
const char shadow_owner[] = "shadow"; /* nothing here has one */

cpumask_t cpus_online(void)
{
	return 1;
}

void cpu_serve(void)
{
}

/* One CPU never waits for another. */
void cpu_pause(struct cpu_pause *p)
{
	(void)p;
	assert_failed(__FILE__, __LINE__, "a wait", 0, 0);
}

void watchdog_touch(void)
{
}

bool watchdog_expired(struct cpu_pause *p)
{
	(void)p;
	return true;
}

/* A crew of which one CPU does all shares, the last first. */
u32 crew_most = 3;

void crew_choose(struct crew *c, unsigned most)
{
	*c = (struct crew) { .nr = most < crew_most ? (most ? most : 1) : crew_most };
	c->helpers = (2ul << (c->nr - 1)) - 2;
}

void crew_run(const struct crew *c, crew_fn *fn, void *arg)
{
	for (unsigned i = c->nr; i--;)
		fn(i, arg);
}

int probe_load64(vaddr_t va, u64 *value)
{
	*value = *(u64 *)va_ptr(va);
	return 0;
}

u64 cost_now(void)
{
	return 0;
}

/* ---- locks ---- */
static unsigned held[8];

static void enter(unsigned class)
{
	for (unsigned c = class; c < 8; c++)
		ASSERT(!held[c]);
	held[class]++;
}

u64 spin_lock_irqsave(struct spinlock *l)
{
	enter(l->class);
	return 0;
}

void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	(void)flags;
	held[l->class]--;
}

void read_lock(struct rwlock *l)
{
	ASSERT(!l->writer);
	l->reader->holds++;
}

void read_unlock(struct rwlock *l)
{
	l->reader->holds--;
}

void write_lock(struct rwlock *l)
{
	ASSERT(!l->reader->holds && !l->writer);
	enter(l->class);
	l->writer = 1;
}

bool write_trylock(struct rwlock *l)
{
	if (l->writer || l->reader->holds)
		return false;
	write_lock(l);
	return true;
}

void write_unlock(struct rwlock *l)
{
	held[l->class]--;
	l->writer = 0;
}

u16 locks_held(void)
{
	return 0;
}

bool write_held(const struct rwlock *l)
{
	return l->writer != 0;
}

bool rwlock_held(const struct rwlock *l)
{
	return l->writer || l->reader->holds;
}

/* ---- tables are freed at once ---- */
void (*kpt_tables_late)(struct pt_link *list);

struct pt_link *kpt_tables_held(void)
{
	return NULL;
}

void kpt_tables_free(struct pt_link *list)
{
	(void)list;
}

/* ---- arguments ---- */
static const char *const defaults[ARG_NR] = {
	[ARG_MEMMAP] = "block",        [ARG_REMOVE] = "full-tables",    [ARG_LEAF] = "auto",
	[ARG_DEVICE_REMOVE] = "defer", [ARG_VMALLOC] = "floor-ceiling", [ARG_CACHE_LEAVE] = "auto",
};

const char *arg_text(const struct args *a, enum arg_id id)
{
	(void)a;
	return model_args[id] ? model_args[id] : defaults[id] ? defaults[id] : "";
}

bool arg_flag(const struct args *a, enum arg_id id)
{
	return !strcmp(arg_text(a, id), "on");
}

/* ---- arch ---- */
void arch_pt_publish(void)
{
}

void arch_pt_visible(void)
{
}

void arch_root_load(const struct pt *pt)
{
	(void)pt;
}

struct model_caches model_caches;
bool model_emulated = true;

bool emulated_cpu(void)
{
	return model_emulated;
}

static void touch(vaddr_t va, u64 len)
{
	volatile char *first = va_ptr(va), *last = va_ptr(va + len - 1);

	(void)*first, (void)*last; /* fault if they are not mapped */
}

void arch_dcache_clean_inval(vaddr_t va, u64 len)
{
	touch(va, len);
	model_caches.cleaned += len;
}

void arch_dcache_inval(vaddr_t va, u64 len)
{
	touch(va, len);
	model_caches.dropped += len;
}

paddr_t boot_pool_alloc(void)
{
	return PA_NONE;
}

/* ---- the TLB back end: it only counts ---- */
static u32 tlb_issue(const struct pt_inval *req, const struct pt_fmt *f, cpumask_t c, u32 max)
{
	(void)req, (void)f, (void)c, (void)max;
	model_inval_calls++;
	return 1;
}

static void tlb_nothing(void)
{
}

static const struct tlb_scheme model_tlb = {
	.s = { .name = "model" },
	.issue = tlb_issue,
	.sync = tlb_nothing,
	.wait = tlb_nothing,
	.ctx = tlb_nothing,
};
TLB_SCHEME(model, model_tlb);
