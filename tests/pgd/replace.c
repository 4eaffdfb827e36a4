/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/pgd/replace.c - see tests/pgd/replace.h. */
#include <arch/arch.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <tests/pgd/replace.h>

static struct {
	struct aspace live, temp;         /* temp: the new root, with the ASID of live */
	struct page *page[3];             /* old, new, other */
	vaddr_t va_old, va_new, va_other; /* va_other is under the root slot of va_new */
	struct root_verdict *v;
	bool disturbed;
	paddr_t root[CPUS_MAX]; /* the root of each CPU */
	u64 windows[CPUS_MAX], stopped[CPUS_MAX];
	cpumask_t parked; /* atomic */
	u32 go;           /* atomic */
	u64 orphan;       /* the root entry that was overwritten, its table to be freed */
} r NOINIT;

static unsigned top(void)
{
	return layout.fmt->levels - 1u;
}

static u64 *cells(struct aspace *s)
{
	return (u64 *)s->pt.env->cells(s->pt.root);
}

static unsigned new_slot(void)
{
	return pt_index(layout.fmt, top(), r.va_new);
}

void root_copy(void *to, const void *from, u64 bytes)
{
	volatile u64 *d = to;
	const volatile u64 *s = from;

	for (u64 i = 0; i < bytes / 8; i++)
		d[i] = s[i];
}

/* ---- observations ---- */

static void note_root(void *unused)
{
	unsigned asid;

	(void)unused;
	r.root[this_cpu()->nr] = arch_space_root(&asid);
}

static cpumask_t recorded_on(paddr_t root)
{
	cpumask_t on = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c) && r.root[c] == root)
			on |= cpu_bit(c);
	return on;
}

static cpumask_t cpus_on(paddr_t root)
{
	ipi_call(cpus_online(), note_root, NULL);
	return recorded_on(root);
}

/* S4-09: at every exception the CPU has the published root, or none. */
static void watch_roots(bool leaving)
{
	unsigned asid;
	paddr_t root = arch_space_root(&asid);

	(void)leaving;
	if (root != r.live.pt.root && root != PA_NONE)
		r.windows[this_cpu()->nr]++;
}

/* Take a synchronous exception; those of the timer and of calls occur too. */
static void take_exception(void *unused)
{
	u64 value;

	(void)unused;
	probe_load64(r.va_new + 64 * page_size(), &value);
}

/* Copy into the live root and classify the stores by the valid bit (bit 0 of both formats). */
static void copy_into_live(cpumask_t walking)
{
	u64 *to = cells(&r.live), *from = cells(&r.temp);
	unsigned n = pt_entries(layout.fmt, top());

	for (unsigned i = 0; i < n; i++) {
		u64 was = *(volatile u64 *)&to[i];

		if (walking) {
			r.v->live_stores++;
			r.v->unbroken += was & 1 && from[i] & 1 && was != from[i];
		}
		if (was & 1 && was != from[i])
			r.orphan = was;
		*(volatile u64 *)&to[i] = from[i];
		r.v->root_stores++;
	}
	arch_pt_visible(); /* complete before any CPU is called */
}

/* ---- steps ---- */

/* Another CPU maps a page by its own path, under the same root slot. */
static void meanwhile(void)
{
	struct why why = { 0 };

	if (r.disturbed)
		aspace_map(&r.live, r.va_other, page_size(), page_pa(r.page[2]), PT_R, &why);
	r.disturbed = false;
}

static int map_new(struct aspace *s)
{
	struct why why = { 0 };

	return aspace_map(s, r.va_new, page_size(), page_pa(r.page[1]), PT_R, &why);
}

/* Build the new root: a copy of the live one, and the new mapping. */
static int build_temp(void)
{
	int err;

	root_copy(cells(&r.temp), cells(&r.live), pt_root_bytes(layout.fmt));
	r.v->root_stores += pt_entries(layout.fmt, top());
	r.temp.pt.state = PT_FRESH; /* no CPU has loaded it */
	err = map_new(&r.temp);
	r.temp.pt.state = PT_LIVE;
	arch_pt_visible(); /* complete before any CPU loads it */
	r.temp.pt.asid = r.live.pt.asid;
	return err;
}

