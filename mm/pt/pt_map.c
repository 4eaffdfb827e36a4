/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_map.c - new leaves in an empty range: the largest that VA, PA and the plan allow.
 *
 * Leaves are stored in runs of a whole table: the format encodes two of them, the rest is addition
 * of their difference.  A retained empty table is used, not replaced: its span gets smaller leaves.
 */
#include <mm/pt/pt_impl.h>

/* ---- planning ---- */

static int not_empty(const struct pt *pt, const struct pt_pos *pos, vaddr_t va, struct why *why)
{
	return refuse(why, EEXIST, "%s: %#lx already holds %#lx at level %u", pt->name,
		      pt_slot_va(pt, pos->level, va), pos->val, pos->level);
}

/* Slots of `level` that [va, va + len) touches. */
static u32 slots(const struct pt *pt, unsigned level, vaddr_t va, u64 len)
{
	unsigned shift = pt->shift[level];

	return len ? (u32)(((va + len - 1) >> shift) - (va >> shift) + 1) : 0;
}

/* The lowest level above `level`, at most `max`, that may hold a leaf; 0 if none. */
static unsigned leaf_above(const struct pt *pt, unsigned level, unsigned max)
{
	for (unsigned l = level + 1; l <= max; l++)
		if (pt_leaf_ok(pt->fmt, l))
			return l;
	return 0;
}

/*
 * The number of tables of `level` that a map of an empty [va, va + len) needs: none where the next
 * larger leaf fits; at the unaligned head and tail, or everywhere if no larger leaf is allowed,
 * all.
 */
static u32 tables_of(const struct pt *pt, unsigned level, vaddr_t va, u64 len, unsigned max)
{
	unsigned big = leaf_above(pt, level, max);
	u64 span, head, tail;

	if (!big)
		return slots(pt, level + 1, va, len);
	span = pt_span_at(pt, big);
	head = -va & (span - 1);
	if (head >= len)
		return slots(pt, level + 1, va, len);
	tail = (va + len) & (span - 1);
	return slots(pt, level + 1, va, head) + slots(pt, level + 1, va + len - tail, tail);
}

static void tables_below(const struct pt *pt, unsigned level, vaddr_t va, u64 len, unsigned max,
			 u32 by_level[PT_LEVELS_MAX])
{
	for (unsigned l = level; l-- > 0;)
		by_level[l] += tables_of(pt, l, va, len, (unsigned)min_u64(max, level));
}

/* A cell of the range that is not EMPTY: the bytes to skip, or an error. */
static int pass_over(const struct pt_plan *plan, const struct pt_pos *pos, vaddr_t va, u64 left,
		     u64 *step, struct why *why)
{
	*step = pt_step(plan->pt, pos->level, 1, va, left);
	return plan->op == PT_OP_MAP ? not_empty(plan->pt, pos, va, why)
				     : pt_apply_check(plan, pos, va, why);
}

/* Count the tables that the range lacks, by level.  An error for MAP if the range is not EMPTY, and
 * for APPLY if it has an entry that cannot be changed. */
static int tables_missing(const struct pt_plan *plan, u32 by_level[PT_LEVELS_MAX], struct why *why)
{
	const struct pt *pt = plan->pt;
	vaddr_t va = plan->va;
	struct pt_pos pos;
	u64 step;

	for (u64 left = plan->len; left; va += step, left -= step) {
		u32 max, n;

		step = 0;
		pt_descend(pt, va, 0, &pos);
		if (pos.val) {
			int err = pass_over(plan, &pos, va, left, &step, why);

			if (err)
				return err;
			continue;
		}
		if (pt->root_constant && pos.level == pt_top(pt) && plan->op != PT_OP_EXISTING)
			return refuse(why, EPERM, "%s: root slot %u of %#lx is empty and constant",
				      pt->name, pos.index, va);
		max = min_u32(pt_cells_left(pt, &pos), slots(pt, pos.level, va, left));
		n = pt_count_empty(&pos.cells[pos.index], max);
		if (!n)
			continue; /* filled since the walk, by a table or a leaf: look again */
		step = pt_step(pt, pos.level, n, va, left);
		tables_below(pt, pos.level, va, step, plan->max_level, by_level);
	}
	return 0;
}

