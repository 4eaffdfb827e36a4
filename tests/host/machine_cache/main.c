/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_cache/main.c - the arm64 machine's cache is held to the manual (Arm ARM D7.5,
 * D8.2.12, and B2.11 for mismatched attributes), both ways: each allowed result appears in some of
 * the tries, and a result that maintenance excludes in none.  Each try begins with an empty cache
 * and memory that holds OLD; CPU 0 executes the row, and `the` line is that of LINE.
 */
#include <machine/arm64/cache.h>
#include <machine/order.h>
#include <machine/random.h>
#include <stdio.h>
#include <string.h>

#define BASE 0x40000000ul
#define LINE (BASE + 0x1040)
#define OLD 1ul
#define NEW 2ul
#define NEWER 3ul
#define TRIES 400

u64 random_state = 1;
struct knobs knobs;

void unplug_written_back(u64 pa)
{
	(void)pa;
}

static u64 cached(u64 pa)
{
	return order_newest(pa, 8);
}

static u64 in_memory(u64 pa)
{
	return cache_memory(pa, 8);
}

static void store_to(u64 pa, u64 v, unsigned flags)
{
	order_store(0, pa, 8, v, 0, flags);
	while (!order_full(0))
		;
}

static void store_cached(u64 v)
{
	store_to(LINE, v, 0);
}

static void store_around(u64 v)
{
	store_to(LINE, v, ORDER_BYPASS);
}

static void maintained(enum cache_op op)
{
	cache_issue(0, LINE, op, false);
	cache_complete(0);
}

static void time_passes(unsigned n)
{
	while (n--)
		cache_between();
}

/* ---- dirty ---- */
static bool dirty_is_old(void)
{
	store_cached(NEW);
	return in_memory(LINE) == OLD;
}

static bool dirty_is_new(void)
{
	store_cached(NEW);
	return in_memory(LINE) == NEW;
}

static bool own_load_is_old(void)
{
	store_cached(NEW);
	return cached(LINE) != NEW;
}

static bool cleaned_is_old(void)
{
	store_cached(NEW);
	maintained(CACHE_CLEAN);
	return in_memory(LINE) != NEW || cached(LINE) != NEW;
}

static bool flushed_is_old(void)
{
	store_cached(NEW);
	maintained(CACHE_FLUSH);
	return in_memory(LINE) != NEW || cached(LINE) != NEW;
}

static bool invalidated_is_lost(void)
{
	store_cached(NEW);
	maintained(CACHE_INVALIDATE);
	return cached(LINE) == OLD;
}

static bool invalidated_is_written(void)
{
	store_cached(NEW);
	maintained(CACHE_INVALIDATE);
	return cached(LINE) == NEW;
}

static bool invalidated_differs(void)
{
	store_cached(NEW);
	maintained(CACHE_INVALIDATE);
	return cached(LINE) != in_memory(LINE);
}

static bool stays_dirty_for_ever(void)
{
	store_cached(NEW);
	time_passes(1u << 18);
	return in_memory(LINE) != NEW;
}

static bool asked_dirty_for_ever(void)
{
	store_cached(NEW);
	in_memory(LINE);
	return stays_dirty_for_ever();
}

/* ---- stale ---- */
static bool stale_is_read(void)
{
	store_around(NEW);
	return cached(LINE) == OLD;
}

static bool memory_is_read(void)
{
	store_around(NEW);
	return cached(LINE) == NEW;
}

static bool around_is_lost(void)
{
	store_around(NEW);
	return in_memory(LINE) != NEW;
}

static bool stale_survives_invalidate(void)
{
	store_around(NEW);
	maintained(CACHE_INVALIDATE);
	return cached(LINE) != NEW || in_memory(LINE) != NEW;
}

static bool stale_survives_flush(void)
{
	store_around(NEW);
	maintained(CACHE_FLUSH);
	return cached(LINE) != NEW || in_memory(LINE) != NEW;
}

static bool stale_survives_clean(void)
{
	store_around(NEW);
	maintained(CACHE_CLEAN);
	return cached(LINE) == OLD;
}

static bool clean_writes_stale(void)
{
	store_around(NEW);
	maintained(CACHE_CLEAN);
	return in_memory(LINE) != NEW;
}

static bool stays_stale_for_ever(void)
{
	store_around(NEW);
	time_passes(1u << 20);
	return cached(LINE) != NEW;
}

