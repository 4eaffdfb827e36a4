/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/cache.c - the lines in which memory and the cache may differ (cache.h).
 */
#include "cache.h"
#include <machine/order.h>
#include <machine/random.h>
#include <string.h>

#define CACHE_BYTES (2 * MiB)
#define LINES_MOST (CACHE_BYTES / CACHE_LINE_LEAST)
#define NOWHERE_AT (~0ul)
#define PENDING 32u /* DCs that are pending */
#define RECENT 64u  /* the last lines at which an access bypassed the cache */

struct cache_line {
	u64 at; /* physical, or NOWHERE_AT */
	bool dirty;
	bool bypass, pinned; /* an access bypassed it; it is never evicted */
	u64 by;              /* the CPUs whose accesses bypassed it */
	bool lower;          /* maintenance by set and way has left it in the last level alone */
	u64 discarded;       /* when the last line of this slot was; it outlasts `at` */
};

struct pending_dc {
	u64 at;
	unsigned cpu;
	enum cache_op op;
	bool upper; /* by set and way of the first level: it reaches the last level alone */
};

u64 cache_line = 64;
bool cache_cold;
static struct cache_line lines[LINES_MOST]; /* lines_nr() are in use */
static u64 memory[CACHE_BYTES / 8];         /* the bytes of memory, where a line is tracked */
static struct pending_dc pending[PENDING];
static unsigned pending_nr, recent_nr;
static u64 recent[RECENT];
struct cache_counts cache_counts;

static unsigned lines_nr(void)
{
	return (unsigned)(CACHE_BYTES / cache_line);
}

void cache_reset(void)
{
	for (unsigned i = 0; i < lines_nr(); i++)
		lines[i] = (struct cache_line) { .at = NOWHERE_AT };
	for (unsigned i = 0; i < RECENT; i++)
		recent[i] = NOWHERE_AT;
	pending_nr = 0;
}

static struct cache_line *slot_of(u64 pa)
{
	return &lines[pa / cache_line % lines_nr()];
}

static u64 *memory_of(u64 pa)
{
	return &memory[pa % CACHE_BYTES / 8];
}

static struct cache_line *line_at(u64 pa)
{
	struct cache_line *l = slot_of(pa);

	return l->at == align_down(pa, cache_line) ? l : NULL;
}

/* ---- a line is evicted, cleaned or invalidated ---- */
/* The bytes of the cache are written to memory. */
static void write_back(struct cache_line *l)
{
	unplug_written_back(l->at);
	l->at = NOWHERE_AT;
}

/* Cacheable accesses use the bytes of memory from now on.  The CPU that invalidates reads nothing
 * older, nor does one whose accesses have bypassed the line (coherence: its load is ordered after
 * its own accesses). */
static void discard(struct cache_line *l, unsigned cpu)
{
	u64 word[CACHE_LINE_MOST / 8], at = l->at, by = l->by;

	memcpy(word, memory_of(at), cache_line);
	l->at = NOWHERE_AT;
	for (unsigned i = 0; i < cache_line / 8; i++)
		order_appears(cpu, at + 8 * i, word[i]);
	for (; by; by &= by - 1)
		for (unsigned i = 0; i < cache_line / 8; i++)
			order_appears((unsigned)__builtin_ctzl(by), at + 8 * i, word[i]);
	l->discarded = ordering.now;
}

static void evict(struct cache_line *l)
{
	if (l->dirty) {
		cache_counts.written++;
		write_back(l);
	} else {
		cache_counts.dropped++;
		discard(l, ORDER_NO_CPU);
	}
}

static void track(u64 word, bool dirty)
{
	struct cache_line *l = slot_of(word);

	if (l->at != NOWHERE_AT && (l->pinned || !one_in(l->dirty ? 2 : 256)))
		return; /* the other line stays; this one does not differ from memory */
	if (l->at != NOWHERE_AT)
		evict(l);
	l->at = align_down(word, cache_line);
	l->dirty = dirty;
	l->bypass = l->pinned = l->lower = false;
	l->by = 0;
	memcpy(memory_of(l->at), memory_host(l->at), cache_line);
	cache_counts.dirty += dirty;
	cache_counts.stale += !dirty;
}

/* ---- stores ---- */
/* A stale line that is read may never be evicted (D7.5.1). */
static void note_bypass(struct cache_line *l)
{
	recent[recent_nr++ % RECENT] = l->at;
	if (!l->bypass)
		l->pinned = one_in(2);
	l->bypass = true;
}

static void perform_dc(unsigned i);

/* A store is performed in program order with a DC of its line (D7.5.9): pending invalidations of it
 * are performed first. */
static void after_invalidates(u64 word)
{
	for (unsigned i = pending_nr; i-- > 0;)
		if (pending[i].op == CACHE_INVALIDATE &&
		    pending[i].at == align_down(word, cache_line))
			perform_dc(i);
}