/* True if the whole range is EMPTY and in one page table, which planning has found then. */
static bool has_table(struct pt_plan *plan)
{
	const struct pt *pt = plan->pt;
	u64 pages = plan->len >> pt->shift[0];
	struct pt_pos pos;

	if (pages > 1 && plan->len > pt_span_at(pt, 1))
		return false;
	pt_descend(pt, plan->va, 0, &pos);
	if (pos.level || pos.val)
		return false;
	pt_plan_saw(plan, &pos, plan->va);
	return pages == 1 || (pages <= pt_cells_left(pt, &pos) &&
			      pt_count_empty(&pos.cells[pos.index], (u32)pages) == pages);
}

static int count_tables(const struct pt_plan *plan, u32 *need, struct why *why)
{
	u32 by_level[PT_LEVELS_MAX] = { 0 };
	int err = tables_missing(plan, by_level, why);

	for (unsigned l = 0; l < PT_LEVELS_MAX && plan->op != PT_OP_EXISTING; l++)
		*need += by_level[l];
	return err;
}

int pt_plan_map(struct pt_plan *plan, u32 *need, struct why *why)
{
	return has_table(plan) ? 0 : count_tables(plan, need, why);
}

int pt_count_tables(struct pt *pt, vaddr_t va, u64 len, unsigned max_level,
		    u32 by_level[PT_LEVELS_MAX], struct why *why)
{
	struct pt_plan plan = { .pt = pt, .op = PT_OP_MAP, .va = va, .len = len };
	int err = pt_range_check(pt, va, len, why);

	plan.max_level = (u8)min_u64(max_level, pt_top(pt));
	for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
		by_level[l] = 0;
	return err ? err : tables_missing(&plan, by_level, why);
}

/* ---- acting ---- */

/* A map in progress.  The cell of va is in the open table, whose next `room` cells get leaves of
 * its level; with no room left the next table has to be opened. */
struct map_job {
	struct pt_plan *plan;
	vaddr_t va;
	paddr_t pa;
	u64 left;
	enum pt_prot prot;
	bool same; /* every page to one frame */
	u32 room;
	struct pt_pos pos; /* of va */
	/* The open table is unlinked.  `full` such tables before it, from the link `first` on, are
	 * filled: `cell`, of `cell_va`, and its successors will point to them. */
	bool unlinked;
	u32 full, after; /* cells after that of the open table; 0: no table was filled */
	struct pt_cell *cell;
	vaddr_t cell_va;
	struct pt_link *first;
};

/* The highest level at which a leaf fits the rest of the range: aligned in VA and PA, and allowed.
 */
static unsigned best_level(const struct map_job *j)
{
	const struct pt *pt = j->plan->pt;
	unsigned level = j->same ? 0 : j->plan->max_level;

	for (; level; level--) {
		u64 span = pt_span_at(pt, level);

		if (pt_leaf_ok(pt->fmt, level) && is_aligned(j->va | j->pa, span) &&
		    j->left >= span)
			break;
	}
	return level;
}

/* Open a table from the reserve. */
static struct pt_link *open_unlinked(struct map_job *j)
{
	const struct pt_env *env = j->plan->pt->env;
	struct pt_link *link = pt_plan_take(j->plan);
	paddr_t table = env->pa(link);

	j->unlinked = true;
	j->pos.cells = env->direct ? pt_cells(env->direct, table) : env->cells(table);
	if (env->zero && pt_tapped()) /* a tap may swallow a store */
		env->zero(j->pos.cells);
	return link;
}

/*
 * If the range covers the whole table below the EMPTY cell at j->pos, then that table is filled
 * before the cell points to it: no other operation can need it meanwhile (ENGINE 1.1), its cells
 * need not be EMPTY first, and its leaves become visible by one store.
 */
static bool open_whole(struct map_job *j, unsigned level)
{
	const struct pt *pt = j->plan->pt;
	struct pt_pos *pos = &j->pos;
	u64 span = pt_span_at(pt, level);

	if (!is_aligned(j->va, span) || j->left < span)
		return false;
	j->after = pt_entries(pt->fmt, level) - pos->index - 1;
	j->cell = &pos->cells[pos->index];
	j->cell_va = j->va;
	j->first = open_unlinked(j);
	pos->index = 0;
	pos->level = (u8)(level - 1);
	j->room = pt_entries(pt->fmt, level - 1);
	return true;
}

/* Let the cells of the full tables point to them. */
static u32 hook_tables(struct map_job *j)
{
	struct pt_run r;

	if (!j->full)
		return 0;
	r = (struct pt_run) {
		.cells = j->cell, .va = j->cell_va, .level = (u8)(j->pos.level + 1), .n = j->full
	};
	j->full = 0;
	return pt_hook_list(j->plan->pt, &r, j->first);
}

