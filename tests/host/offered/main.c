/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/offered/main.c - mm/hotplug/offered.c against a model that knows which blocks are
 * there, and mm/hotplug/stale.c on CPUs of which some still translate.
 */
#include <kern/cpu.h>
#include <kern/probe.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/memory_block.h>
#include <mm/hotplug/offered.h>
#include <mm/hotplug/stale.h>
#include <mm/hotplug/subsection.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <want.h>

#define BLOCK (128 * MiB)
#define BLOCKS 24u
#define BASE (4 * GiB)
#define PAGE 4096ul

static const struct pt_fmt format = { .page_shift = 12 };

/* ---- present memory ---- */

static char there[BLOCKS]; /* by block: 'b', 's' or 'd'; 0: absent */
static unsigned asked;

static void count_asked(void)
{
	if (++asked < 100000)
		return;
	printf("# FAIL a search has no end\n");
	exit(1);
}

static unsigned block_at(pfn_t pfn)
{
	u64 pa = pfn << 12;

	WANT(pa >= BASE && pa % BLOCK == 0 && (pa - BASE) / BLOCK < BLOCKS);
	count_asked();
	if (pa < BASE || (pa - BASE) / BLOCK >= BLOCKS)
		exit(1);
	return (unsigned)((pa - BASE) / BLOCK);
}

struct block *block_find(pfn_t pfn)
{
	static struct block b;

	return there[block_at(pfn)] == 'b' ? &b : NULL;
}

const struct subsection_range *subsection_find(pfn_t pfn, u64 nr)
{
	static struct subsection_range r;

	WANT(nr == BLOCK / PAGE);
	return there[block_at(pfn)] == 's' ? &r : NULL;
}

const struct devmem *devmem_keeping(pfn_t pfn, u64 nr)
{
	static struct devmem d;

	WANT(nr == BLOCK / PAGE);
	return there[block_at(pfn)] == 'd' ? &d : NULL;
}

/* ---- sources ---- */

static const struct offer {
	u64 start, len;
	unsigned node;
} given[] = {
	{ BASE + 2 * BLOCK, 6 * BLOCK, 1 }, /* of the first source */
	{ BASE, 2 * BLOCK, 2 },
	{ BASE + 8 * BLOCK + 2 * MiB, 3 * BLOCK, 3 },  /* of the second one: begins in a block */
	{ BASE + 12 * BLOCK, 2 * BLOCK + 4 * MiB, 4 }, /* ends in one */
	{ BASE + 15 * BLOCK + 2 * MiB, 4 * MiB, 5 },   /* less than a block */
	{ BASE + 16 * BLOCK - 2 * MiB, 2 * MiB, 6 },   /* the end of one */
	{ BASE + 17 * BLOCK, BLOCK + 1, 7 },           /* one byte of another one */
	{ BASE + 20 * BLOCK - 2 * MiB, 2 * MiB + BLOCK, 0 },
};
#define SECOND 2u                              /* its first offer */
static struct offer offers[ARRAY_SIZE(given)]; /* in the order of the sources */

static bool give(unsigned n, paddr_t *start, u64 *len, unsigned *node)
{
	count_asked();
	if (n >= ARRAY_SIZE(given))
		return false;
	*start = given[n].start;
	*len = given[n].len;
	*node = given[n].node;
	return true;
}

static bool first_range(unsigned n, paddr_t *start, u64 *len, unsigned *node)
{
	count_asked();
	return n < SECOND && give(n, start, len, node);
}

static bool second_range(unsigned n, paddr_t *start, u64 *len, unsigned *node)
{
	return give(n + SECOND, start, len, node);
}

static bool no_range(unsigned n, paddr_t *start, u64 *len, unsigned *node)
{
	(void)n, (void)start, (void)len, (void)node;
	return false;
}

static const struct event_source source_a = { .name = "a", .range = first_range },
				 source_b = { .name = "b" },
				 source_c = { .name = "c", .range = no_range },
				 source_d = { .name = "d", .range = second_range };
