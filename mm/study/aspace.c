/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/study/aspace.c - address spaces, their roots and ASIDs; see mm/study/aspace.h. */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/lock.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/page/buddy.h>
#include <mm/study/asid.h>

_Static_assert(ARRAY_SIZE(((struct aspace *)0)->seen) == CPUS_MAX, "seen is by CPU");

static struct spinlock space_lock = SPINLOCK_INIT(LOCK_TREE, "address spaces");

/* Protected by the lock; `rollovers` is atomic, because it is read without. */
static struct {
	const struct asid_rules *rules;
	struct aspace *used[CPUS_MAX]; /* by CPU; NULL: none */
	unsigned machine, nr;          /* ASIDs for spaces: of the machine, and usable now */
	u64 generation, rollovers;
	unsigned spaces;
} asids;

const struct asid_rules asid_rules[] = {
	{ .s = { .name = "tagged",
		 .claim = "no TLB holds an entry under an ASID when another space gets that ASID",
		 .linux_peer = "arch/arm64/mm/context.c, arch/riscv/mm/context.c" },
	  .flushes = true,
	  .keeps = true,
	  .retires = true },
	{ .s = { .name = "no-flush",
		 .claim = "a rollover only begins to count again",
		 .unsafe = "TLBs still hold entries of the space that had the ASID before" },
	  .keeps = true,
	  .retires = true },
	{ .s = { .name = "drop-active",
		 .claim = "a rollover takes the ASID from spaces that a CPU uses, too",
		 .unsafe = "that CPU continues to cache entries under it after the invalidation" },
	  .flushes = true,
	  .retires = true },
	{ .s = { .name = "wrap",
		 .claim = "the number of the ASID wraps, and nothing else happens",
		 .unsafe = "both of the above" },
	  .retires = true },
	{ .s = { .name = "no-retire",
		 .claim = "the ASID and tables of a destroyed space are freed at once",
		 .unsafe = "TLBs still hold its entries, and pointers to its tables" },
	  .flushes = true,
	  .keeps = true },
};
const unsigned asid_rules_nr = ARRAY_SIZE(asid_rules);

/* ---- environment of the engine ---- */

/* The space's ASID and the CPUs that walked are read after the stores: see the header. */
static void space_inval(struct pt *pt, const struct pt_inval *req)
{
	struct aspace *s = container_of(pt, struct aspace, pt);
	struct pt_inval now = *req;
	u64 flags = spin_lock_irqsave(&space_lock);

	/* a CPU that loads the root after the lock is released observes these stores in its walks:
	 * they are complete (Arm ARM D8, "Ordering of memory accesses from translation table
	 * walks") */
	arch_pt_visible();
	s->changes++;
	now.asid = pt->asid;
	spin_unlock_irqrestore(&space_lock, flags);
	tlb_invalidate(pt, &now);
}

static bool space_may_break(struct pt *pt, vaddr_t va, u64 len)
{
	(void)pt, (void)va, (void)len;
	return false; /* other CPUs may use any page of it */
}

/* The kernel's environment, except for these two. */
static const struct pt_env *space_env(void)
{
	static struct pt_env env;

	if (!env.inval) {
		env = kpt_env;
		env.may_break = space_may_break;
		env.inval = space_inval;
	}
	return &env;
}

/* ---- ASIDs ---- */

static void note_bits(void *arg)
{
	((u8 *)arg)[this_cpu()->nr] = (u8)arch_asid_bits();
}

/* The number of ASIDs that every CPU has. */
static unsigned machine_asids(void)
{
	u8 bits[CPUS_MAX] = { 0 };
	unsigned least = ASID_BITS_MAX;

	ipi_call(cpus_online(), note_bits, bits);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c))
			least = (unsigned)min_u64(least, bits[c]);
	return asid_usable(least, cpus_nr);
}

static void keep_used(void)
{
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		struct aspace *s = asids.used[c];

		if (!s)
			continue;
		s->generation = asids.generation;
		asid_keep(s->pt.asid);
	}
}

static void begin_generation(void)
{
	asids.generation++;
	asid_reset(asids.nr);
	if (asids.rules->keeps)
		keep_used();
	if (asids.rules->flushes) /* of every ASID and on every CPU; kpt: all CPUs walked it */
		tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
}

/*
 * Unshown (acquire release): CPU 0 is the first caller, and posts work to the others later
 * (kern/worker.c, release and acquire).
 * Unshown (fence): its stores are read under `space_lock`, which it has released; only `asids.nr`
 * is read without.
 */
