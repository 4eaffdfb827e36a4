/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize_tables.c - the frames that are tables of each root (sanitize_tables.h).
 */
#include <machine/order.h>
#include <machine/sanitize_tables.h>
#include <machine/story.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOTS 48u
#define TABLES 16384u

static struct watched_root roots[ROOTS];
static struct watched_table tables[TABLES];  /* number 0 is no table */
static u32 *of_frames[ARRAY_SIZE(ram.bank)]; /* by frame: its table */
static u64 lost;

u64 watched_lost(void)
{
	return lost;
}

/* ---- memory by program order ---- */
u64 executed_word(u64 pa)
{
	u64 word = order_word(pa), v;

	if (!memory_frame(word))
		return 0;
	v = order_newest(word, 8);
	for (unsigned c = 0; c < WORST_CPUS; c++) {
		const struct observer *o = &ordering.cpu[c];

		for (unsigned i = 0; i < o->nr && o->filter[order_slot(word)]; i++)
			if (o->buffer[i].word == word)
				v = (v & ~o->buffer[i].mask) | o->buffer[i].value;
	}
	return v;
}

static bool executed_pa(const struct watched_root *root, u64 va, u64 *pa)
{
	u64 table = root->is.root;

	for (unsigned l = root->g.levels; l-- > 0;) {
		pte_t v = executed_word(table + 8 * san_index(&root->g, l, va));
		enum san_kind kind = san_kind(&root->g, v, l);

		if (kind == SAN_NONE)
			return false;
		table = san_pa(&root->g, v, l, va);
		if (kind == SAN_LEAF) {
			*pa = table + (va & (san_span(&root->g, l) - 1));
			return true;
		}
	}
	return false;
}

bool executed_read(const struct watched_root *root, u64 va, void *to, u64 bytes)
{
	for (u64 n = 0; n < bytes; n += 8) {
		u64 pa, word;

		if (!executed_pa(root, va + n, &pa))
			return false;
		word = executed_word(pa);
		memcpy((char *)to + n, &word, min_u64(8, bytes - n));
	}
	return true;
}

/* ---- tables ---- */
static u32 *of_frame(u64 pa)
{
	const struct ram_bank *b = memory_bank(pa);
	u32 **f = b ? &of_frames[b - ram.bank] : NULL;

	if (!b)
		return NULL;
	if (!*f)
		*f = calloc(b->bytes >> FRAME_SHIFT, sizeof(**f));
	return *f ? &(*f)[(pa - b->base) >> FRAME_SHIFT] : NULL;
}

struct watched_table *watched_table_at(u64 pa)
{
	const u32 *f = of_frame(pa);

	for (u32 i = f ? *f : 0; i; i = tables[i].next)
		if (pa - tables[i].pa < 8ul * tables[i].entries)
			return &tables[i];
	return NULL;
}

static bool is_small(u64 bytes)
{
	return bytes < FRAME_BYTES;
}

/* Small tables, which are roots of few entries, may share a frame. */
static void set_frames(struct watched_table *t)
{
	u32 i = (u32)(t - tables);

	t->next = is_small(8ul * t->entries) ? *of_frame(t->pa) : 0;
	for (u64 pa = align_down(t->pa, FRAME_BYTES); pa < t->pa + 8ul * t->entries;
	     pa += FRAME_BYTES)
		*of_frame(pa) = i;
}

static void clear_frames(const struct watched_table *t)
{
	u32 i = (u32)(t - tables);

	for (u64 pa = align_down(t->pa, FRAME_BYTES); pa < t->pa + 8ul * t->entries;
	     pa += FRAME_BYTES) {
		u32 *f = of_frame(pa);

		while (*f && *f != i)
			f = &tables[*f].next;
		*f = t->next;
	}
}

/* True if no other table is there. */
static bool has_room(u64 pa, u64 bytes)
{
	for (u64 at = align_down(pa, FRAME_BYTES); at < pa + bytes; at += FRAME_BYTES) {
		if (!of_frame(at))
			return false;
		for (u32 i = *of_frame(at); i; i = tables[i].next)
			if (!is_small(bytes) || !is_small(8ul * tables[i].entries) ||
			    (tables[i].pa < pa + bytes &&
			     pa < tables[i].pa + 8ul * tables[i].entries))
				return false;
	}
	return true;
}

static struct watched_table *new_table(struct watched_root *root, u64 pa, unsigned level, u64 va)
{
	static u32 hint;
	u32 entries = san_entries(&root->g, level);