EVENT_SOURCE(a, source_a);
EVENT_SOURCE(b, source_b);
EVENT_SOURCE(c, source_c);
EVENT_SOURCE(d, source_d);

/* Sources of one file are in the registry in the order that the compiler chooses. */
static void order_offers(void)
{
	unsigned n = 0;

	for (unsigned it = 0; &__start_reg_events[it] != __stop_reg_events; it++) {
		bool first = __start_reg_events[it] == &source_a;

		if (first || __start_reg_events[it] == &source_d)
			for (unsigned i = first ? 0 : SECOND;
			     i < (first ? SECOND : ARRAY_SIZE(given)); i++)
				offers[n++] = given[i];
	}
	WANT(n == ARRAY_SIZE(offers));
}

/* ---- the model: absent parts of each offer, by blocks ---- */

static struct offer part[64];

static unsigned absent_parts(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(offers); i++) {
		const struct offer *o = &offers[i];
		bool joins = false;

		for (unsigned b = 0; b < BLOCKS; b++) {
			u64 lo = max_u64(BASE + b * BLOCK, o->start);
			u64 hi = min_u64(BASE + (b + 1) * BLOCK, o->start + o->len);

			if (lo >= hi)
				continue;
			if (there[b]) {
				joins = false;
				continue;
			}
			if (joins)
				part[n - 1].len += hi - lo;
			else
				part[n++] = (struct offer) { lo, hi - lo, o->node };
			joins = true;
		}
	}
	return n;
}

static bool same(const struct offer *o, u64 start, u64 len, unsigned node)
{
	return o->start == start && o->len == len && o->node == node;
}

static void check_whole(void)
{
	struct source_pos pos = { 0 };
	u64 start, len;
	unsigned node;

	for (unsigned i = 0; i < ARRAY_SIZE(offers); i++)
		WANT(next_source_range(&pos, &start, &len, &node) &&
		     same(&offers[i], start, len, node));
	WANT(!next_source_range(&pos, &start, &len, &node));
}

static void check_addable(void)
{
	struct source_pos pos = { 0 };
	unsigned node = 99, nr = absent_parts();
	u64 start = 1, len = 1;

	for (unsigned i = 0; i < nr; i++)
		WANT(next_addable(&pos, &start, &len, &node) && same(&part[i], start, len, node));
	WANT(!next_addable(&pos, &start, &len, &node));
	WANT(!next_addable(&pos, &start, &len, &node));
}

static void check_blocks(u64 most)
{
	unsigned node = 99, nr = absent_parts(), i;
	u64 start = 1, len = 1, first = 0, whole = 0;

	for (i = 0; i < nr && !whole; i++) {
		u64 end = part[i].start + part[i].len;

		first = (part[i].start + BLOCK - 1) / BLOCK * BLOCK;
		whole = end > first ? min_u64(end - first, most) / BLOCK * BLOCK : 0;
	}
	WANT(addable_blocks(most, &start, &len, &node) == (whole != 0));
	WANT(!whole || (start == first && len == whole && node == part[i - 1].node));
}

static void check_offers(void)
{
	static const char kinds[] = { 0, 0, 'b', 's', 0, 'd', 0, 'b' };
	u64 seed = 1;

	order_offers();
	check_whole();
	for (unsigned round = 0; round < 300; round++) {
		for (unsigned b = 0; b < BLOCKS; b++) {
			seed = seed * 6364136223846793005ul + 1442695040888963407ul;
			there[b] = !round           ? 0
				   : round == 1     ? 'b'
				   : round & 1      ? kinds[seed >> 40 & 7]
				   : seed >> 40 & 7 ? "bsd"[b % 3]
						    : 0;
		}
		asked = 0;
		check_addable();
		check_blocks(~0ul);
		check_blocks(2 * BLOCK);
		check_blocks(BLOCK);
		check_blocks(3 * BLOCK / 2);
		check_blocks(BLOCK - 1);
		check_blocks(0);
	}
}