static void start(void)
{
	static bool started; /* atomic */
	u64 flags;

	if (atomic_load_acquire(&started))
		return;
	flags = spin_lock_irqsave(&space_lock);
	if (!started) {
		asids.rules = &asid_rules[0];
		asids.machine = asids.nr = machine_asids();
		begin_generation();
		atomic_store_release(&started, true);
	}
	spin_unlock_irqrestore(&space_lock, flags);
}

void asid_select(const struct asid_rules *rules, unsigned max)
{
	u64 flags;

	start();
	ASSERT_OP(asids.spaces, ==, 0);
	ASSERT(!max || max > cpus_online_nr());
	flags = spin_lock_irqsave(&space_lock);
	asids.rules = &asid_rules[0];
	asids.nr = (unsigned)min_u64(max, asids.machine);
	begin_generation();
	asids.rules = rules;
	spin_unlock_irqrestore(&space_lock, flags);
}

unsigned asid_count(void)
{
	start();
	return asids.nr;
}

u64 asid_rollovers(void)
{
	return atomic_load_relaxed(&asids.rollovers);
}

/* A space without an ASID of this generation has no entry in any TLB: no CPU used it when the
 * generation began, and everything was invalidated then. */
static void settle_asid(struct aspace *s)
{
	if (s->generation == asids.generation)
		return;
	s->pt.asid = asid_take();
	if (!s->pt.asid && asids.nr) {
		atomic_store_relaxed(&asids.rollovers, asids.rollovers + 1);
		begin_generation();
		s->pt.asid = asid_take();
		ASSERT(s->pt.asid); /* asid_usable(): there are more than CPUs */
	}
	s->generation = asids.generation;
	s->pt.walked = 0;
}

/* ---- spaces ---- */

vaddr_t aspace_end(void)
{
	return 1ul << layout.fmt->half_bits;
}

unsigned aspaces_in_use(void)
{
	return asids.spaces;
}

static unsigned root_slots(void)
{
	return pt_entries(kpt.fmt, kpt.fmt->levels - 1u);
}

/* Root slots from the middle on are the kernel's, and their addresses have all upper bits set. */
static vaddr_t kernel_slot_va(unsigned i)
{
	return 0 - ((u64)(root_slots() - i) << kpt.shift[kpt.fmt->levels - 1u]);
}

static int stop_at_leaf(const struct pt_slot *slot, void *arg)
{
	(void)slot, (void)arg;
	return 1;
}

static bool slot_translates(unsigned i)
{
	int found;

	hotplug_read_lock(); /* no table of the walk is freed (S1-18) */
	found = hotplug_walk(kernel_slot_va(i), 1ul << kpt.shift[kpt.fmt->levels - 1u], PT_ON_LEAF,
			     stop_at_leaf, NULL);
	hotplug_read_unlock();
	return found > 0;
}

/* Formats with signed addresses have one root for both halves: its upper half is the kernel's. */
static void share_kernel_half(struct pt *pt, bool bare)
{
	unsigned nr = root_slots();

	if (!pt->fmt->va_signed)
		return;
	ASSERT(kpt.root_constant); /* no slot is filled after the copy (S1-33) */
	pt->own_hi = (u16)(nr / 2);
	for (unsigned i = nr / 2; i < nr; i++)
		if (!bare || slot_translates(i))
			pt_share_root(pt, &kpt, i, i + 1);
}

static int create(struct aspace *s, const char *name, unsigned node, bool bare, struct why *why)
{
	paddr_t root;
	u64 flags;

	start();
	root = table_alloc(node);
	if (root == PA_NONE)
		return refuse(why, ENOMEM, "%s: no memory for the root", name);
	*s = (struct aspace) { .changes = 1 };
	pt_init(&s->pt, name, layout.fmt, space_env(), root);
	s->pt.caps = kpt.caps;
	s->pt.eager = true; /* no fault handler retries here */
	share_kernel_half(&s->pt, bare);
	s->pt.state = PT_LIVE; /* from here on stores and loads of the root may be concurrent */
	arch_pt_visible();     /* the root's contents before any CPU walks it */
	flags = spin_lock_irqsave(&space_lock);
	asids.spaces++;
	spin_unlock_irqrestore(&space_lock, flags);
	return 0;
}

int aspace_create(struct aspace *s, const char *name, unsigned node, struct why *why)
{
	return create(s, name, node, false, why);
}

int aspace_create_bare(struct aspace *s, const char *name, unsigned node, struct why *why)
{
	return create(s, name, node, true, why);
}

