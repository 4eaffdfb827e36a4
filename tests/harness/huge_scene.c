/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/huge_scene.c - see tests/harness/huge_scene.h. */
#include <lib/assert.h>
#include <mm/kernel/kpt.h>
#include <mm/page/buddy.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/duel.h>
#include <tests/harness/huge_scene.h>
#include <tests/harness/own_tree.h>

#define HUGE_TABLES 12                   /* two paths of five levels, and the root */
#define HUGE_POISON 0x6b6b6b6b6b6b6b6aul /* bit 0 clear: not valid in any format */

static struct {
	struct pt pt;
	struct pt_env env;
	paddr_t table[HUGE_TABLES];
	bool freed[HUGE_TABLES];
	unsigned nr;
	int err;
	bool hold;        /* the walker stops */
	u32 gone, poison; /* tables that were free when the walker entered; cells of one */
	struct huge_count count;
} huge;

static void fill(paddr_t pa, u64 word)
{
	u64 *p = pa_ptr(pa);

	for (u64 i = 0; i < page_size() / sizeof(*p); i++)
		p[i] = word;
}

static paddr_t huge_take(struct pt *pt, unsigned node)
{
	(void)pt;
	(void)node;
	return huge.nr < HUGE_TABLES ? huge.table[huge.nr++] : PA_NONE;
}

static unsigned index_of(paddr_t pa)
{
	unsigned i = 0;

	while (huge.table[i] != pa)
		ASSERT_OP(++i, <, huge.nr);
	return i;
}

static void huge_put(struct pt *pt, paddr_t pa)
{
	unsigned i = index_of(pa);

	(void)pt;
	fill(pa, HUGE_POISON);
	huge.freed[i] = true;
}

/* The slot, and a frame for it that no CPU reaches through this tree. */
static vaddr_t slot_va(void)
{
	const struct va_region *r = &layout.r[REGION_VMALLOC];

	return align_down(r->va + r->len - 1, pt_span(kpt.fmt, 1));
}

static paddr_t slot_frame(void)
{
	return align_up(layout.phys_base, pt_span(kpt.fmt, 1));
}

/* A page is mapped in the slot and unmapped again: its table stays. */
static void make_empty_table(void)
{
	struct pt_gather g;
	struct pt_plan plan;

	ASSERT_OP(pt_plan(&huge.pt, &plan, PT_OP_MAP, slot_va(), page_size(), 0, 0, NULL), ==, 0);
	pt_map(&plan, slot_frame(), PT_R);
	pt_plan_end(&plan);
	pt_plan_sure(&huge.pt, &plan, PT_OP_UNMAP, slot_va(), page_size());
	pt_gather_begin(&g, &huge.pt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	pt_plan_end(&plan);
}

void huge_scene_setup(void)
{
	for (unsigned i = 0; i < huge.nr; i++) {
		fill(huge.table[i], 0);
		huge.freed[i] = false;
	}
	huge.nr = 0;
	huge.err = 0;
	huge.gone = huge.poison = 0;
	own_tree_init(&huge.pt, &huge.env, "huge", kpt.fmt, huge_take, huge_put);
	huge.pt.root_append = kpt.root_append || kpt.root_constant;
	make_empty_table();
}

void huge_scene_map(void)
{
	u64 pages = pt_span(kpt.fmt, 1) >> page_shift();

	if (huge.hold)
		duel_await_stop();
	huge.err = vmalloc_map_large_in(&huge.pt, slot_va(), slot_frame(), pages, PT_R);
	if (huge.hold)
		duel_pass();
}

void huge_scene_hold(bool on)
{
	huge.hold = on;
}

/* Wait so that the other may pass; the CPUs run freely. */
static void wait_for_other(void)
{
	if (huge.hold)
		duel_stop(false);
	else
		for (unsigned i = 0; i < 200; i++)
			cpu_serve();
}

/* The other actor may run between the load of the pointer and of the table. */
static int huge_visit(const struct pt_slot *slot, void *arg)
{
	struct pt_event point = { .kind = PT_EV_WALK_BEGIN, .pt = &huge.pt, .va = slot->va };

	(void)arg;
	if (slot->kind != PT_TABLE) {
		huge.poison++;
		return 0;
	}
	if (slot->level != 1)
		return 0;
	if (huge.hold || !pt_tapped()) /* a tap may be on that explores nothing */
		wait_for_other();
	else
		pt_tap_run_before(&point);
	huge.gone += huge.freed[index_of(kpt.fmt->pa(slot->val, 1, slot->va))];
	return 0;
}

void huge_scene_walk(void)
{
	vmalloc_walk_begin();
	pt_walk(&huge.pt, slot_va(), pt_span(kpt.fmt, 1), PT_ON_TABLE | PT_ON_OTHER, huge_visit,
		NULL);
	vmalloc_walk_end();
}

const char *huge_scene_check(void)
{
	struct pt_slot slot;

	if (huge.poison)
		return "the walker read a freed table";
	if (huge.gone)
		return "the walker is about to enter a freed table";
	if (huge.err)
		return "the map was refused";
	if (pt_lookup(&huge.pt, slot_va(), &slot) != PT_LEAF)
		return "the map is not there";
	if (slot.level)
		huge.count.large++;
	else
		huge.count.pages++;
	return NULL;
}

struct huge_count huge_scene_count(void)
{
	return huge.count;
}

bool huge_scene_event(const struct pt_event *e)
{
	return e->pt == &huge.pt;
}

const char *huge_scene_harmless(void)
{
	return kpt.fmt->levels == 2 ? "page tables hang at the root, and stay" : NULL;
}

void huge_scene_end(void)
{
	for (unsigned i = 0; i < HUGE_TABLES && huge.table[i]; i++) {
		table_free(huge.table[i]);
		huge.table[i] = 0;
	}
}

bool huge_scene_begin(struct test_run *t)
{
	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return false;
	}
	huge.nr = HUGE_TABLES; /* setup() zeroes as many as were used */
	huge.count = (struct huge_count) { 0 };
	huge.hold = false;
	for (unsigned i = 0; i < HUGE_TABLES; i++)
		if ((huge.table[i] = table_alloc(0)) == PA_NONE) {
			huge.table[i] = 0;
			huge_scene_end();
			test_skip(t, "no memory for the tables");
			return false;
		}
	return true;
}