/* Find the table for the largest leaf that j->va can have; missing tables are taken from the
 * reserve. A retained table is used, so the leaf may be smaller. */
static void open_table(struct map_job *j)
{
	struct pt *pt = j->plan->pt;
	struct pt_pos *pos = &j->pos;
	unsigned best = best_level(j), level = pt_top(pt);
	paddr_t table = pt->root;

	for (;; level--) {
		struct pt_cell *cell;

		pos->cells = pt->env->cells(table);
		pos->index = pt_index_at(pt, level, j->va);
		cell = &pos->cells[pos->index];
		pos->val = pt_cell_load(cell);
		if (level <= best && !pos->val && pt_leaf_ok(pt->fmt, level))
			break;
		ASSERT_OP(level, >, 0); /* the plan saw this range empty */
		if (!pos->val && level == best + 1 && open_whole(j, level))
			return;
		table = pos->val ? pt->fmt->next(pos->val, level)
				 : pt_install(j->plan, cell, level, j->va);
		ASSERT_OP(table, !=, PA_NONE);
	}
	pos->level = (u8)level;
	j->room = min_u32(pt_cells_left(pt, pos), j->left >> pt->shift[level]);
	if (level) /* there may be retained tables */
		j->room = pt_count_empty(&pos->cells[pos->index], j->room);
}

/* Log2 entries of the contiguous runs that the plan wants at this level; 0: none. */
static unsigned run_shift_at(const struct pt_plan *plan, unsigned level)
{
	const struct pt *pt = plan->pt;
	unsigned run = pt->fmt->run[level];

	if (!plan->contig || !(pt->caps & PT_CAP_CONTIG))
		return 0;
	return !plan->run_max || pt_span_at(pt, level) << run <= plan->run_max ? run : 0;
}

/* The next leaves of one kind: single ones up to the first aligned run of 1 << *run_shift, then all
 * whole runs, then single ones.  For single leaves *run_shift becomes 0. */
static u32 leaves_of_a_kind(const struct map_job *j, unsigned *run_shift)
{
	const struct pt *pt = j->plan->pt;
	u64 mask = (pt_span_at(pt, j->pos.level) << *run_shift) - 1;
	u32 run = 1u << *run_shift, head;
	bool fits;

	if (!*run_shift)
		return j->room;
	head = (u32)((-j->va & mask) >> pt->shift[j->pos.level]);
	fits = !((j->va ^ j->pa) & mask) && head + run <= j->room;
	if (fits && !head)
		return j->room & ~(run - 1);
	*run_shift = 0;
	return fits ? head : j->room;
}

static void advance(struct map_job *j, u64 len)
{
	j->va += len;
	j->pa += j->same ? 0 : len;
	j->left -= len;
}

/* Describe the next store into the open table, and advance the job past it. */
static void next_run(struct map_job *j, struct pt_run *r)
{
	const struct pt *pt = j->plan->pt;
	unsigned level = j->pos.level, run_shift = j->same ? 0 : run_shift_at(j->plan, level);
	u64 span = pt_span_at(pt, level);
	u32 n = leaves_of_a_kind(j, &run_shift);
	pte_t new = pt->fmt->leaf(j->pa, j->prot, level, run_shift), stride = 0;

	if (n > 1 && !j->same)
		stride = pt->fmt->leaf(j->pa + span, j->prot, level, run_shift) - new;
	if (run_shift && !stride)
		n = 1u << run_shift; /* NAPOT, equal members: one store a run */
	/* every field: for a partial initialiser the compiler calls memset */
	*r = (struct pt_run) { .cells = &j->pos.cells[j->pos.index],
			       .va = j->va,
			       .n = n,
			       .level = (u8)level,
			       .run_shift = (u8)run_shift,
			       .unlinked = j->unlinked,
			       .ordered = true, /* map_range() called pt_publish_data() */
			       .same = j->same,
			       .old = 0,
			       .new = new,
			       .stride = stride,
			       .pa = j->pa,
			       .prot = j->prot };
	j->pos.index += n;
	j->room -= n;
	advance(j, n * span);
}

/*
 * The last run has filled a whole table: describe that of the next one, which differs in its table
 * and its addresses alone.  False: it differs in more.
 */