static void load_temp(void *unused)
{
	(void)unused;
	arch_pt_visible(); /* another CPU's stores before this one's walks */
	pt_root_load(&r.temp.pt, this_cpu()->nr, arch_space_load);
}

static void load_live(void *unused)
{
	(void)unused;
	arch_pt_visible();
	pt_root_load(&r.live.pt, this_cpu()->nr, arch_space_load);
	arch_space_sync(r.live.pt.asid);
}

/* ---- the variants ---- */

static int add_live(struct root_verdict *v)
{
	meanwhile();
	v->root_stores++;
	return map_new(&r.live);
}

/* The patch under review: copy, map, this CPU's register, copy back. */
static int add_one_switch(struct root_verdict *v)
{
	int err = build_temp();

	if (err)
		return err;
	meanwhile();
	load_temp(NULL);
	v->strangers = cpus_online() & ~cpus_on(r.temp.pt.root);
	take_exception(NULL);
	copy_into_live(cpus_on(r.live.pt.root));
	load_live(NULL);
	return 0;
}

/* Switch every CPU to the new root by a call, and back by another one. */
static int add_two_calls(struct root_verdict *v)
{
	int err = build_temp();

	if (err)
		return err;
	meanwhile();
	ipi_call(cpus_online(), load_temp, NULL);
	v->strangers = cpus_online() & ~cpus_on(r.temp.pt.root);
	take_exception(NULL);
	copy_into_live(cpus_on(r.live.pt.root));
	ipi_call(cpus_online(), load_live, NULL);
	return 0;
}

static bool all_parked(void)
{
	return atomic_load_acquire(&r.parked) == cpus_online();
}

/* Is the live root the same as when the copy was taken?  If not, the caller tries again. */
static bool copy_is_current(void)
{
	const u64 *live = cells(&r.live), *temp = cells(&r.temp);

	for (unsigned i = 0; i < pt_entries(layout.fmt, top()); i++)
		if (i != new_slot() && live[i] != temp[i])
			return false;
	return !live[new_slot()] || live[new_slot()] == temp[new_slot()];
}

static void change_while_stopped(void)
{
	struct cpu_pause p = { 0 };

	while (!all_parked())
		cpu_pause(&p);
	if (copy_is_current())
		copy_into_live(recorded_on(r.live.pt.root));
	else
		r.v->err = -EAGAIN;
	atomic_store_release(&r.go, 1);
}

/* Interrupts are off, so no exception occurs here.  Each CPU is on the kernel's root meanwhile, so
 * none walks the root that changes; its cached entries are invalidated when it switches back. */
static void stop_here(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	u64 start = clock_ns();
	struct cpu_pause p = { 0 };

	pt_root_load(&kpt, cpu, arch_space_leave);
	note_root(NULL);
	atomic_fetch_or_release(&r.parked, cpu_bit(cpu));
	if (cpu == *(unsigned *)arg)
		change_while_stopped();
	while (!atomic_load_acquire(&r.go))
		cpu_pause(&p);
	load_live(NULL);
	r.stopped[cpu] = clock_ns() - start;
}

static int add_stopped(struct root_verdict *v)
{
	unsigned self = this_cpu()->nr;
	int err;

	do {
		err = build_temp();
		if (err)
			return err;
		meanwhile();
		v->err = 0;
		atomic_store_relaxed(&r.parked, 0);
		atomic_store_relaxed(&r.go, 0);
		ipi_call(cpus_online(), stop_here, &self);
		v->stopped = cpus_online_nr();
		if (v->err)
			r.orphan = cells(&r.temp)[new_slot()];
	} while (v->err == -EAGAIN);
	return 0;
}

static const struct root_variant live_additive = {
	.s = { .name = "live-additive",
	       .claim = "an empty slot of the root that every CPU walks is filled",
	       .linux_peer = "arch/arm64/mm/mmu.c, __create_pgd_mapping on swapper_pg_dir" },
	.add = add_live,
};
ROOT_VARIANT(live_additive, live_additive);

static const struct root_variant one_switch = {
	.s = { .name = "one-switch",
	       .claim = "copy, map, load the copy here, copy back",
	       .unsafe = "the other CPUs keep the old root, which changes while they walk it" },
	.add = add_one_switch,
};
ROOT_VARIANT(one_switch, one_switch);