static bool stale_line_is_written(void)
{
	store_around(NEW);
	store_to(LINE + 8, NEW, 0); /* the line is dirty now, with its old word */
	maintained(CACHE_FLUSH);
	return in_memory(LINE) == OLD;
}

/* ---- both ---- */
static bool written_over(void)
{
	store_cached(NEW);
	store_around(NEWER);
	time_passes(64);
	return in_memory(LINE) == NEW;
}

static bool flushed_is_written_over(void)
{
	store_cached(NEW);
	maintained(CACHE_FLUSH);
	store_around(NEWER);
	time_passes(64);
	return in_memory(LINE) != NEWER;
}

/* ---- lines of another CPU, shorter or longer ---- */
static void dirty_in_pieces(u64 cleaned)
{
	store_to(LINE + 48, NEW, 0);
	cache_set_line(16);
	cache_issue(0, cleaned, CACHE_CLEAN, false);
	cache_complete(0);
}

static bool piece_stays(void)
{
	dirty_in_pieces(LINE);
	return in_memory(LINE + 48) == OLD;
}

static bool piece_is_missed(void)
{
	dirty_in_pieces(LINE + 48);
	return in_memory(LINE + 48) != NEW;
}

static bool pieces_forget(void)
{
	dirty_in_pieces(LINE);
	return in_memory(LINE) != OLD || cached(LINE + 48) != NEW;
}

static bool longer_loses(void)
{
	dirty_in_pieces(LINE);
	cache_set_line(64);
	return in_memory(LINE + 48) != NEW || cached(LINE + 48) != NEW;
}

/* ---- one line alone ---- */
static bool neighbour_is_maintained(void)
{
	store_around(NEW);
	cache_issue(0, LINE + cache_line, CACHE_INVALIDATE, false);
	cache_complete(0);
	return cached(LINE) == OLD;
}

static bool all_of_the_line(void)
{
	store_around(NEW);
	cache_issue(0, LINE + cache_line - 1, CACHE_INVALIDATE, false);
	cache_complete(0);
	return cached(LINE) != NEW;
}

static bool neighbours_change(void)
{
	store_around(NEW);
	store_cached(NEWER);
	maintained(CACHE_FLUSH);
	time_passes(64);
	return cached(LINE + 8) != OLD || in_memory(LINE + 8) != OLD || cached(LINE - 8) != OLD;
}

static bool bytes_of_the_word(void)
{
	order_store(0, LINE + 4, 1, NEW, 0, ORDER_BYPASS);
	while (!order_full(0))
		;
	return in_memory(LINE) != (OLD | NEW << 32);
}

/* ---- when ---- */
static bool before_the_dsb(void)
{
	store_cached(NEW);
	cache_issue(0, LINE, CACHE_CLEAN, false);
	return cache_tracks(LINE);
}

static bool another_cpus_dsb(void)
{
	store_cached(NEW);
	cache_issue(0, LINE, CACHE_CLEAN, false);
	cache_complete(1);
	return cache_tracks(LINE);
}

/* Each CPU's loads and DCs of one line are in program order. */
static bool own_load_behind_drop(void)
{
	u64 view;

	store_around(NEW);
	cache_issue(0, LINE, CACHE_INVALIDATE, false);
	return order_load(0, LINE, 8, 0, &view) != NEW;
}

static bool load_behind_drop_around(void)
{
	u64 view;

	store_around(NEW);
	cache_issue(0, LINE, CACHE_INVALIDATE, true);
	return order_load(0, LINE, 8, 0, &view) != NEW;
}

static bool store_behind_drop_is_lost(void)
{
	store_around(NEW);
	cache_issue(0, LINE, CACHE_INVALIDATE, true);
	store_cached(NEWER);
	cache_complete(0);
	return cached(LINE) != NEWER;
}

static bool many_owed(void)
{
	bool bad = false;

	for (u64 at = 0; at < FRAME_BYTES; at += cache_line)
		store_to(BASE + at, NEW, 0);
	for (u64 at = 0; at < FRAME_BYTES; at += cache_line)
		cache_issue(0, BASE + at, CACHE_CLEAN, false);
	cache_complete(0);
	for (u64 at = 0; at < FRAME_BYTES; at += cache_line)
		bad |= in_memory(BASE + at) != NEW;
	return bad;
}

