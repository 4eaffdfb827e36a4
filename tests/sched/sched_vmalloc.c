/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-03, S0-04: vmalloc walks to a table, a removal frees it, vmalloc stores into it.  Each scheme
 * of vmalloc= must make that impossible, in every order of two CPUs.
 *
 * The tree is this test's own and no CPU walks it, so the race that is lost harms nobody.  A page
 * of the vmemmap is removed, a page of vmalloc is mapped: the addresses are those of the layout,
 * where placement=shared puts both under one table.  Its tables come from a pool, so that the locks
 * of the schemes are the only ones taken, and a table that was freed stays as it was left.
 */
#include <arch/arch.h>
#include <lib/assert.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kpt.h>
#include <mm/vmalloc.h>
#include <tests/harness/explore.h>

#define TABLES 16 /* two ways of at most five levels */

static struct {
	struct pt pt;
	struct pt_env env;
	paddr_t table[TABLES];
	bool freed[TABLES];
	unsigned nr;
	const struct remove_scheme *remove;
	int err;
} dry;

static paddr_t take(struct pt *pt, unsigned node)
{
	(void)pt;
	(void)node;
	return dry.nr < TABLES ? dry.table[dry.nr++] : PA_NONE;
}

static void put(struct pt *pt, paddr_t pa)
{
	unsigned i = 0;

	(void)pt;
	while (dry.table[i] != pa)
		ASSERT_OP(++i, <, dry.nr);
	dry.freed[i] = true;
}

static struct pt_cell *cells(paddr_t pa)
{
	return pa_ptr(pa);
}

/* The first page of the vmemmap, which a removal takes away ... */
static vaddr_t removed_va(void)
{
	return layout.r[REGION_VMEMMAP].va;
}

/* ... and the last of vmalloc, which ends there under placement=shared. */
static vaddr_t mapped_va(void)
{
	const struct va_region *r = &layout.r[REGION_VMALLOC];

	return r->va + r->len - page_size();
}

/* Frames that no CPU ever reaches through this tree. */
static paddr_t removed_frame(void)
{
	return dry.table[TABLES - 1];
}

static paddr_t mapped_frame(void)
{
	return dry.table[TABLES - 2];
}

static void setup(void *arg)
{
	struct pt_plan plan;

	(void)arg;
	for (unsigned i = 0; i < TABLES; i++) {
		arch_zero(pa_ptr(dry.table[i]), page_size());
		dry.freed[i] = false;
	}
	dry.nr = 0;
	dry.err = 0;
	dry.env = kpt_env;
	dry.env.cells = cells;
	dry.env.alloc = take;
	dry.env.free = put;
	dry.env.free_list = NULL;
	pt_init(&dry.pt, "dry", kpt.fmt, &dry.env, take(NULL, 0));
	dry.pt.state = PT_LIVE;
	dry.pt.root_append = kpt.root_append || kpt.root_constant;
	dry.pt.may_free = vmalloc_selected()->may_free;
	ASSERT_OP(pt_plan(&dry.pt, &plan, PT_OP_MAP, removed_va(), page_size(), 0, 0, NULL), ==, 0);
	pt_map(&plan, removed_frame(), PT_R | PT_W);
	pt_plan_end(&plan);
}

static void vmalloc_mapper(void *arg)
{
	paddr_t frame = mapped_frame();

	(void)arg;
	dry.err = vmalloc_map_in(&dry.pt, mapped_va(), &frame, 1, PT_R | PT_W);
}

static void vmalloc_remover(void *arg)
{
	struct pt_gather g;

	(void)arg;
	hotplug_write_lock();
	pt_gather_begin(&g, &dry.pt, NULL, 0);
	vmalloc_remove(dry.remove, REGION_VMEMMAP, removed_va(), page_size(), &g);
	pt_gather_release(&g);
	hotplug_write_unlock();
}

/* Read cell by cell: what counts is the memory, not what the engine thinks of it. */
static bool table_is_zero(paddr_t pa)
{
	const u64 *p = pa_ptr(pa);

	for (u64 i = 0; i < page_size() / sizeof(*p); i++)
		if (p[i])
			return false;
	return true;
}

static const char *check(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < dry.nr; i++)
		if (dry.freed[i] && !table_is_zero(dry.table[i]))
			return "vmalloc stored into a table that the removal had freed";
	if (dry.err)
		return "vmalloc's map was refused";
	if (pt_translate(&dry.pt, mapped_va()) != mapped_frame())
		return "the removal freed a table that vmalloc uses";
	return pt_translate(&dry.pt, removed_va()) == PA_NONE ? NULL : "the removed page is mapped";
}

