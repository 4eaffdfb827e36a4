/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-33, S1-34: roots that were copied from the kernel's before memory is added.  They translate
 * the new memory because the kernel's root slots were filled at boot.  Copies of a root that is
 * filled on demand fault there, and only they.
 *
 * Added memory is under a new root slot only with Sv39 (1 GiB a slot).  So each test also maps a
 * page at the far end of the linear map, under a slot that has no other mapping.
 */
#include <kern/hooks.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <tests/harness/root.h>
#include <tests/pgd/spaces.h>

#define CLONES 16
#define FAR_VALUE 0xfa5face5ul

static struct {
	struct aspace s[CLONES];
	struct page *page;
	vaddr_t far, va[3];
	unsigned nr, nr_va;
	u64 reads[CPUS_MAX], faults[CPUS_MAX], own_faults[CPUS_MAX];
	u32 copied;
	bool (*window)(vaddr_t);
} clones NOINIT;

/* ---- the page at the far end ---- */

static vaddr_t far_end(void)
{
	return layout.r[REGION_LINEAR].va + layout.r[REGION_LINEAR].len - page_size();
}

static bool map_far(struct test_run *t)
{
	struct why why = { 0 };
	struct pt_plan plan;
	bool ok;

	clones.far = far_end();
	clones.page = page_alloc_any(0, ZONE_NORMAL, 0, "far");
	if (!CHECK(t, clones.page != NULL))
		return false;
	*(u64 *)page_ptr(clones.page) = FAR_VALUE;
	hotplug_write_lock();
	ok = CHECK_OK(t, pt_plan(&kpt, &plan, PT_OP_MAP, clones.far, page_size(), 0, 0, &why),
		      &why);
	if (ok)
		pt_map(&plan, page_pa(clones.page), PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
	hotplug_write_unlock();
	return ok;
}

static void unmap_far(void)
{
	struct pt_gather g;
	struct pt_plan plan;

	hotplug_write_lock();
	pt_plan_sure(&kpt, &plan, PT_OP_UNMAP, clones.far, page_size());
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_plan_end(&plan);
	pt_free_empty(&kpt, clones.far, page_size(), layout.r[REGION_LINEAR].va,
		      layout.r[REGION_LINEAR].va + layout.r[REGION_LINEAR].len, &g);
	pt_gather_flush(&g);
	hotplug_write_unlock();
	pt_gather_release(&g);
	page_free(clones.page, 0);
}

/* ---- the clones ---- */

typedef int create_fn(struct aspace *, const char *, unsigned, struct why *);

static void drop_clones(struct test_run *t)
{
	struct why why = { 0 };

	cpu_run(cpus_online(), space_leave, NULL);
	while (clones.nr)
		CHECK_OK(t, aspace_destroy(&clones.s[--clones.nr], &why), &why);
}

static bool make_clones(struct test_run *t, create_fn *create)
{
	struct why why = { 0 };

	clones.nr = clones.nr_va = 0;
	for (; clones.nr < CLONES; clones.nr++)
		if (!CHECK_OK(t, create(&clones.s[clones.nr], "clone", 0, &why), &why)) {
			drop_clones(t);
			return false;
		}
	return true;
}

/* Read every address through the kernel's root, then through every clone. */
static void read_through_clones(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	u64 value;

	(void)arg;
	for (unsigned i = 0; i < clones.nr_va; i++)
		clones.own_faults[cpu] += probe_load64(clones.va[i], &value) != 0;
	for (unsigned n = 0; n < clones.nr; n++) {
		aspace_use(&clones.s[(n + cpu) % clones.nr]);
		for (unsigned i = 0; i < clones.nr_va; i++)
			if (probe_load64(clones.va[i], &value))
				clones.faults[cpu]++;
			else
				clones.reads[cpu]++;
	}
	aspace_use(NULL);
}

static u64 of_cpus(const u64 *of)
{
	u64 n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += of[c];
	return n;
}

static void read_everywhere(void)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		clones.reads[c] = clones.faults[c] = clones.own_faults[c] = 0;
	cpu_run(cpus_online(), read_through_clones, NULL);
}

/* Count the clones that do not translate an address which the kernel's tree translates. */
static unsigned lacking(vaddr_t va)
{
	unsigned n = 0;

	for (unsigned i = 0; i < clones.nr; i++)
		n += pt_translate(&clones.s[i].pt, va) != pt_translate(&kpt, va);
	return n;
}

static bool has_clones(struct test_run *t)
{
	if (root_rule() == ROOT_CONSTANT)
		return true;
	test_skip(t, "the kernel's half has a root register of its own: no root is copied");
	return false;
}

static int any_leaf(const struct pt_slot *slot, void *arg)
{
	(void)slot, (void)arg;
	return 1;
}

