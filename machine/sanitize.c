/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize.c - convert executed operations to events of the sanitizer's model (sanitize.h).
 */
#include <machine/core.h>
#include <machine/order.h>
#include <machine/sanitize_report.h>
#include <machine/sanitize_tables.h>
#include <mm/pt/pt_tap.h>
#include <stdlib.h>
#include <string.h>

#define ROW 512u /* entries of a SET */
#define CHAIN 6u
#define SERIES 2u /* of TLBIs: KPTI repeats each one for the ASID of programs */

/* A SET that later stores may extend. */
struct set_row {
	struct watched_table *table; /* NULL: none */
	u32 first, n;
	bool release;
	pte_t old[ROW], new[ROW];
	u64 chain[CHAIN]; /* of the first store */
};

/* A TLBI that later ones may extend. */
struct steps {
	bool open;
	u64 last_va, stride, n;
	struct pt_event e;
	u64 chain[CHAIN]; /* of the first one */
};

static struct executing {
	struct set_row row;
	struct steps steps[SERIES];
	u64 ordered;  /* core_ordered() at the last SYNC */
	u64 fenced;   /* stores up to this number (`written`) are ordered before the next one */
	u64 released; /* stores up to this number are ordered before its last release */
	u64 read;     /* ... before its last release that is a load as well */
	bool waits_local, waits_all, context_pending;
	struct watched_root *root[2];
	u32 asid[2];
} executing[WORST_CPUS];

/* By frame: number * WORST_CPUS + CPU of its last store. */
static u64 *written[ARRAY_SIZE(ram.bank)];
static u64 stores;
static unsigned now_cpu;
static bool foreign; /* observe_foreign() */

static void set_cpu(struct pt_event *e)
{
	e->cpu = now_cpu;
}

static void feed(unsigned cpu, struct pt_event *e)
{
	now_cpu = cpu;
	pt_tap_run_before(e);
	pt_tap_run_after(e);
	observe_report(cpu);
}

static void feed_kind(unsigned cpu, unsigned kind)
{
	feed(cpu, &(struct pt_event) { .kind = (u8)kind });
}

/* ---- stores ---- */
static u64 *written_at(u64 pa)
{
	const struct ram_bank *b = memory_bank(pa);
	u64 **w = &written[b - ram.bank];

	if (!*w)
		*w = calloc(b->bytes >> FRAME_SHIFT, sizeof(**w));
	return *w ? &(*w)[(pa - b->base) >> FRAME_SHIFT] : NULL;
}

/* True: this CPU has stored to the table's frames, and no fence orders those stores before its next
 * one. */
static bool contents_unordered(unsigned cpu, const struct watched_root *r, u64 table)
{
	for (u64 at = 0; at < san_span(&r->g, 0); at += FRAME_BYTES) {
		const u64 *w = memory_frame(table + at) ? written_at(table + at) : NULL;

		if (w && *w % WORST_CPUS == cpu && *w / WORST_CPUS > executing[cpu].fenced)
			return true;
	}
	return false;
}

static void hook_begins(unsigned cpu, const struct watched_root *r, u64 table, bool release)
{
	if (release)
		feed_kind(cpu, PT_EV_PUBLISH);
	else if (contents_unordered(cpu, r, table))
		feed_kind(cpu, PT_EV_SET); /* of no tree: the stores to the table */
}

static struct pt_event set_of(const struct set_row *row)
{
	const struct watched_table *t = row->table;
	const struct san_geometry *g = &t->root->g;
	struct pt_event e = { .kind = PT_EV_SET, .level = t->level, .n = row->n };

	e.va = watched_va(t, row->first);
	e.len = (u64)row->n << san_shift(g, t->level);
	e.old = row->old[0];
	e.new = row->new[0];
	e.pa = san_kind(g, e.new, t->level) == SAN_NONE ? PA_NONE
							: san_pa(g, e.new, t->level, e.va);
	e.global = (s64)e.va < 0;
	e.pt = &t->root->pt;
	return e;
}