static bool matters(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && e->pt == &dry.pt;
}

static struct explore map_against_remove(void)
{
	return (struct explore) { .actors = 2,
				  .run = { vmalloc_mapper, vmalloc_remover },
				  .setup = setup,
				  .check = check,
				  .bound = 3,
				  .sure = 2,
				  .matters = matters };
}

static void give_tables(void)
{
	for (unsigned i = 0; i < TABLES && dry.table[i]; i++) {
		table_free(dry.table[i]);
		dry.table[i] = 0;
	}
}

static bool take_tables(struct test_run *t)
{
	for (unsigned i = 0; i < TABLES; i++)
		if ((dry.table[i] = table_alloc(0)) == PA_NONE) {
			dry.table[i] = 0;
			give_tables();
			test_skip(t, "no memory for the tables");
			return false;
		}
	return true;
}

static bool race_begin(struct test_run *t)
{
	dry.remove = remove_scheme_find(arg_text(NULL, ARG_REMOVE), NULL);
	return CHECK(t, dry.remove != NULL) && explore_can(t, 2) && take_tables(t);
}

/* Under one scheme; the scheme in force comes back.  No other CPU maps or removes meanwhile. */
static void explore_scheme(struct test_run *t, const struct vmalloc_scheme *s, struct explored *x)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	struct explore e = map_against_remove();

	vmalloc_select(s);
	explore(t, &e, x);
	vmalloc_select(before);
}

TEST(sched, vmalloc,
     .claim = "the scheme in force keeps a removal from freeing a table that vmalloc walks",
     .rows = "S0-03 S0-04 X-01", .needs = NEED_SMP)
{
	struct explored x;

	if (!race_begin(t))
		return;
	explore_scheme(t, vmalloc_selected(), &x);
	explore_report(t, &x);
	give_tables();
}

/* The answers of the thread, by name: V8's floor-ceiling, V7's flag, and options 1 to 4. */
static const char *const safe[] = { "floor-ceiling", "overlap-flag", "lock-all", "hotplug-read",
				    "keep",          "disjoint",     NULL };

TEST(sched, vmalloc_schemes, .claim = "each answer of the thread does, in every order of two CPUs",
     .rows = "S0-03 S0-04 S0-06 S0-07 S0-08 S0-09 L-01 X-01", .needs = NEED_SMP, .params = safe)
{
	struct why why = { 0 };
	const struct vmalloc_scheme *s = vmalloc_scheme_find(t->param, &why);
	char reason[80] = "";
	struct explored x;

	if (!CHECK(t, s != NULL))
		return;
	if (!vmalloc_scheme_usable(s, reason, sizeof(reason))) {
		test_skip(t, "%s", reason);
		return;
	}
	if (!race_begin(t))
		return;
	explore_scheme(t, s, &x);
	explore_report(t, &x);
	give_tables();
}

/* What the explorer found must come again from the text of its schedule alone. */
static void found_again(struct test_run *t, const struct vmalloc_scheme *s,
			const struct explored *x)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	struct explore e = map_against_remove();
	struct explored again;

	vmalloc_select(s);
	CHECK(t, explore_replay(&e, x->schedule, &again));
	vmalloc_select(before);
	CHECK(t, again.wrong == x->wrong);
	CHECK_EQ(t, again.diverged, 0);
}

/* With three levels the shared table hangs at a slot of the root, which only ever fills. */
static bool root_keeps_shared(void)
{
	return kpt.fmt->levels == 3;
}

TEST(sched, vmalloc_twin,
     .claim = "with nothing between the two the explorer finds the order that loses, twice",
     .rows = "S0-03 S0-04 S0-47", .needs = NEED_SMP)
{
	struct why why = { 0 };
	const struct vmalloc_scheme *s = vmalloc_scheme_find("unsafe", &why);
	struct explored x;

	if (layout.disjoint || root_keeps_shared()) {
		test_skip(t, layout.disjoint ? "vmalloc and vmemmap share no table"
					     : "what they share hangs at the root, and stays");
		return;
	}
	if (!CHECK(t, s && s->s.unsafe) || !race_begin(t))
		return;
	explore_scheme(t, s, &x);
	if (CHECK(t, x.wrong != NULL)) {
		test_key(t, "schedules=%u", x.schedules);
		test_key(t, "schedule=%s", x.schedule);
		found_again(t, s, &x);
	}
	give_tables();
}