/* It is in the first level of a CPU again. */
static void stored_to(struct cache_line *l)
{
	l->dirty = true;
	l->lower = false;
}

bool cache_hides(unsigned cpu, u64 word, u64 value, u64 mask, bool bypass)
{
	struct cache_line *l;
	u64 *at;

	if (!knobs.adversary[ADV_CACHES])
		return false;
	if (!bypass && pending_nr)
		after_invalidates(word);
	l = line_at(word);
	if (!bypass) {
		if (l)
			stored_to(l);
		else if (!one_in(4))
			track(word, true);
		return false;
	}
	if (l && one_in(16)) {
		evict(l);
		l = NULL;
	}
	if (!l && !cache_cold && one_in(2))
		track(word, false);
	l = line_at(word);
	if (!l)
		return false;
	note_bypass(l);
	l->by |= BIT(cpu) & (BIT(ORDER_NO_CPU) - 1);
	at = memory_of(word);
	*at = (*at & ~mask) | value;
	cache_counts.hidden++;
	return true;
}

/* ---- reads that bypass the cache ---- */
bool cache_tracks(u64 pa)
{
	return line_at(pa) != NULL;
}

void cache_read(unsigned cpu, u64 pa)
{
	struct cache_line *l = line_at(pa);

	if (l)
		l->by |= BIT(cpu);
}

u64 cache_memory_view(u64 pa)
{
	return slot_of(pa)->discarded;
}

u64 cache_memory(u64 pa, unsigned n)
{
	struct cache_line *l = line_at(pa);
	u64 v = 0;

	if (!l)
		return order_newest(pa, n);
	memcpy(&v, (const u8 *)memory_of(pa) + pa % 8, n);
	cache_counts.old += v != order_newest(pa, n);
	note_bypass(l);
	return v;
}

bool cache_memory_frame(u64 frame, u8 *bytes)
{
	bool any = false;

	memcpy(bytes, memory_host(frame), FRAME_BYTES);
	for (u64 at = 0; at < FRAME_BYTES; at += cache_line) {
		if (!line_at(frame + at))
			continue;
		memcpy(bytes + at, memory_of(frame + at), cache_line);
		any = true;
	}
	return any;
}

/* ---- maintenance ---- */
/* By set and way of the first level: a dirty line is cleaned to the last level; the last level may
 * have a line that was invalidated in the first one. */
static void maintain_upper(struct cache_line *l, unsigned cpu, enum cache_op op)
{
	if (op == CACHE_CLEAN)
		l->lower = l->dirty;
	else if (l->dirty && op == CACHE_INVALIDATE ? one_in(2) : l->dirty || one_in(2))
		l->lower = true;
	else
		discard(l, cpu);
}

static void maintain(unsigned cpu, u64 at, enum cache_op op, bool upper)
{
	struct cache_line *l = line_at(at);

	if (!l || (upper && l->lower))
		return;
	if (upper) {
		maintain_upper(l, cpu, op);
		return;
	}
	if (l->dirty && (op != CACHE_INVALIDATE || one_in(2)))
		write_back(l);
	else if (op != CACHE_CLEAN)
		discard(l, cpu);
}

static void perform_dc(unsigned i)
{
	struct pending_dc o = pending[i];

	pending[i] = pending[--pending_nr];
	maintain(o.cpu, o.at, o.op, o.upper);
}

/* True: the CPU's own cacheable loads could observe the effect, so it is performed at once. */
static bool must_now(const struct cache_line *l, enum cache_op op, bool bypass)
{
	return !bypass && op != CACHE_CLEAN && (!l->dirty || op == CACHE_INVALIDATE);
}

static void issue(unsigned cpu, u64 pa, enum cache_op op, bool upper)
{
	if (pending_nr == PENDING)
		perform_dc((unsigned)random_below(PENDING));
	pending[pending_nr++] = (struct pending_dc) { align_down(pa, cache_line), cpu, op, upper };
}

void cache_issue(unsigned cpu, u64 pa, enum cache_op op, bool bypass)
{
	const struct cache_line *l = line_at(pa);

	if (!knobs.adversary[ADV_CACHES] || (!l && !bypass))
		return;
	if ((l && must_now(l, op, bypass)) || one_in(4))
		maintain(cpu, pa, op, false);
	else
		issue(cpu, pa, op, false);
}

/* The n-th of the CPUs of a mask. */
static unsigned nth_of(u64 mask, unsigned n)
{
	while (n--)
		mask &= mask - 1;
	return (unsigned)__builtin_ctzl(mask);
}

/* Only hardware knows which cache and way a line is in: a function of its address.  A coherent line
 * may be in the first level of any CPU that uses its caches, whichever CPU stored to it. */