static void end_row(unsigned cpu)
{
	struct set_row *row = &executing[cpu].row;
	struct watched_table *t = row->table;
	struct watched_root *r = t ? t->root : NULL;
	struct pt_event e;
	bool hooks, unhooks;

	if (!t)
		return;
	e = set_of(row);
	hooks = san_kind(&r->g, e.new, t->level) == SAN_TABLE;
	unhooks = san_kind(&r->g, e.old, t->level) == SAN_TABLE;
	row->table = NULL;
	observe_chain_of(row->chain, CHAIN);
	if (hooks)
		hook_begins(cpu, r, e.pa, row->release);
	now_cpu = cpu;
	pt_tap_run_before(&e);
	memcpy(&t->entry[row->first], row->new, row->n * sizeof(pte_t));
	if (hooks)
		watched_add(r, e.pa, t->level - 1u, e.va);
	pt_tap_run_after(&e);
	if (unhooks) {
		watched_drop(r, san_pa(&r->g, e.old, t->level, e.va), t->level - 1u, e.va);
		watched_rejoin();
	}
	observe_report(cpu);
	observe_chain_of(NULL, 0);
}

/* True: the store extends the row: the next entry, an old value like the first one's, and the next
 * new value in step. */
static bool extends_row(const struct set_row *row, const struct watched_table *t, u32 at, pte_t old,
			pte_t new)
{
	const struct san_geometry *g = &t->root->g;
	pte_t address = san_address(g), step = san_span(g, t->level);

	if (row->table != t || row->first + row->n != at || row->n == ROW)
		return false;
	step = g->family == SAN_RISCV ? step >> 2 : step;
	if (san_run(g, new, t->level) && g->family == SAN_RISCV)
		step = 0;
	if (new != (row->new[0] & 1 ? row->new[row->n - 1] + step : row->new[0]))
		return false;
	return san_kind(g, old, t->level) == san_kind(g, row->old[0], t->level) &&
	       !((old ^ row->old[0]) & ~address);
}

/* True: only access and dirty bits are set, as hardware does. */
static bool only_marks(const struct watched_table *t, u32 at, pte_t old, pte_t new)
{
	const struct san_geometry *g = &t->root->g;

	return san_alike(g, old, new) && !(san_change(g, old, new, t->level, watched_va(t, at), 0) &
					   (SAN_STALE | SAN_NEEDS_BREAK));
}

static void end_others(unsigned cpu)
{
	for (unsigned i = 0; i < WORST_CPUS; i++)
		if (i != cpu)
			end_row(i);
}

static void store_entry(unsigned cpu, struct watched_table *t, u32 at, u64 value, u64 mask,
			bool release)
{
	const struct san_geometry *g = &t->root->g;
	struct set_row *row = &executing[cpu].row;
	pte_t old = t->entry[at], new;

	if (row->table == t && at - row->first < row->n)
		old = row->new[at - row->first];
	new = (old & ~mask) | value;
	if (new == old)
		return;
	if (row->table != t && only_marks(t, at, old, new)) {
		t->entry[at] = new;
		return;
	}
	if (!extends_row(row, t, at, old, new)) {
		end_row(cpu);
		row->table = t;
		row->first = at;
		row->n = 0;
		row->release = release;
		now_cpu = cpu;
		memset(row->chain, 0, sizeof(row->chain));
		observe_chain(row->chain, CHAIN, 0);
	}
	row->old[row->n] = old;
	row->new[row->n++] = new;
	if (san_kind(g, old, t->level) == SAN_TABLE || san_kind(g, new, t->level) == SAN_TABLE)
		end_row(cpu);
}

static void end_steps(unsigned cpu);

static void end_open(unsigned cpu)
{
	end_row(cpu);
	end_steps(cpu);
}

/* on_release() has assigned a number to a release, because the store of a late AMO is performed
 * after po-later ones. */
static void note_written(unsigned cpu, u64 word, bool release)
{
	u64 n = release ? executing[cpu].released : ++stores, *w = written_at(word);

	if (w && (*w % WORST_CPUS != cpu || *w / WORST_CPUS < n))
		*w = n * WORST_CPUS + cpu;
}

/* The tables of a root that no CPU uses are those that it left, until the first store. */
static struct watched_table *table_of_store(u64 word)
{
	struct watched_table *t = watched_table_at(word);

	while (t && foreign && !t->root->loaded) {
		watched_drop_idle(t->root);
		t = watched_table_at(word);
	}
	return t;
}

