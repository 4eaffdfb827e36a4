/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/aspace/fake.c - see fake.h. */
#include "fake.h"
#include <arch/arch.h>
#include <fakes/hotplug_lock.h>
#include <kern/lock.h>
#include <mm/hotplug/hotplug.h>
#include <mm/page/buddy.h>
#include <stdlib.h>
#include <want.h>

#define ENTRIES 4096u

struct fake fake;
struct counted counted;
unsigned cpus_nr = CPUS_MAX;

static struct tlb_entry {
	const struct pt *of;
	unsigned cpu, asid;
} entries[ENTRIES];
static unsigned entries_nr;

void fake_begin(void)
{
	static struct pt_fmt fmt = {
		.levels = 4, .page_shift = 12, .half_bits = HALF, .bits = { 8, 8, 8, 4 }
	};

	memset(&fake, 0, sizeof(fake));
	memset(fake.bits, 16, sizeof(fake.bits));
	fake.online = BIT(0) | BIT(1) | BIT(2) | BIT(63);
	fake.bits[0] = 9;
	fake.bits[1] = 10;
	fake.bits[63] = 8;
	fake.roots_most = ROOTS;
	fmt.va_signed = true;
	kpt = (struct pt) { .name = "kernel", .fmt = &fmt, .root_constant = true, .caps = 0x15 };
	for (unsigned level = 0; level < fmt.levels; level++)
		kpt.shift[level] = (u8)pt_shift(&fmt, level);
	layout.fmt = &fmt;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		cpus[c].nr = c;
	host_cpu = cpus;
	entries_nr = 0;
}

bool fake_quiet(void)
{
	return !fake.locked && fake_hotplug == HOLD_NONE && !fake.plans && !fake.gather &&
	       !fake.owed;
}

/* ---- CPUs ---- */

void fake_cpu(unsigned nr)
{
	host_cpu = &cpus[nr];
}

cpumask_t cpus_online(void)
{
	return fake.online;
}

unsigned cpus_online_nr(void)
{
	return cpus_in(fake.online);
}

void ipi_call(cpumask_t mask, void (*fn)(void *), void *arg)
{
	struct cpu *caller = host_cpu;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (mask & cpu_bit(c)) {
			WANT(fake.online & cpu_bit(c));
			host_cpu = &cpus[c];
			fn(arg);
		}
	host_cpu = caller;
}

unsigned arch_asid_bits(void)
{
	return fake.bits[host_cpu->nr];
}

u64 spin_lock_irqsave(struct spinlock *l)
{
	WANT(!fake.locked && l->class == LOCK_TREE);
	fake.locked = true;
	return 0x77;
}

void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	WANT(fake.locked && l->class == LOCK_TREE && flags == 0x77);
	fake.locked = false;
}

void arch_pt_visible(void)
{
	fake.visible++;
}

/* ---- TLBs ---- */

/* Does this CPU hold an entry of another space under the ASID? */
static void check_entries(const struct pt *pt)
{
	for (unsigned i = 0; i < entries_nr; i++)
		fake.stale += entries[i].cpu == host_cpu->nr && entries[i].asid == pt->asid &&
			      entries[i].of != pt;
}

static void drop(cpumask_t mask, bool all, unsigned asid)
{
	unsigned left = 0;

	for (unsigned i = 0; i < entries_nr; i++)
		if (!(mask & cpu_bit(entries[i].cpu)) || (!all && entries[i].asid != asid))
			entries[left++] = entries[i];
	entries_nr = left;
}

void fake_access(void)
{
	const struct pt *pt = fake.root_of[host_cpu->nr];

	if (!pt)
		return;
	WANT(entries_nr < ENTRIES);
	check_entries(pt);
	entries[entries_nr++ % ENTRIES] = (struct tlb_entry) { pt, host_cpu->nr, pt->asid };
}

void tlb_invalidate(struct pt *pt, const struct pt_inval *req)
{
	if (pt == &kpt) {
		WANT(req->global && req->walk && !req->lo && !req->hi && fake.locked);
		fake.global_flushes++;
		drop(~0ul, true, 0);
		return;
	}
	fake.inval = *req;
	fake.ones++;
	WANT(req->asid == pt->asid);
	WANT(fake.locked == !req->hi); /* the end of a space; else the lock is for the look alone */
	drop(pt->walked, false, req->asid);
}

void tlb_invalidate_here(struct pt *pt, vaddr_t va)
{
	WANT(pt == &kpt && fake.shared[ROOTS]);
	fake.here++;
	fake.here_va = va;
}

void arch_space_load(const struct pt *pt)
{
	if (pt->asid)
		check_entries(pt);
	else /* each load drops what the CPU cached before */
		drop(cpu_bit(host_cpu->nr), false, 0);
	fake.root_of[host_cpu->nr] = pt;
}

void arch_space_leave(const struct pt *pt)
{
	WANT(pt == &kpt);
	fake.root_of[host_cpu->nr] = NULL;
}

void pt_root_load(struct pt *pt, unsigned cpu, void (*load)(const struct pt *))
{
	WANT(fake.locked && cpu == host_cpu->nr);
	WANT(load == (pt == &kpt ? arch_space_leave : arch_space_load));
	WANT(pt == &kpt || pt->state == PT_LIVE);
	pt->walked |= cpu_bit(cpu);
	load(pt);
}

/* ---- tables ---- */

static struct pt_link links[ROOTS];