/* ---- fetch; power-on ---- */
static bool frame_has_the_cache(void)
{
	u8 bytes[FRAME_BYTES];
	u64 word;
	bool any;

	store_cached(NEW);
	any = cache_memory_frame(BASE + 0x1000, bytes);
	memcpy(&word, bytes + LINE % FRAME_BYTES, sizeof(word));
	return any != cache_tracks(LINE) || word != in_memory(LINE);
}

static bool junk(u64 from, u64 to)
{
	bool any = false;

	cache_power_on(BASE + 0x2010, BASE + 0x3010, true);
	for (u64 at = from; at < to; at += cache_line)
		any |= cache_tracks(BASE + at);
	cache_power_on(BASE, BASE, true);
	return any;
}

/* A store that bypasses the cache is lost when a dirty line is written back over it. */
static bool loses_store(bool dirty)
{
	bool lost;

	cache_power_on(BASE + 0x2800, BASE + 0x2840, dirty);
	store_to(BASE + 0x2800, NEW, ORDER_BYPASS);
	time_passes(4000);
	lost = in_memory(BASE + 0x2800) != NEW;
	cache_power_on(BASE, BASE, true);
	return lost;
}

static bool dirty_room_loses_store(void)
{
	return loses_store(true);
}

static bool clean_room_loses_store(void)
{
	return loses_store(false);
}

static bool clean_room_has_stale_lines(void)
{
	bool any;

	cache_power_on(BASE + 0x2800, BASE + 0x2840, false);
	any = cache_tracks(BASE + 0x2800);
	cache_power_on(BASE, BASE, true);
	return any;
}

static bool junk_within(void)
{
	return junk(0x2800, 0x2840);
}

static bool junk_outside(void)
{
	return junk(0x1000, 0x2040) || junk(0x3000, 0x4000);
}

enum verdict { NEVER, AT_TIMES };

/* ---- by set and way of CPU 0: a dirty line, whose level, way and CPU follow from its address ----
 */
#define WAYS 4ul
#define SETS 64ul
#define ALONE 1ul /* the CPUs that use their caches */
#define WITH_ANOTHER 3ul

static u64 dirty_line(void)
{
	u64 at = BASE + 0x8000 + random_below(512) * cache_line;

	store_to(at, OLD, 0);
	cache_reset();
	store_to(at, NEW, 0);
	return at;
}

static void maintain_level(u64 at, u64 level, u64 holders, enum cache_op op)
{
	struct cache_place p = { .holders = holders,
				 .level = level,
				 .set = at / cache_line % SETS,
				 .sets = SETS,
				 .ways = WAYS,
				 .line = cache_line };

	for (p.way = 0; p.way < WAYS; p.way++)
		cache_issue_place(&p, op);
}

/* Both levels, the first one first, and DSB. */
static void maintain_places(u64 at, u64 holders, enum cache_op op)
{
	maintain_level(at, 0, holders, op);
	maintain_level(at, 1, holders, op);
	cache_complete(0);
}

static bool places_miss(void)
{
	u64 at = dirty_line();

	maintain_places(at, ALONE, random_below(2) ? CACHE_FLUSH : CACHE_CLEAN);
	return in_memory(at) != NEW || cached(at) != NEW;
}

static bool places_of_another_miss(void)
{
	u64 at = dirty_line();

	maintain_places(at, WITH_ANOTHER, CACHE_FLUSH);
	return in_memory(at) != NEW;
}

static bool places_of_another_lose(void)
{
	u64 at = dirty_line();

	maintain_places(at, WITH_ANOTHER, random_below(2) ? CACHE_FLUSH : CACHE_CLEAN);
	return cached(at) != NEW;
}

static bool first_level_reaches_memory(void)
{
	u64 at = dirty_line();

	bool dirty = cache_tracks(at); /* it may have been written back before */

	maintain_level(at, 0, ALONE, random_below(2) ? CACHE_FLUSH : CACHE_CLEAN);
	cache_complete(0);
	return dirty && in_memory(at) == NEW;
}

static bool last_level_first_misses(void)
{
	u64 at = dirty_line();

	maintain_level(at, 1, ALONE, CACHE_FLUSH);
	maintain_level(at, 0, ALONE, CACHE_FLUSH);
	cache_complete(0);
	return in_memory(at) != NEW;
}

static bool cleaned_first_level_loses(void)
{
	u64 at = dirty_line();

	maintain_level(at, 0, ALONE, CACHE_CLEAN);
	cache_complete(0);
	maintain_level(at, 0, ALONE, CACHE_INVALIDATE);
	cache_complete(0);
	return cached(at) != NEW;
}

