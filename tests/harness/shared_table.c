/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/shared_table.c - see tests/harness/shared_table.h. */
#include <arch/arch.h>
#include <kern/args.h>
#include <lib/assert.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/page/buddy.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/duel.h>
#include <tests/harness/own_tree.h>
#include <tests/harness/shared_table.h>

#define TABLES 24 /* two paths of at most five levels, the spare ones, two frames */

static struct {
	struct pt pt;
	struct pt_env env;
	paddr_t table[TABLES];
	bool freed[TABLES];
	unsigned nr;
	const struct remove_scheme *remove;
	int err;
} scene;

static paddr_t scene_take(struct pt *pt, unsigned node)
{
	(void)pt;
	(void)node;
	return scene.nr < TABLES ? scene.table[scene.nr++] : PA_NONE;
}

static void scene_put(struct pt *pt, paddr_t pa)
{
	unsigned i = 0;

	(void)pt;
	while (scene.table[i] != pa)
		ASSERT_OP(++i, <, scene.nr);
	scene.freed[i] = true;
}

/* ---- the forced interleaving: the map stops between its walk and its store ---- */

static struct {
	bool wanted;
	u32 armed; /* barriers of the boot CPU until it stops */
} hold;

void shared_table_hold(bool on)
{
	hold.wanted = on;
}

/* The first barrier of a map precedes its walk and orders the contents of the frames; at the second
 * the engine has walked to the table above and is about to store into it. */
static void publish_held(void)
{
	if (!this_cpu()->nr && hold.armed && !--hold.armed)
		duel_stop(false);
	kpt_env.publish();
}

/* The first page of the vmemmap, which a removal unmaps ... */
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
	return scene.table[TABLES - 1];
}

static paddr_t mapped_frame(void)
{
	return scene.table[TABLES - 2];
}

void shared_table_setup(void)
{
	struct pt_plan plan;

	for (unsigned i = 0; i < scene.nr; i++) {
		arch_zero(pa_ptr(scene.table[i]), page_size());
		scene.freed[i] = false;
	}
	scene.nr = 0;
	scene.err = 0;
	own_tree_init(&scene.pt, &scene.env, "shared", kpt.fmt, scene_take, scene_put);
	scene.env.publish = publish_held;
	hold.armed = 0;
	scene.pt.root_append = kpt.root_append || kpt.root_constant;
	scene.pt.may_free = vmalloc_selected()->may_free;
	ASSERT_OP(pt_plan(&scene.pt, &plan, PT_OP_MAP, removed_va(), page_size(), 0, 0, NULL), ==,
		  0);
	pt_map(&plan, removed_frame(), PT_R | PT_W);
	pt_plan_end(&plan);
	hold.armed = hold.wanted ? 2 : 0;
}

void shared_table_map(void)
{
	paddr_t frame = mapped_frame();

	scene.err = vmalloc_map_in(&scene.pt, mapped_va(), &frame, 1, PT_R | PT_W);
}

/* The plan has a leaf table for each level that could be lost, and more; one page is mapped.  The
 * region of vmalloc has room for two such tables with every format, for 64 with four levels. */
void shared_table_map_spare(void)
{
	unsigned levels = scene.pt.fmt->levels;
	u64 len = (levels > 3 ? levels : 2) * pt_span(scene.pt.fmt, 1);
	struct pt_plan plan;

	vmalloc_enter();
	scene.err = pt_plan(&scene.pt, &plan, PT_OP_MAP, mapped_va() + page_size() - len, len, 0, 0,
			    NULL);
	if (!scene.err)
		pt_map_part(&plan, mapped_va(), page_size(), mapped_frame(), PT_R | PT_W);
	pt_plan_end(&plan);
	vmalloc_leave();
}

void shared_table_remove(void)
{
	struct pt_gather g;

	if (hold.wanted)
		duel_await_stop();
	hotplug_write_lock();
	pt_gather_begin(&g, &scene.pt, NULL, 0);
	vmalloc_remove(scene.remove, REGION_VMEMMAP, removed_va(), page_size(), &g);
	pt_gather_release(&g);
	hotplug_write_unlock();
	if (hold.wanted)
		duel_pass();
}

/* Read cell by cell: checks the memory, not the engine's state. */
static bool table_is_zero(paddr_t pa)
{
	const u64 *p = pa_ptr(pa);

	for (u64 i = 0; i < page_size() / sizeof(*p); i++)
		if (p[i])
			return false;
	return true;
}

const char *shared_table_check(void)
{
	for (unsigned i = 0; i < scene.nr; i++)
		if (scene.freed[i] && !table_is_zero(scene.table[i]))
			return "vmalloc stored into a table that the removal had freed";
	if (scene.err)
		return "vmalloc's map was refused";
	if (pt_translate(&scene.pt, mapped_va()) != mapped_frame())
		return "the removal freed a table that vmalloc uses";
	return pt_translate(&scene.pt, removed_va()) == PA_NONE ? NULL
								: "the removed page is mapped";
}

bool shared_table_event(const struct pt_event *e)
{
	return e->pt == &scene.pt;
}

/* With three levels a slot of the root points to the shared table, and such slots are never
 * cleared. */
const char *shared_table_harmless(void)
{
	if (layout.disjoint)
		return "vmalloc and vmemmap share no table";
	return kpt.fmt->levels == 3 ? "the shared table is linked from the root, and stays" : NULL;
}

void shared_table_end(void)
{
	for (unsigned i = 0; i < TABLES && scene.table[i]; i++) {
		table_free(scene.table[i]);
		scene.table[i] = 0;
	}
}

bool shared_table_begin(struct test_run *t)
{
	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return false;
	}
	scene.remove = remove_scheme_find(arg_text(NULL, ARG_REMOVE), NULL);
	scene.nr = TABLES; /* setup() zeroes as many as were used */
	for (unsigned i = 0; i < TABLES; i++)
		if ((scene.table[i] = table_alloc(0)) == PA_NONE) {
			scene.table[i] = 0;
			shared_table_end();
			test_skip(t, "no memory for the tables");
			return false;
		}
	return CHECK(t, scene.remove != NULL);
}