static bool next_table(struct map_job *j, struct pt_run *r)
{
	const struct pt *pt = j->plan->pt;
	u64 span;

	if (!j->after || !r->unlinked || r->n != pt_entries(pt->fmt, r->level) || j->same)
		return false;
	span = pt_span_at(pt, r->level + 1u);
	if (j->left < span || !pt_in_step(pt->fmt, r->pa, 2 * span) ||
	    pt_cell_load(j->cell + j->full))
		return false;
	j->after--;
	open_unlinked(j);
	r->cells = j->pos.cells;
	r->va = j->va;
	r->pa = j->pa;
	r->new += r->n * r->stride;
	advance(j, span);
	return true;
}

/*
 * The whole range is in the page table that planning found: it has a cell for each page, so no leaf
 * of another size fits, and without contiguous runs there is one kind.  Then this is one store.
 */
static bool is_one_run(const struct pt_plan *plan, vaddr_t va, u64 len)
{
	unsigned table = plan->pt->shift[1];

	return plan->seen && !plan->contig && va >> table == plan->seen_va >> table &&
	       (va + len - 1) >> table == va >> table;
}

static u32 map_one_run(const struct pt_plan *plan, vaddr_t va, u64 len, paddr_t pa,
		       enum pt_prot prot, bool same)
{
	struct pt *pt = plan->pt;
	u32 n = (u32)(len >> pt->shift[0]);
	pte_t new = pt->fmt->leaf(pa, prot, 0, 0), stride = 0;
	struct pt_run r;

	if (n > 1 && !same)
		stride = pt->fmt->leaf(pa + pt_span_at(pt, 0), prot, 0, 0) - new;
	r = (struct pt_run) { .cells = &plan->seen[pt_index_at(pt, 0, va)],
			      .va = va,
			      .n = n,
			      .level = 0,
			      .run_shift = 0,
			      .unlinked = false,
			      .ordered = true,
			      .same = same,
			      .old = 0,
			      .new = new,
			      .stride = stride,
			      .pa = pa,
			      .prot = prot };
	return pt_set_run(pt, &r, NULL);
}

static NOINLINE u32 map_by_tables(struct pt_plan *plan, vaddr_t va, u64 len, paddr_t pa,
				  enum pt_prot prot, bool same)
{
	struct pt *pt = plan->pt;
	struct map_job j;
	struct pt_run r;
	u32 duty = 0;

	/* what open_table() sets is left out: for an initialiser the compiler calls memset */
	j.plan = plan;
	j.va = va;
	j.pa = pa;
	j.left = len;
	j.prot = prot;
	j.same = same;
	j.room = j.full = j.after = 0;
	j.unlinked = false;
	while (j.left) {
		if (j.room || !next_table(&j, &r)) {
			if (!j.room) {
				duty |= hook_tables(&j);
				j.unlinked = false;
				open_table(&j);
			}
			next_run(&j, &r);
		}
		duty |= pt_set_run(pt, &r, NULL);
		if (j.unlinked && !duty && pt->state == PT_LIVE) /* of the leaves, once linked */
			duty = pt->fmt->duty(0, r.new, r.level, pt->caps);
		if (j.unlinked && !j.room)
			j.full++;
	}
	return duty | hook_tables(&j);
}

static void map_range(struct pt_plan *plan, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot,
		      bool same)
{
	struct pt *pt = plan->pt;
	u32 duty;

	pt_plan_check(plan, PT_OP_MAP);
	ASSERT_OP((va | len | pa) & (pt_page_size(pt->fmt) - 1), ==, 0);
	ASSERT_OP(va - plan->va, <, plan->len);
	ASSERT_OP(len, <=, plan->len - (va - plan->va));
	prot = pt_usable_prot(pt, prot);
	pt_publish_data(pt, va, len); /* the caller has filled the frames: once for all leaves */
	duty = is_one_run(plan, va, len) ? map_one_run(plan, va, len, pa, prot, same)
					 : map_by_tables(plan, va, len, pa, prot, same);
	if (duty)
		pt_visible(pt, va, len, duty);
}

void pt_map_part(struct pt_plan *plan, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot)
{
	map_range(plan, va, len, pa, prot, false);
}

void pt_map_same(struct pt_plan *plan, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot)
{
	map_range(plan, va, len, pa, prot, true);
}

void pt_visible_here(struct pt *pt, vaddr_t va, u64 len)
{
	if (pt->state == PT_LIVE)
		pt_visible(pt, va, len, PT_DUTY_VISIBLE);
}

void pt_map(struct pt_plan *plan, paddr_t pa, enum pt_prot prot)
{
	map_range(plan, plan->va, plan->len, pa, prot, false);
}