static bool other_set_is_cleaned(void)
{
	u64 at = dirty_line();

	bool dirty = cache_tracks(at);

	maintain_places(at + cache_line, ALONE, CACHE_FLUSH);
	return dirty && in_memory(at) != OLD;
}

static bool places_lose(void)
{
	u64 at = dirty_line();

	maintain_places(at, ALONE, CACHE_INVALIDATE);
	return cached(at) == OLD && in_memory(at) == OLD;
}

static bool places_need_dsb(void)
{
	u64 at = dirty_line();

	maintain_level(at, 0, ALONE, CACHE_FLUSH);
	maintain_level(at, 1, ALONE, CACHE_FLUSH);
	return in_memory(at) == OLD;
}

static bool cold_is_stale(void)
{
	bool stale;

	cache_cold = true;
	store_around(NEW);
	stale = cached(LINE) != NEW;
	cache_cold = false;
	return stale;
}

static const struct cache_rule {
	const char *what;
	bool (*happens)(void);
	enum verdict verdict;
	unsigned tries; /* 0: TRIES */
} rules[] = {
	{ "a dirty line hides a store from memory", dirty_is_old, AT_TIMES },
	{ "a dirty line has left at once", dirty_is_new, AT_TIMES },
	{ "a cacheable load misses a cacheable store", own_load_is_old, NEVER },
	{ "a cleaned line is old somewhere", cleaned_is_old, NEVER },
	{ "a flushed line is old somewhere", flushed_is_old, NEVER },
	{ "DC IVAC loses a dirty line", invalidated_is_lost, AT_TIMES },
	{ "DC IVAC writes a dirty line back", invalidated_is_written, AT_TIMES },
	{ "DC IVAC leaves a difference", invalidated_differs, NEVER },
	{ "a line is dirty for ever", stays_dirty_for_ever, NEVER, 4 },
	{ "a dirty line that another observer reads stays for ever", asked_dirty_for_ever,
	  AT_TIMES },
	{ "a stale line hides memory", stale_is_read, AT_TIMES },
	{ "there was no line", memory_is_read, AT_TIMES },
	{ "a store around the cache is lost by itself", around_is_lost, NEVER },
	{ "a stale line survives DC IVAC", stale_survives_invalidate, NEVER },
	{ "a stale line survives DC CIVAC", stale_survives_flush, NEVER },
	{ "a stale line survives DC CVAC", stale_survives_clean, AT_TIMES },
	{ "DC CVAC writes a line that is not dirty", clean_writes_stale, NEVER },
	{ "a line is stale for ever", stays_stale_for_ever, AT_TIMES, 4 },
	{ "a stale line that is stored to is written back whole", stale_line_is_written, AT_TIMES },
	{ "a dirty line is written over newer memory", written_over, AT_TIMES },
	{ "a flushed one is", flushed_is_written_over, NEVER },
	{ "a DC of the next line leaves this one", neighbour_is_maintained, AT_TIMES },
	{ "a DC misses the first bytes of its line", all_of_the_line, NEVER },
	{ "words beside it change", neighbours_change, NEVER },
	{ "bytes beside it change", bytes_of_the_word, NEVER },
	{ "a DC is not done before the DSB", before_the_dsb, AT_TIMES },
	{ "another CPU's DSB completes nothing", another_cpus_dsb, AT_TIMES },
	{ "a load is before the DC of its line", own_load_behind_drop, NEVER },
	{ "... if the load bypasses the cache", load_behind_drop_around, AT_TIMES },
	{ "a store behind it is lost", store_behind_drop_is_lost, NEVER },
	{ "one of many DCs is forgotten", many_owed, NEVER },
	{ "a fetch around the cache reads it", frame_has_the_cache, NEVER },
	{ "a DC of one piece leaves another dirty", piece_stays, AT_TIMES, 64 },
	{ "a DC of a piece does not reach it", piece_is_missed, NEVER, 64 },
	{ "a piece has lost its old bytes", pieces_forget, NEVER, 64 },
	{ "a dirty line is lost when lines are longer", longer_loses, NEVER, 64 },
	{ "earlier software left lines", junk_within, AT_TIMES },
	{ "... outside the range", junk_outside, NEVER },
	{ "... written back over a store that bypasses the cache", dirty_room_loses_store,
	  AT_TIMES },
	{ "... the same where none are dirty", clean_room_loses_store, NEVER },
	{ "... stale lines there", clean_room_has_stale_lines, AT_TIMES },
	{ "DC CSW, CISW: the first level and then the last miss a line", places_miss, NEVER },
	{ "... while another CPU uses its caches", places_of_another_miss, AT_TIMES },
	{ "... and data are lost", places_of_another_lose, NEVER },
	{ "... the first level alone reaches memory", first_level_reaches_memory, NEVER },
	{ "... the last level first misses a line", last_level_first_misses, AT_TIMES },
	{ "... another set is cleaned", other_set_is_cleaned, NEVER },
	{ "... without DSB memory is old", places_need_dsb, AT_TIMES },
	{ "DC ISW of the first level after DC CSW loses data", cleaned_first_level_loses, NEVER },
	{ "DC ISW loses a dirty line", places_lose, AT_TIMES },
	{ "a line is stale before any CPU has used its caches", cold_is_stale, NEVER },
};