static bool in_place(const struct cache_line *l, const struct cache_place *p)
{
	u64 lot = l->at / cache_line * 0x9e3779b97f4a7c15ul;
	unsigned holders = (unsigned)__builtin_popcountl(p->holders);

	return (l->lower ? 1 : lot >> 63) == p->level && (lot >> 40) % p->ways == p->way &&
	       (p->level || nth_of(p->holders, (unsigned)(lot >> 32) % holders) == p->cpu);
}

/* Maintenance of the first level that is pending leaves lines in the last one. */
static void perform_upper(unsigned cpu)
{
	for (unsigned i = pending_nr; i-- > 0;)
		if (pending[i].cpu == cpu && pending[i].upper)
			perform_dc(i);
}

void cache_issue_place(const struct cache_place *p, enum cache_op op)
{
	if (!knobs.adversary[ADV_CACHES])
		return;
	if (p->level)
		perform_upper(p->cpu);
	for (u64 set = p->set * p->line; set < CACHE_BYTES; set += p->sets * p->line)
		for (u64 at = set; at < set + p->line; at += cache_line) {
			const struct cache_line *l = slot_of(at);

			if (l->at == NOWHERE_AT || !in_place(l, p))
				continue;
			if (one_in(4))
				maintain(p->cpu, l->at, op, !p->level);
			else
				issue(p->cpu, l->at, op, !p->level);
		}
}

bool cache_pending(unsigned cpu)
{
	for (unsigned i = 0; i < pending_nr; i++)
		if (pending[i].cpu == cpu)
			return true;
	return false;
}

void cache_complete(unsigned cpu)
{
	for (unsigned i = pending_nr; i-- > 0;)
		if (i < pending_nr && pending[i].cpu == cpu)
			perform_dc(i);
}

/* With caches=0 no line is tracked, and nothing is lost.  A DC that no DSB has completed may not
 * have been performed. */
void cache_lose_lines(void)
{
	while (pending_nr && !one_in(4))
		perform_dc((unsigned)random_below(pending_nr));
	for (unsigned i = 0; i < lines_nr(); i++) {
		struct cache_line *l = &lines[i];

		if (l->at == NOWHERE_AT || (l->dirty && one_in(2)))
			continue;
		cache_counts.dropped++;
		memcpy(memory_host(l->at), memory_of(l->at), cache_line);
		memory_frame(l->at)->copy = NULL;
	}
	cache_reset();
}

/* ---- lines of another length ---- */
/* The lines that follow are larger, and a slot has those of several. */
static void evict_all(void)
{
	for (unsigned i = 0; i < lines_nr(); i++)
		if (lines[i].at != NOWHERE_AT)
			evict(&lines[i]);
	for (unsigned i = 0; i < lines_nr(); i++)
		lines[i].discarded = ordering.now;
}

/* Split each line; its bytes in memory[] stay in place. */
static void split_lines(u64 bytes)
{
	unsigned pieces = (unsigned)(cache_line / bytes), nr = lines_nr();

	while (nr-- > 0) {
		struct cache_line whole = lines[nr];

		for (unsigned i = 0; i < pieces; i++) {
			lines[nr * pieces + i] = whole;
			if (whole.at != NOWHERE_AT)
				lines[nr * pieces + i].at += i * bytes;
		}
	}
}

void cache_set_line(u64 bytes)
{
	if (bytes == cache_line)
		return;
	while (pending_nr) /* they are for whole lines */
		perform_dc(pending_nr - 1);
	if (bytes > cache_line)
		evict_all();
	else
		split_lines(bytes);
	cache_line = bytes;
}

/* ---- chance ---- */
void cache_between(void)
{
	struct cache_line *l;
	u64 at = recent[random_below(RECENT)];

	if (pending_nr && one_in(16))
		perform_dc((unsigned)random_below(pending_nr));
	l = one_in(2) && at != NOWHERE_AT ? slot_of(at) : &lines[random_below(lines_nr())];
	if (l->at != NOWHERE_AT && !l->pinned && (l->dirty || one_in(16))) /* a stale one seldom */
		evict(l);
}

/* Half of the lines, where a slot is free; memory keeps the bytes of the loader, or zeroes. */
void cache_power_on(u64 from, u64 to, bool dirty)
{
	cache_reset();
	if (!knobs.adversary[ADV_CACHES])
		return;
	for (u64 at = align_up(from, cache_line); at + cache_line <= to; at += cache_line) {
		u64 *word = (u64 *)(void *)memory_host(at);

		if (slot_of(at)->at != NOWHERE_AT || one_in(2))
			continue;
		track(at, one_in(2) && dirty);
		for (unsigned i = 0; i < cache_line / 8; i++)
			word[i] = random_u64();
	}
}