paddr_t table_alloc(unsigned node)
{
	fake.node = node;
	for (unsigned i = 1; i < fake.roots_most; i++)
		if (!fake.root_used[i]) {
			fake.root_used[i] = true;
			fake.shared[i] = 0;
			links[i].next = &links[0];
			return (paddr_t)i << 12;
		}
	return PA_NONE;
}

static struct pt_link *link_of(paddr_t pa)
{
	WANT(pa >> 12 < ROOTS);
	return &links[pa >> 12];
}

static void free_roots(struct pt *pt, struct pt_link *list)
{
	unsigned i = (unsigned)(list - links);

	WANT(i == fake_root(pt) && fake.root_used[i] && !list->next && !fake.locked);
	WANT(pt->state == PT_RETIRED && fake.sure);
	for (unsigned e = 0; e < entries_nr; e++) /* a CPU may still walk its tables */
		fake.stale += entries[e].of == pt;
	fake.root_used[i] = false;
	fake.frees++;
	fake.sure = 0;
}

static paddr_t env_alloc(struct pt *pt, unsigned node)
{
	(void)pt, (void)node;
	return PA_NONE;
}

static bool env_may_break(struct pt *pt, vaddr_t va, u64 len)
{
	(void)pt, (void)va, (void)len;
	return true;
}

const struct pt_env kpt_env = { .link = link_of,
				.free_list = free_roots,
				.alloc = env_alloc,
				.may_break = env_may_break,
				.inval = tlb_invalidate };

/* ---- the engine ---- */

void pt_init(struct pt *pt, const char *name, const struct pt_fmt *f, const struct pt_env *env,
	     paddr_t root)
{
	WANT(f == layout.fmt && root >> 12 < ROOTS && fake.root_used[root >> 12]);
	*pt = (struct pt) { .name = name, .fmt = f, .env = env, .root = root, .own_hi = SLOTS };
}

void pt_share_root(struct pt *to, const struct pt *from, unsigned lo, unsigned hi)
{
	WANT(from == &kpt && to != &kpt && hi == lo + 1 && lo >= SLOTS / 2 && hi <= SLOTS);
	fake.shared[fake_root(to) % ROOTS] |= (u16)BIT(lo % SLOTS);
	fake.shared[ROOTS] |= (u16)BIT(lo % SLOTS); /* of all */
}

int hotplug_walk(vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	struct pt_slot s = { .va = va };
	unsigned i = SLOTS - (unsigned)((0 - va) >> TOP);

	WANT(fake_hotplug == HOLD_READ && when == PT_ON_LEAF && len == 1ul << TOP && va % len == 0);
	WANT(i >= SLOTS / 2 && i < SLOTS);
	return fake.filled >> i & 1 ? visit(&s, arg) : fake.nothing;
}

enum pt_kind pt_lookup(const struct pt *pt, vaddr_t va, struct pt_slot *slot)
{
	(void)va;
	WANT(!slot);
	return (pt == &kpt ? fake.in_kernel : fake.in_own) ? PT_LEAF : PT_EMPTY;
}

int pt_plan(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	*p = (struct pt_plan) { 0 };
	if (fake.plan_code)
		return refuse(why, fake.plan_code, "the plan is refused");
	WANT(!max_level && !node && pt->state == PT_LIVE);
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	fake.plans++;
	return 0;
}

void pt_plan_sure(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len)
{
	WANT(pt->state == PT_RETIRED && fake.root_used[fake_root(pt)] && !fake.locked);
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	fake.plans++;
	fake.sure = 1;
	WANT(op == PT_OP_UNMAP && !va && len == 1ul << HALF);
}

void pt_plan_end(struct pt_plan *p)
{
	WANT(p->pt);
	p->pt = NULL;
	fake.plans--;
}

void pt_map(struct pt_plan *p, paddr_t pa, enum pt_prot prot)
{
	WANT(p->pt && p->op == PT_OP_MAP && p->va == 0x5000 && p->len == 0x3000);
	fake.maps++;
	fake.pa = pa;
	fake.prot = prot;
}

void pt_unmap(struct pt_plan *p, struct pt_gather *g)
{
	WANT(p->pt && p->op == PT_OP_UNMAP && g == fake.gather);
	if (!p->pt)
		return;
	if (p->pt->state == PT_LIVE) {
		WANT(g && p->va == 0x6000 && p->len == 0x2000);
		fake.owed = true;
	} else {
		fake.sure++;
	}
	fake.maps = 0;
}

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *store, u32 most)
{
	WANT(!fake.gather && !store && !most);
	*g = (struct pt_gather) { .pt = pt };
	fake.gather = g;
}

void pt_free_empty(struct pt *pt, vaddr_t va, u64 len, vaddr_t floor, vaddr_t ceiling,
		   struct pt_gather *g)
{
	WANT(g == fake.gather && g->pt == pt && fake.root_used[fake_root(pt)]);
	WANT(!va && len == 1ul << HALF && !floor && ceiling == len && fake.sure == 2);
	fake.sure = 3;
	fake.owed = true;
}

void pt_gather_flush(struct pt_gather *g)
{
	struct pt_inval req = { .lo = 0x6000, .hi = 0x8000, .levels = 1, .asid = 0xdead };

	WANT(g == fake.gather && g->pt);
	WANT(fake.owed);
	fake.owed = false;
	if (g->pt && g->pt->state == PT_LIVE)
		g->pt->env->inval(g->pt, &req);
}

void pt_gather_release(struct pt_gather *g)
{
	WANT(g == fake.gather && !fake.owed && !fake.locked);
	fake.gather = NULL;
}