static unsigned tries(const struct cache_rule *r, unsigned n)
{
	unsigned happened = 0;

	for (unsigned i = 0; i < n; i++) {
		for (u64 at = 0; at < 4 * FRAME_BYTES; at += 8)
			*(u64 *)(void *)memory_host(BASE + at) = OLD;
		order_reset();
		cache_line = 64;
		cache_reset();
		happened += r->happens();
	}
	return happened;
}

static unsigned check_rule(const struct cache_rule *r)
{
	unsigned n = r->tries ? r->tries : TRIES, happened;

	knobs.adversary[ADV_CACHES] = 1;
	happened = tries(r, n);
	if ((r->verdict == NEVER) != !happened) {
		printf("%s: %s\n", r->what, happened ? "it does" : "it never does");
		return 1;
	}
	return 0;
}

/* caches=0: memory and cache never differ. */
static unsigned check_off(void)
{
	static const u64 want[] = { NEW, NEWER };
	unsigned bad = 0;

	knobs.adversary[ADV_CACHES] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		store_to(LINE, want[i], i ? ORDER_BYPASS : 0);
		bad += cached(LINE) != want[i] || in_memory(LINE) != want[i];
	}
	cache_power_on(BASE, BASE + 0x1000, true);
	for (u64 at = 0; at < 0x1000; at += cache_line)
		bad += cache_tracks(BASE + at);
	if (bad)
		printf("caches=0: memory and cache differ\n");
	return bad;
}

/* A store that bypasses the cache is performed.  A load that does so observes it, by coherence of
 * its own CPU and by an order of another, also when the line that hid it was evicted in between,
 * and the size of lines has changed since.
 */
static unsigned check_bypass(unsigned cpu)
{
	u64 view;

	knobs.adversary[ADV_CACHES] = 1;
	knobs.adversary[ADV_LOADS] = 2;
	for (unsigned i = 0; i < 4000; i++) {
		order_reset();
		cache_line = 64;
		cache_reset();
		store_to(LINE, OLD, 0);
		store_to(LINE, NEW, ORDER_BYPASS);
		ordering.cpu[1].floor = ordering.now; /* it has read a flag, and executed DMB */
		for (unsigned n = 0; n < 2000 && cache_tracks(LINE); n++)
			cache_between();
		cache_set_line(16ul << i % 3 * 2);
		if (!cache_tracks(LINE) && order_newest(LINE, 8) == NEW &&
		    order_load(cpu, LINE, 8, cache_memory_view(LINE), &view) != NEW) {
			printf("CPU %u reads the value before a store of CPU 0\n", cpu);
			return 1;
		}
	}
	knobs.adversary[ADV_LOADS] = 0;
	return 0;
}

int main(void)
{
	unsigned bad = 0;

	if (memory_add(BASE, 1ul << 20))
		return 2;
	random_seed(3);
	knobs = (struct knobs) { .adversary = { [ADV_STORES] = 8 }, .age = 1000 };
	order_hooks.hides = cache_hides;
	for (unsigned i = 0; i < ARRAY_SIZE(rules); i++)
		bad += check_rule(&rules[i]);
	bad += check_off();
	bad += check_bypass(0) + check_bypass(1);
	if (!bad)
		printf("machine_cache: %zu rules ok\n", ARRAY_SIZE(rules));
	return bad != 0;
}