static const struct root_variant two_calls = {
	.s = { .name = "two-calls",
	       .claim = "every CPU loads the copy by a call, and the old root by another",
	       .unsafe = "exceptions between the calls see the copy, and a store to the old root "
			 "is lost" },
	.add = add_two_calls,
};
ROOT_VARIANT(two_calls, two_calls);

static const struct root_variant stop_all = {
	.s = { .name = "stop-all",
	       .claim = "every CPU waits on the kernel's root, with interrupts off",
	       .linux_peer = "stop_machine()" },
	.add = add_stopped,
};
ROOT_VARIANT(stop_all, stop_all);

/* ---- one run ---- */

static bool get_pages(void)
{
	for (unsigned i = 0; i < 3; i++) {
		r.page[i] = page_alloc_any(0, ZONE_NORMAL, 0, "root");
		if (!r.page[i]) {
			while (i)
				page_free(r.page[--i], 0);
			return false;
		}
		*(u64 *)page_ptr(r.page[i]) = space_value(i);
	}
	return true;
}

static void put_pages(void)
{
	for (unsigned i = 0; i < 3; i++)
		page_free(r.page[i], 0);
}

/* Destroy the live space first: its end invalidates cached entries of the tables that only `temp`
 * has. */
static void put_spaces(void)
{
	struct why why = { 0 };
	u64 *temp = cells(&r.temp), own = r.orphan;

	aspace_destroy(&r.live, &why);
	for (unsigned i = 0; i < r.temp.pt.own_hi; i++)
		temp[i] = 0;
	temp[new_slot()] = own;
	aspace_destroy(&r.temp, &why);
}

static int get_spaces(struct why *why)
{
	int err = aspace_create(&r.live, "live root", 0, why);

	if (err)
		return err;
	err = aspace_create(&r.temp, "temporary root", 0, why);
	if (!err)
		err = aspace_map(&r.live, r.va_old, page_size(), page_pa(r.page[0]), PT_R, why);
	if (err && r.temp.pt.root)
		put_spaces();
	else if (err)
		aspace_destroy(&r.live, why);
	return err;
}

static void use_live(void *unused)
{
	(void)unused;
	aspace_use(&r.live);
}

static bool reads(vaddr_t va, unsigned i)
{
	u64 value = 0;

	return !probe_load64(va, &value) && value == space_value(i);
}

static void read_both(void *arg)
{
	(void)arg;
	r.stopped[this_cpu()->nr] = !reads(r.va_old, 0) || !reads(r.va_new, 1);
}

/* Return the CPUs for which read_both() failed. */
static cpumask_t not_reading(void)
{
	cpumask_t cpus = 0;

	cpu_run(cpus_online(), read_both, NULL);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c) && r.stopped[c])
			cpus |= cpu_bit(c);
	return cpus;
}

static void add_up(struct root_verdict *v)
{
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		v->windows += r.windows[c];
		v->stopped_ns = max_u64(v->stopped_ns, r.stopped[c]);
	}
}

static void judge_run(const struct root_variant *variant, bool disturbed, struct root_verdict *v)
{
	struct tlb_stats before, after;

	cpu_run(cpus_online(), use_live, NULL);
	tlb_stats_read(&before);
	trap_watch = watch_roots;
	v->err = variant->add(v);
	trap_watch = NULL;
	tlb_stats_read(&after);
	v->invalidations = after.waits - before.waits;
	add_up(v);
	v->strangers |= cpus_online() & ~cpus_on(r.live.pt.root);
	v->lost = disturbed && pt_translate(&r.live.pt, r.va_other) != page_pa(r.page[2]);
	v->cannot_read = not_reading();
	cpu_run(cpus_online(), space_leave, NULL);
}

int root_variant_run(const struct root_variant *variant, bool disturbed, struct root_verdict *v,
		     struct why *why)
{
	int err;

	memset(v, 0, sizeof(*v));
	memset(&r, 0, sizeof(r));
	r.v = v;
	r.disturbed = disturbed;
	r.va_old = space_va();
	r.va_new = r.va_old + (1ul << pt_shift(layout.fmt, top()));
	r.va_other = r.va_new + 16 * page_size();
	if (!get_pages())
		return refuse(why, ENOMEM, "no pages for the roots");
	err = get_spaces(why);
	if (!err) {
		judge_run(variant, disturbed, v);
		put_spaces();
	}
	put_pages();
	return err;
}