static bool is_entry(const struct watched_table *t, u64 value)
{
	const struct san_geometry *g = &t->root->g;

	if (san_kind(g, value, t->level) == SAN_TABLE &&
	    !memory_bank(san_pa(g, value, t->level, 0)))
		return false;
	return san_is_entry(g, value, t->level, core_pa_bits());
}

/* A table that a CPU uses is written: by a program, in parts, or with a word that is no entry. */
static void check_entry(unsigned cpu, const struct watched_table *t, u32 at, u64 value, u64 mask)
{
	struct pt_event e = { .kind = PT_EV_SET, .level = t->level, .n = 1, .cpu = cpu };

	if (!~mask && is_entry(t, value) &&
	    (!core_in_program(cpu) || core_walker_writes(t->entry[at], value)))
		return;
	e.va = watched_va(t, at);
	e.old = t->entry[at];
	e.new = (e.old & ~mask) | value;
	e.pt = &t->root->pt;
	now_cpu = cpu;
	san_broken(SAN_DATA, &e);
	observe_report(cpu);
}

static void on_store(unsigned cpu, u64 word, u64 value, u64 mask, bool release)
{
	struct watched_table *t;

	if (cpu >= WORST_CPUS || !memory_bank(word))
		return;
	note_written(cpu, word, release);
	t = table_of_store(word);
	if (!t && release)
		end_open(cpu);
	if (!t)
		return;
	end_others(cpu);
	end_steps(cpu);
	t->time[(word - t->pa) / 8] = ~0ul;
	if (foreign)
		check_entry(cpu, t, (u32)((word - t->pa) / 8), value, mask);
	store_entry(cpu, t, (u32)((word - t->pa) / 8), value, mask, release);
}

static void (*next_visible)(unsigned cpu, u64 word, struct frame_state *f);

static void on_visible(unsigned cpu, u64 word, struct frame_state *f)
{
	struct watched_table *t = watched_table_at(word);

	if (t)
		t->time[(word - t->pa) / 8] = ordering.now;
	next_visible(cpu, word, f);
}

/* ---- maintenance ---- */
static void stores_ordered(unsigned cpu, u64 up_to)
{
	end_open(cpu);
	executing[cpu].fenced = up_to;
	feed_kind(cpu, PT_EV_PUBLISH);
}

static void on_fence(unsigned cpu, bool loads)
{
	if (!loads)
		stores_ordered(cpu, stores);
	else if (executing[cpu].read > executing[cpu].fenced)
		stores_ordered(cpu, executing[cpu].read);
}

static void on_release(unsigned cpu, bool reads)
{
	executing[cpu].released = ++stores;
	if (reads)
		executing[cpu].read = stores;
}

static void on_acquire(unsigned cpu)
{
	if (executing[cpu].released > executing[cpu].fenced)
		stores_ordered(cpu, executing[cpu].released);
}

static void on_sync(unsigned cpu)
{
	end_open(cpu);
	executing[cpu].fenced = stores;
	executing[cpu].ordered = core_ordered(cpu);
	feed_kind(cpu, PT_EV_SYNC);
}

/* Send the TLBI.  Equal steps that are the span of a level are of leaves of that level. */
static void end_series(unsigned cpu, struct steps *s)
{
	struct pt_event e = s->e;

	if (!s->open)
		return;
	s->open = false;
	if (s->n > 1)
		e.len = s->n * s->stride;
	observe_chain_of(s->chain, CHAIN);
	feed(cpu, &e);
	observe_chain_of(NULL, 0);
}

static void end_steps(unsigned cpu)
{
	for (unsigned i = 0; i < SERIES; i++)
		end_series(cpu, &executing[cpu].steps[i]);
}

static bool is_span(unsigned cpu, u64 stride, u8 *levels)
{
	const struct watched_root *r = executing[cpu].root[0];

	for (unsigned l = 0; r && l < r->g.levels; l++)
		if (stride == san_span(&r->g, l)) {
			*levels = (u8)BIT(l);
			return true;
		}
	return false;
}