	for (u32 n = 0; has_room(pa, 8ul * entries) && n < TABLES; n++) {
		u32 i = ++hint % TABLES;
		struct watched_table *t = &tables[i];

		if (!i || t->entry)
			continue;
		*t = (struct watched_table) { .root = root,
					      .pa = pa,
					      .va = va,
					      .entries = entries,
					      .level = (u8)level,
					      .entry = calloc(2ul * entries, 8) };
		if (!t->entry)
			break;
		t->time = t->entry + entries;
		for (u32 k = 0; k < entries; k++)
			t->entry[k] = executed_word(pa + 8ul * k);
		set_frames(t);
		return t;
	}
	lost += memory_frame(pa) != NULL; /* else the pointer is not to RAM */
	return NULL;
}

/* A table that is known through another root or another slot is not changed. */
void watched_add(struct watched_root *root, u64 pa, unsigned level, u64 va)
{
	struct watched_table *t = watched_table_at(pa);

	if (!t)
		t = new_table(root, pa, level, va);
	else if (t->root != root || t->pa != pa || t->level != level)
		return;
	for (u32 k = 0; t && k < t->entries && level; k++)
		if (san_kind(&root->g, t->entry[k], level) == SAN_TABLE)
			watched_add(root, san_pa(&root->g, t->entry[k], level, 0), level - 1,
				    watched_va(t, k));
}

static void forget_table(struct watched_table *t)
{
	clear_frames(t);
	san_forget_table(t->pa);
	free(t->entry);
	*t = (struct watched_table) { 0 };
}

void watched_drop(struct watched_root *root, u64 pa, unsigned level, u64 va)
{
	struct watched_table *t = watched_table_at(pa);

	if (!t || t->root != root || t->level != level || t->va != va)
		return;
	for (u32 k = 0; k < t->entries && level; k++)
		if (san_kind(&root->g, t->entry[k], level) == SAN_TABLE)
			watched_drop(root, san_pa(&root->g, t->entry[k], level, 0), level - 1,
				     watched_va(t, k));
	forget_table(t);
}

static void forget_root(const struct watched_root *r)
{
	for (u32 i = 1; i < TABLES; i++)
		if (tables[i].entry && tables[i].root == r)
			forget_table(&tables[i]);
}

void watched_rejoin(void)
{
	for (struct watched_root *r = roots; r < roots + ROOTS; r++) {
		struct watched_table *t = r->loaded ? watched_table_at(r->is.root) : NULL;

		for (u32 k = 0; t && t->root == r && k < t->entries; k++) {
			u64 below = san_pa(&r->g, t->entry[k], t->level, 0);

			if (san_kind(&r->g, t->entry[k], t->level) == SAN_TABLE &&
			    !watched_table_at(below))
				watched_add(r, below, t->level - 1u, watched_va(t, k));
		}
	}
}

void watched_drop_idle(struct watched_root *root)
{
	forget_root(root);
	san_root_left(root->is.root);
	for (struct watched_root *r = roots; r < roots + ROOTS; r++)
		if (r->loaded)
			watched_add(r, r->is.root, r->g.levels - 1u, r->is.first);
}

void watched_drop_all(void)
{
	for (u32 i = 1; i < TABLES; i++)
		if (tables[i].entry)
			forget_table(&tables[i]);
	memset(roots, 0, sizeof(roots));
	lost = 0;
}

/* ---- roots ---- */
static bool same_root(const struct core_root *a, const struct core_root *b)
{
	return a->root == b->root && a->high == b->high && !strcmp(a->format, b->format);
}

static struct watched_root *free_root(void)
{
	for (unsigned i = 0; i < ROOTS; i++)
		if (!roots[i].is.format[0])
			return &roots[i];
	for (unsigned i = 0; i < ROOTS; i++)
		if (!roots[i].loaded)
			return &roots[i];
	lost++;
	return NULL;
}

struct watched_root *watched_root_of(const struct core_root *is)
{
	struct watched_root *r;

	for (unsigned i = 0; i < ROOTS; i++)
		if (roots[i].is.format[0] && same_root(&roots[i].is, is))
			return &roots[i];
	r = free_root();
	if (!r)
		return NULL;
	if (r->is.format[0])
		forget_root(r);
	*r = (struct watched_root) { .is = *is };
	if (!san_geometry(is->format, &r->g)) {
		r->is.format[0] = 0;
		lost++;
		return NULL;
	}
	snprintf(r->name, sizeof(r->name), "%s at %s", is->format, story_word(is->root));
	r->fmt.name = r->is.format;
	r->pt = (struct pt) { .name = r->name, .fmt = &r->fmt, .root = is->root };
	return r;
}

void watched_drop_roots(u64 pa, u64 bytes)
{
	for (unsigned i = 0; i < ROOTS; i++)
		if (roots[i].is.format[0] && roots[i].is.root - pa < bytes && !roots[i].loaded) {
			forget_root(&roots[i]);
			roots[i].is.format[0] = 0;
		}
}
