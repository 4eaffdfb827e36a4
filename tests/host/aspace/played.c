/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/aspace/played.c - see played.h. */
#include "played.h"
#include <arch/arch.h>
#include <kern/lock.h>
#include <mm/hotplug/hotplug.h>
#include <mm/page/buddy.h>
#include <stdlib.h>
#include <want.h>

#define ENTRIES 4096u

struct played played;
struct counted counted;
unsigned cpus_nr = CPUS_MAX;

static struct tlb_entry {
	const struct pt *of;
	unsigned cpu, asid;
} entries[ENTRIES];
static unsigned entries_nr;

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	printf("# FAIL %s:%d: %s (0x%lx, 0x%lx)\n", file, line, what, a, b);
	fflush(stdout);
	_Exit(1);
}

void played_begin(void)
{
	static struct pt_fmt fmt = {
		.levels = 4, .page_shift = 12, .half_bits = HALF, .bits = { 8, 8, 8, 4 }
	};

	memset(&played, 0, sizeof(played));
	memset(played.bits, 16, sizeof(played.bits));
	played.online = BIT(0) | BIT(1) | BIT(2) | BIT(63);
	played.bits[0] = 9;
	played.bits[1] = 10;
	played.bits[63] = 8;
	played.roots_most = ROOTS;
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

bool played_quiet(void)
{
	return !played.locked && !played.reading && !played.plans && !played.gather && !played.owed;
}

/* ---- CPUs ---- */

void played_cpu(unsigned nr)
{
	host_cpu = &cpus[nr];
}

cpumask_t cpus_online(void)
{
	return played.online;
}

unsigned cpus_online_nr(void)
{
	return cpus_in(played.online);
}

void ipi_call(cpumask_t mask, void (*fn)(void *), void *arg)
{
	struct cpu *caller = host_cpu;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (mask & cpu_bit(c)) {
			WANT(played.online & cpu_bit(c));
			host_cpu = &cpus[c];
			fn(arg);
		}
	host_cpu = caller;
}

unsigned arch_asid_bits(void)
{
	return played.bits[host_cpu->nr];
}

u64 spin_lock_irqsave(struct spinlock *l)
{
	WANT(!played.locked && l->class == LOCK_TREE);
	played.locked = true;
	return 0x77;
}

void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	WANT(played.locked && l->class == LOCK_TREE && flags == 0x77);
	played.locked = false;
}

void hotplug_read_lock(void)
{
	played.reading++;
}

void hotplug_read_unlock(void)
{
	played.reading--;
}

void arch_pt_visible(void)
{
	played.visible++;
}

/* ---- TLBs ---- */