static bool extends_steps(unsigned cpu, struct steps *s, const struct pt_event *e)
{
	u64 stride = e->va - s->last_va;
	u8 levels = s->e.levels;

	if (!s->open || !e->len || s->e.len != e->len || s->e.walk != e->walk ||
	    s->e.global != e->global || s->e.asid != e->asid || s->e.cpus != e->cpus)
		return false;
	if (s->n > 1 ? stride != s->stride : !is_span(cpu, stride, &levels))
		return false;
	s->stride = stride;
	s->e.levels = levels;
	s->last_va = e->va;
	s->n++;
	return true;
}

static void names_nothing(unsigned cpu, const struct invalidate_operands *t)
{
	struct pt_event e = {
		.kind = PT_EV_TLBI, .va = t->first, .cpu = cpu, .cpus = t->cpus, .new = t->operand
	};

	end_steps(cpu);
	now_cpu = cpu;
	san_broken(SAN_NOTHING, &e);
	observe_report(cpu);
}

static void on_invalidate(unsigned cpu, const struct invalidate_operands *t)
{
	struct steps *s = executing[cpu].steps;
	struct pt_event e = { .kind = PT_EV_TLBI, .levels = 1, .cpus = t->cpus };
	const struct watched_root *r = executing[cpu].root[0];

	end_row(cpu);
	if (t->nothing)
		names_nothing(cpu, t);
	if (t->nothing)
		return;
	e.walk = t->all || !t->leaf_only;
	e.global = t->any_asid;
	e.asid = (u32)t->asid;
	if (!t->all) {
		e.va = t->first;
		e.len = t->last - t->first + 1;
	}
	if (!t->all && t->hint && r) {
		e.levels = (u8)BIT(t->hint - 1);
		e.len = max_u64(e.len, san_span(&r->g, t->hint - 1u));
		e.va = align_down(e.va, san_span(&r->g, t->hint - 1u));
	}
	executing[cpu].waits_all |= t->cpus != BIT(cpu);
	executing[cpu].waits_local = true;
	if (extends_steps(cpu, &s[0], &e) || extends_steps(cpu, &s[1], &e))
		return;
	if (s->open && !s[1].open && s->e.asid != e.asid)
		s++;
	else
		end_steps(cpu);
	*s = (struct steps) { .open = true, .last_va = e.va, .n = 1, .e = e };
	now_cpu = cpu;
	observe_chain(s->chain, CHAIN, 0);
}

static void on_complete(unsigned cpu, bool everywhere)
{
	struct executing *x = &executing[cpu];

	end_open(cpu);
	if (!x->waits_local || (x->waits_all && !everywhere))
		return;
	x->waits_local = x->waits_all = false;
	x->context_pending = true;
	feed_kind(cpu, PT_EV_WAIT);
}

/* ---- context ---- */
static void unload_root(unsigned cpu, unsigned half)
{
	struct watched_root *r = executing[cpu].root[half];

	executing[cpu].root[half] = NULL;
	if (!r)
		return;
	r->loaded &= ~BIT(cpu);
	if (!r->loaded && !foreign && !(executing[cpu].asid[half] && observe_frames_known())) {
		watched_drop(r, r->is.root, r->g.levels - 1u, r->is.first);
		watched_rejoin();
	}
}

static void load_root(unsigned cpu, unsigned half, const struct core_root *is, bool again)
{
	struct watched_root *r = watched_root_of(is);
	struct pt_event e = { .kind = PT_EV_ROOT_LOAD };

	if (!r)
		return;
	executing[cpu].root[half] = r;
	executing[cpu].asid[half] = is->asid;
	r->loaded |= BIT(cpu);
	watched_add(r, is->root, r->g.levels - 1u, is->first);
	e.pa = is->root;
	e.asid = is->asid;
	e.pt = &r->pt;
	e.global = is->high;
	e.local = again;
	feed(cpu, &e);
}

static bool is_loaded(unsigned cpu, unsigned half, const struct core_root *is)
{
	const struct watched_root *r = executing[cpu].root[half];

	return r && r->is.root == is->root && r->is.high == is->high &&
	       executing[cpu].asid[half] == is->asid && !strcmp(r->is.format, is->format);
}