/* A bare clone lacks the root slot of the far page only if no other mapping is under that slot. */
static bool has_bare_clones(struct test_run *t)
{
	u64 span = pt_span(kpt.fmt, kpt.fmt->levels - 1u);
	int mapped;

	if (!has_clones(t))
		return false;
	hotplug_read_lock();
	mapped = pt_walk(&kpt, align_down(far_end(), span), span, PT_ON_LEAF, any_leaf, NULL);
	hotplug_read_unlock();
	if (mapped)
		test_skip(t,
			  "memory is mapped under every root slot of the linear map, %lu GiB each",
			  span / GiB);
	return !mapped;
}

TEST(pgd, clones,
     .claim = "16 roots copied before a hot-add translate the new memory and its struct pages on "
	      "every CPU, without synchronisation",
     .rows = "S1-33 S1-34 S4-15", .needs = NEED_RANGE)
{
	struct range r;

	if (!has_clones(t) || !range_get(t, &r, 1, "block") || !make_clones(t, aspace_create))
		return;
	if (range_add(t, &r) && map_far(t)) {
		clones.va[0] = linear_va(r.pa);
		clones.va[1] = memmap_va(r.pa >> page_shift());
		clones.va[2] = clones.far;
		clones.nr_va = 3;
		read_everywhere();
		CHECK_EQ(t, of_cpus(clones.own_faults), 0);
		CHECK_EQ(t, of_cpus(clones.faults), 0);
		CHECK_EQ(t, of_cpus(clones.reads), 3ul * CLONES * cpus_online_nr());
		for (unsigned i = 0; i < 3; i++)
			CHECK_EQ(t, lacking(clones.va[i]), 0);
		unmap_far();
		range_remove(t, &r);
	}
	drop_clones(t);
	range_reset(&r);
}

TEST(pgd, clones_bare,
     .claim = "clones of a root that is filled on demand fault on the new mapping, and the "
	      "kernel's root does not",
     .rows = "S1-33 S1-34")
{
	if (!has_bare_clones(t) || !make_clones(t, aspace_create_bare))
		return;
	if (map_far(t)) {
		clones.va[0] = clones.far;
		clones.nr_va = 1;
		read_everywhere();
		CHECK_EQ(t, of_cpus(clones.own_faults), 0);
		CHECK_EQ(t, of_cpus(clones.reads), 0);
		CHECK_EQ(t, of_cpus(clones.faults), (u64)CLONES * cpus_online_nr());
		CHECK_EQ(t, lacking(clones.far), CLONES);
		unmap_far();
	}
	drop_clones(t);
}

/* ---- synchronised by the fault ---- */

static bool copy_on_fault(vaddr_t va)
{
	if (!aspace_fault(va))
		return clones.window && clones.window(va);
	atomic_fetch_add_relaxed(&clones.copied, 1);
	return true;
}

static bool local_inval(const struct pt_event *e)
{
	return e->kind == PT_EV_TLBI && e->local;
}

/* Use plain loads, because a probe would return the fault. */
static void load_through_clones(void *arg)
{
	unsigned cpu = this_cpu()->nr;

	(void)arg;
	for (unsigned n = 0; n < clones.nr; n++) {
		aspace_use(&clones.s[(n + cpu) % clones.nr]);
		clones.reads[cpu] += *(volatile u64 *)va_ptr(clones.far) == FAR_VALUE;
	}
	aspace_use(NULL);
}

TEST(pgd, clones_on_fault,
     .claim = "clones whose fault copies the root slot read the new mapping, with one local "
	      "invalidation above level 0 for each copy",
     .rows = "S1-33 S1-34", .could = COULD_TRACE)
{
	u32 whole = 0;

	if (!has_bare_clones(t) || !make_clones(t, aspace_create_bare))
		return;
	if (map_far(t)) {
		for (unsigned c = 0; c < CPUS_MAX; c++)
			clones.reads[c] = 0;
		clones.copied = 0;
		clones.window = kern_hooks.fault_window;
		kern_hooks.fault_window = copy_on_fault;
		record_begin(&recorded, local_inval);
		cpu_run(cpus_online(), load_through_clones, NULL);
		record_end();
		kern_hooks.fault_window = clones.window;
		CHECK_EQ(t, of_cpus(clones.reads), (u64)CLONES * cpus_online_nr());
		CHECK(t, clones.copied >= CLONES);
		CHECK_EQ(t, lacking(clones.far), 0);
		for (u32 i = 0; i < recorded.nr; i++)
			whole += recorded.ev[i].walk;
		CHECK(t, whole >= clones.copied);
		test_key(t, "copied=%u", clones.copied);
		unmap_far();
	}
	drop_clones(t);
}