/* ---- stale entries ---- */

#define ONLINE 0x2dul
#define LOADS_MOST 64u

static struct {
	unsigned nr;
	vaddr_t va[LOADS_MOST];
	unsigned cpu[LOADS_MOST];
} loads;
static bool calling;
static cpumask_t translates; /* CPUs that read */
static vaddr_t only;         /* and this address alone; 0: each */

cpumask_t cpus_online(void)
{
	return ONLINE;
}

void ipi_call(cpumask_t mask, void (*fn)(void *), void *arg)
{
	WANT(mask == ONLINE && !calling);
	calling = true;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (mask & cpu_bit(c)) {
			host_cpu = &cpus[c];
			host_cpu->nr = c;
			fn(arg);
		}
	host_cpu = cpus;
	calling = false;
}

int probe_load64(vaddr_t va, u64 *value)
{
	WANT(calling && loads.nr < LOADS_MOST);
	if (loads.nr < LOADS_MOST) {
		loads.va[loads.nr] = va;
		loads.cpu[loads.nr++] = host_cpu->nr;
	}
	*value = 0;
	return !(translates & cpu_bit(host_cpu->nr) && (!only || only == va));
}

/* Every CPU loads the same addresses of the range, and no quarter of it is left out. */
static unsigned check_loads(paddr_t pa, u64 len)
{
	vaddr_t lo = linear_va(pa);
	unsigned each = loads.nr / 4, quarters = 0;

	WANT(loads.nr == each * 4);
	for (unsigned i = 0; i < loads.nr; i++) {
		u64 at = loads.va[i] - lo;

		WANT(at < len && at % PAGE == 0 && loads.va[i] == loads.va[i % each]);
		WANT(loads.cpu[i] == loads.cpu[i - i % each]);
		for (unsigned k = 0; k < i % each; k++)
			WANT(loads.va[i] != loads.va[k]);
		quarters |= 1u << at * 4 / len;
	}
	for (unsigned c = 1; c < 4; c++)
		WANT(!each || loads.cpu[c * each] > loads.cpu[(c - 1) * each]);
	WANT(quarters == 15 || !each || len < 24 * PAGE);
	return each;
}

static void prime(paddr_t pa, u64 len, bool some)
{
	loads.nr = 0;
	translates = ONLINE;
	only = 0;
	stale_prime(pa, len);
	WANT((check_loads(pa, len) != 0) == some);
}

static void check_stale(paddr_t pa, u64 len)
{
	unsigned each;

	prime(pa, len, true);
	each = loads.nr / 4;
	loads.nr = 0;
	translates = 0;
	WANT(!stale_check() && check_loads(pa, len) == each);
	loads.nr = 0;
	translates = ~0ul;
	WANT(!stale_check() && !loads.nr); /* the range was removed: it is not accessed again */
	prime(pa, len, true);
	translates = BIT(2) | BIT(5);
	WANT(stale_check() == 2 * each);
	prime(pa, len, true);
	translates = BIT(3);
	only = linear_va(pa);
	WANT(stale_check() == 1);
	prime(pa + GiB, len, true); /* and this one is not removed */
	prime(pa, len, true);
	WANT(stale_check() == 4 * each);
}

int main(void)
{
	static const struct rlimit seconds = { 5, 6 }; /* a search without an end */

	WANT(!setrlimit(RLIMIT_CPU, &seconds));
	layout.fmt = &format;
	layout.block_bytes = BLOCK;
	layout.phys_base = GiB;
	layout.r[REGION_LINEAR].va = 0xffff000000000000ul;
	check_offers();
	check_stale(BASE, BLOCK);
	check_stale(BASE + 2 * MiB, 2 * MiB);
	check_stale(BASE, 6 * PAGE);
	check_stale(BASE, 11 * PAGE);
	prime(BASE, 0, false);
	WANT(!stale_check());
	printf("offered: %u not so\n", want_failed);
	return want_failed != 0;
}