/* Two CPUs may do this at the same time for one space: they store the same value. */
bool aspace_fault(vaddr_t va)
{
	struct aspace *s = aspace_used();
	unsigned i = pt_index(kpt.fmt, kpt.fmt->levels - 1u, va);

	if (!s || !kpt.fmt->va_signed || va < 0 - aspace_end() ||
	    pt_lookup(&kpt, va, NULL) != PT_LEAF || pt_lookup(&s->pt, va, NULL) == PT_LEAF)
		return false;
	pt_share_root(&s->pt, &kpt, i, i + 1);
	/* this CPU may have cached the empty slot, above level 0: PAGETABLES.md, R3 */
	tlb_invalidate_here(&kpt, va);
	return true;
}

int aspace_map(struct aspace *s, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot,
	       struct why *why)
{
	struct pt_plan plan;
	int err = pt_plan(&s->pt, &plan, PT_OP_MAP, va, len, 0, 0, why);

	if (err)
		return err;
	pt_map(&plan, pa, prot & ~(unsigned)(PT_X | PT_USER | PT_GLOBAL));
	pt_plan_end(&plan);
	return 0;
}

int aspace_unmap(struct aspace *s, vaddr_t va, u64 len, struct why *why)
{
	struct pt_gather g;
	struct pt_plan plan;
	int err = pt_plan(&s->pt, &plan, PT_OP_UNMAP, va, len, 0, 0, why);

	if (err)
		return err;
	pt_gather_begin(&g, &s->pt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_plan_end(&plan);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	return 0;
}

static void load(struct aspace *s, unsigned cpu)
{
	settle_asid(s);
	s->users |= cpu_bit(cpu);
	/* Order stores of other CPUs before this CPU's walks, the first of which is for the next
	 * fetch: in the kernel's half, so for every ASID (privileged spec, satp: "in some cases
	 * before") */
	if (s->seen[cpu] != s->changes)
		arch_pt_visible();
	s->seen[cpu] = s->changes;
	pt_root_load(&s->pt, cpu, arch_space_load);
}

/*
 * In this order: while the CPU still uses the old space, a rollover for the new one keeps the old
 * one's ASID, as it would for any other CPU.
 */
void aspace_use(struct aspace *to)
{
	u64 flags = spin_lock_irqsave(&space_lock);
	unsigned cpu = this_cpu()->nr;
	struct aspace *from = asids.used[cpu];

	if (to && to != from)
		load(to, cpu);
	else if (from && !to)
		pt_root_load(&kpt, cpu, arch_space_leave);
	asids.used[cpu] = to;
	if (from && from != to)
		from->users &= ~cpu_bit(cpu);
	spin_unlock_irqrestore(&space_lock, flags);
}

struct aspace *aspace_used(void)
{
	return asids.used[this_cpu()->nr];
}

/* ---- the end ---- */

/* Free every table except the root.  The tree is RETIRED: no store requires maintenance. */
static void free_tables(struct pt *pt)
{
	struct pt_gather g;
	struct pt_plan plan;

	pt_plan_sure(pt, &plan, PT_OP_UNMAP, 0, aspace_end());
	pt_unmap(&plan, NULL);
	pt_plan_end(&plan);
	pt_gather_begin(&g, pt, NULL, 0);
	pt_free_empty(pt, 0, aspace_end(), 0, aspace_end(), &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
}

/* On return no TLB has an entry of the space (ENGINE 1.4).  Where its ASID is of an earlier
 * generation, the rollover has invalidated them.  Under the lock: no CPU loads it meanwhile. */
static void retire(struct aspace *s)
{
	bool current = s->generation == asids.generation;

	if (current && asids.rules->retires)
		tlb_invalidate(&s->pt, &(struct pt_inval) { .asid = s->pt.asid, .walk = true });
	s->pt.state = PT_RETIRED;
	if (current && s->pt.asid)
		asid_give(s->pt.asid);
	asids.spaces--;
}

/* Free the root by the scheme of tables=: a walker without a lock may have read it, like any other
 * table. */
static void free_root(struct pt *pt)
{
	struct pt_link *link = pt->env->link(pt->root);

	link->next = NULL;
	pt->env->free_list(pt, link);
}

int aspace_destroy(struct aspace *s, struct why *why)
{
	u64 flags = spin_lock_irqsave(&space_lock);
	cpumask_t users = s->users;

	if (!users)
		retire(s);
	spin_unlock_irqrestore(&space_lock, flags);
	if (users)
		return refuse(why, EBUSY, "%s: CPUs 0x%lx use it", s->pt.name, users);
	free_tables(&s->pt);
	free_root(&s->pt);
	return 0;
}