/* Does this CPU hold an entry of another space under the ASID? */
static void check_entries(const struct pt *pt)
{
	for (unsigned i = 0; i < entries_nr; i++)
		played.stale += entries[i].cpu == host_cpu->nr && entries[i].asid == pt->asid &&
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

void played_access(void)
{
	const struct pt *pt = played.root_of[host_cpu->nr];

	if (!pt)
		return;
	WANT(entries_nr < ENTRIES);
	check_entries(pt);
	entries[entries_nr++ % ENTRIES] = (struct tlb_entry) { pt, host_cpu->nr, pt->asid };
}

void tlb_invalidate(struct pt *pt, const struct pt_inval *req)
{
	if (pt == &kpt) {
		WANT(req->global && req->walk && !req->lo && !req->hi && played.locked);
		played.global_flushes++;
		drop(~0ul, true, 0);
		return;
	}
	played.inval = *req;
	played.ones++;
	WANT(req->asid == pt->asid);
	WANT(played.locked ==
	     !req->hi); /* the end of a space; else the lock is for the look alone */
	drop(pt->walked, false, req->asid);
}

void tlb_invalidate_here(struct pt *pt, vaddr_t va)
{
	WANT(pt == &kpt && played.shared[ROOTS]);
	played.here++;
	played.here_va = va;
}

void arch_space_load(const struct pt *pt)
{
	if (pt->asid)
		check_entries(pt);
	else /* each load drops what the CPU cached before */
		drop(cpu_bit(host_cpu->nr), false, 0);
	played.root_of[host_cpu->nr] = pt;
}

void arch_space_leave(const struct pt *pt)
{
	WANT(pt == &kpt);
	played.root_of[host_cpu->nr] = NULL;
}

void pt_root_load(struct pt *pt, unsigned cpu, void (*load)(const struct pt *))
{
	WANT(played.locked && cpu == host_cpu->nr);
	WANT(load == (pt == &kpt ? arch_space_leave : arch_space_load));
	WANT(pt == &kpt || pt->state == PT_LIVE);
	pt->walked |= cpu_bit(cpu);
	load(pt);
}

/* ---- tables ---- */

static struct pt_link links[ROOTS];

paddr_t table_alloc(unsigned node)
{
	played.node = node;
	for (unsigned i = 1; i < played.roots_most; i++)
		if (!played.root_used[i]) {
			played.root_used[i] = true;
			played.shared[i] = 0;
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

	WANT(i == played_root(pt) && played.root_used[i] && !list->next && !played.locked);
	WANT(pt->state == PT_RETIRED && played.sure);
	for (unsigned e = 0; e < entries_nr; e++) /* a CPU may still walk its tables */
		played.stale += entries[e].of == pt;
	played.root_used[i] = false;
	played.frees++;
	played.sure = 0;
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
	WANT(f == layout.fmt && root >> 12 < ROOTS && played.root_used[root >> 12]);
	*pt = (struct pt) { .name = name, .fmt = f, .env = env, .root = root, .own_hi = SLOTS };
}

void pt_share_root(struct pt *to, const struct pt *from, unsigned lo, unsigned hi)
{
	WANT(from == &kpt && to != &kpt && hi == lo + 1 && lo >= SLOTS / 2 && hi <= SLOTS);
	played.shared[played_root(to) % ROOTS] |= (u16)BIT(lo % SLOTS);
	played.shared[ROOTS] |= (u16)BIT(lo % SLOTS); /* of all */
}

int hotplug_walk(vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	struct pt_slot s = { .va = va };
	unsigned i = SLOTS - (unsigned)((0 - va) >> TOP);

	WANT(played.reading == 1 && when == PT_ON_LEAF && len == 1ul << TOP && va % len == 0);
	WANT(i >= SLOTS / 2 && i < SLOTS);
	return played.filled >> i & 1 ? visit(&s, arg) : played.nothing;
}

enum pt_kind pt_lookup(const struct pt *pt, vaddr_t va, struct pt_slot *slot)
{
	(void)va;
	WANT(!slot);
	return (pt == &kpt ? played.in_kernel : played.in_own) ? PT_LEAF : PT_EMPTY;
}

int pt_plan(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	*p = (struct pt_plan) { 0 };
	if (played.plan_code)
		return refuse(why, played.plan_code, "the plan is refused");
	WANT(!max_level && !node && pt->state == PT_LIVE);
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	played.plans++;
	return 0;
}

void pt_plan_sure(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len)
{
	WANT(pt->state == PT_RETIRED && played.root_used[played_root(pt)] && !played.locked);
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	played.plans++;
	played.sure = 1;
	WANT(op == PT_OP_UNMAP && !va && len == 1ul << HALF);
}

void pt_plan_end(struct pt_plan *p)
{
	WANT(p->pt);
	p->pt = NULL;
	played.plans--;
}

void pt_map(struct pt_plan *p, paddr_t pa, enum pt_prot prot)
{
	WANT(p->pt && p->op == PT_OP_MAP && p->va == 0x5000 && p->len == 0x3000);
	played.maps++;
	played.pa = pa;
	played.prot = prot;
}

void pt_unmap(struct pt_plan *p, struct pt_gather *g)
{
	WANT(p->pt && p->op == PT_OP_UNMAP && g == played.gather);
	if (!p->pt)
		return;
	if (p->pt->state == PT_LIVE) {
		WANT(g && p->va == 0x6000 && p->len == 0x2000);
		played.owed = true;
	} else {
		played.sure++;
	}
	played.maps = 0;
}

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *store, u32 most)
{
	WANT(!played.gather && !store && !most);
	*g = (struct pt_gather) { .pt = pt };
	played.gather = g;
}

void pt_free_empty(struct pt *pt, vaddr_t va, u64 len, vaddr_t floor, vaddr_t ceiling,
		   struct pt_gather *g)
{
	WANT(g == played.gather && g->pt == pt && played.root_used[played_root(pt)]);
	WANT(!va && len == 1ul << HALF && !floor && ceiling == len && played.sure == 2);
	played.sure = 3;
	played.owed = true;
}

void pt_gather_flush(struct pt_gather *g)
{
	struct pt_inval req = { .lo = 0x6000, .hi = 0x8000, .levels = 1, .asid = 0xdead };

	WANT(g == played.gather && g->pt);
	WANT(played.owed);
	played.owed = false;
	if (g->pt && g->pt->state == PT_LIVE)
		g->pt->env->inval(g->pt, &req);
}

void pt_gather_release(struct pt_gather *g)
{
	WANT(g == played.gather && !played.owed && !played.locked);
	played.gather = NULL;
}