/* The high half first: `root[0]` has the geometry of the addresses that the kernel invalidates. */
static void on_context(unsigned cpu, bool synchronised)
{
	struct core_root now[2];
	unsigned nr = core_roots(cpu, now);
	const struct watched_root *was;

	if (synchronised && executing[cpu].context_pending) {
		executing[cpu].context_pending = false;
		end_open(cpu);
		feed_kind(cpu, PT_EV_CTX);
	}
	for (unsigned h = 0; h < 2; h++) {
		if (h < nr ? is_loaded(cpu, h, &now[h]) : !executing[cpu].root[h])
			continue;
		end_others(cpu);
		end_open(cpu);
		was = executing[cpu].root[h];
		unload_root(cpu, h);
		if (h < nr)
			load_root(cpu, h, &now[h], was && was->is.root == now[h].root);
	}
	if (foreign && core_in_program(cpu)) {
		end_open(cpu);
		now_cpu = cpu;
		san_not_waited(cpu);
		observe_report(cpu);
	}
}

/* The CPU has no root; when it is started again its state is that after reset. */
static void on_off(unsigned cpu)
{
	on_context(cpu, false);
	san_cpu_off(cpu);
}

const struct watched_root *observe_root(unsigned cpu, u64 va)
{
	const struct watched_root *const *root =
		(const struct watched_root *const *)executing[cpu].root;

	return root[1] && (s64)va >= 0 ? root[1] : root[0];
}

unsigned observe_cpu(void)
{
	return now_cpu;
}

/* ---- events that the kernel reports ---- */
void observe_kernel_event(unsigned cpu, const struct pt_event *reported)
{
	struct pt_event e = *reported;

	end_others(cpu);
	end_open(cpu);
	e.cpu = cpu;
	e.pt = NULL;
	e.owner = NULL;
	if (e.kind == PT_EV_SET)
		san_written_by(&e);
	else
		feed(cpu, &e);
	if (e.kind == PT_EV_FRAME_FREE)
		watched_drop_roots(e.pa, e.n << FRAME_SHIFT);
}

void observe_mistakes(unsigned cpu, bool on)
{
	end_others(cpu);
	end_open(cpu);
	san_mute(on);
}

/* ---- the model's environment ---- */
static const u64 *observed_cells(paddr_t at)
{
	static const u64 nothing[FRAME_BYTES / 8 * 16];
	const struct watched_table *t = watched_table_at(at);

	if (t)
		return &t->entry[(at - t->pa) / 8];
	return memory_host(at) ? (const u64 *)(const void *)memory_host(at) : nothing;
}

static bool observed_same(paddr_t a, paddr_t b, u64 len)
{
	return memory_host(a) && memory_host(b) && !memcmp(memory_host(a), memory_host(b), len);
}

static bool observed_loaded(const struct pt *pt, unsigned cpu)
{
	return container_of(pt, struct watched_root, pt)->loaded >> cpu & 1;
}

static bool observed_seen(unsigned cpu, unsigned by, paddr_t cells, u64 n)
{
	const struct watched_table *t = watched_table_at(cells);
	u64 first = t ? (cells - t->pa) / 8 : 0;

	for (u64 i = first; t && i < first + n && i < t->entries; i++)
		if (t->time[i] > executing[cpu].ordered && t->time[i] > ordering.cpu[by].completed)
			return false;
	return true;
}

static struct san_env observed_env = {
	.cells = observed_cells,
	.same = observed_same,
	.chain = observe_chain,
	.bbm = core_bbm,
	.loaded = observed_loaded,
	.seen = observed_seen,
};

static const struct execution_hooks listener = {
	.store = on_store,
	.fence = on_fence,
	.release = on_release,
	.acquire = on_acquire,
	.sync = on_sync,
	.invalidate = on_invalidate,
	.complete = on_complete,
	.context = on_context,
	.off = on_off,
	.decoded = observe_decoded,
	.called = observe_call,
};

void observe_power_on(void)
{
	if (!order_hooks.execution)
		return;
	watched_drop_all();
	memset(executing, 0, sizeof(executing));
	san_begin(&observed_env);
	for (unsigned cpu = 0; cpu < WORST_CPUS; cpu++)
		san_cpu_off(cpu);
}

void observe_begin(void)
{
	pt_tap_who = set_cpu;
	next_visible = order_hooks.visible;
	order_hooks.visible = on_visible;
	order_hooks.execution = &listener;
	observe_find_functions();
	foreign = observed_env.foreign = observe_foreign();
	observe_power_on();
}
