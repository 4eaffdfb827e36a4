/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/load.c - the boot CPU's part: it handles memory that is added and removed; see
 * load.h. */
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <tlblab/lab.h>
#include <tlblab/load.h>

#define SHARE 16 /* operations of the boot CPU between two runs of events */
#define MS 1000000ul
#define LIFE_NS (300 * MS) /* how long the operator's block is present, and absent */
#define FREE_NS (1000 * MS)
#define PINS_NS (700 * MS)

static const char *const op_names[LOAD_OPS] = { "reads",  "writes", "runs",
						"allocs", "frees",  "moves" };

/* ---- pins: for a time pages in use cannot be migrated ---- */

static void pin_all(struct load *l)
{
	for (unsigned i = 0; i < LOAD_SLOTS; i++) {
		struct load_slot *s = &l->slot[i];

		if (!load_enter(s))
			continue;
		if (!s->content) {
			load_leave(s);
			continue;
		}
		movable_pin(&s->page); /* it stays entered, so it is not freed */
		l->pinned[i] = s->page.page;
	}
}

static void unpin_all(struct load *l)
{
	for (unsigned i = 0; i < LOAD_SLOTS; i++) {
		const struct movable *m = &l->slot[i].page;

		if (!l->pinned[i])
			continue;
		if (m->page != l->pinned[i])
			snprintf(l->failure, sizeof(l->failure), "the pinned page 0x%lx moved",
				 page_to_pfn(l->pinned[i]));
		movable_unpin(&l->slot[i].page);
		load_leave(&l->slot[i]);
		l->pinned[i] = NULL;
	}
}

static bool any_pinned(const struct load *l)
{
	for (unsigned i = 0; i < LOAD_SLOTS; i++)
		if (l->pinned[i])
			return true;
	return false;
}

static void pins(struct load *l, u64 now)
{
	if (now < l->next_pins)
		return;
	if (any_pinned(l)) {
		unpin_all(l);
		l->next_pins = now + FREE_NS;
	} else {
		pin_all(l);
		l->next_pins = now + PINS_NS;
	}
}

/* ---- the operator ---- */

static int add_range(struct range *r, struct why *why)
{
	int err = hotplug_add(r->pa, r->len, r->node, &r->opts, &r->report, why);

	return err ? err : hotplug_online(r->pa, r->len, ZONE_MOVABLE, &r->report, why);
}

static int remove_range(struct range *r, struct why *why)
{
	int err = hotplug_offline(r->pa, r->len, &r->report, why);

	return err ? err : hotplug_remove(r->pa, r->len, &r->opts, &r->report, why);
}

static void life(struct load *l, u64 now)
{
	struct why why = { 0 };
	bool may_refuse = l->there && any_pinned(l);
	int err;

	if (!l->range.len || now < l->next_life || l->failure[0])
		return;
	l->next_life = now + LIFE_NS;
	err = l->there ? remove_range(&l->range, &why) : add_range(&l->range, &why);
	if (!err) {
		l->there = !l->there;
		l->lives += !l->there;
		atomic_fetch_add_relaxed(&l->turn, 1);
	} else if (err == -EBUSY && may_refuse) {
		l->lives_refused++;
	} else if (err != -ECANCELED) {
		snprintf(l->failure, sizeof(l->failure), "refused: %s", why.text);
	}
}

/* ---- begin, turns, end ---- */

struct load *load_begin(struct rng *rng, bool by_hand)
{
	static struct test_run dummy NOINIT; /* blocks are requested as by a test */
	static struct load one NOINIT;
	struct load *l = &one;
	struct event_stats stats;

	memset(l, 0, sizeof(*l));
	memset(&dummy, 0, sizeof(dummy));
	if (!by_hand || !range_get(&dummy, &l->range, 1, NULL))
		l->range.len = 0;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		l->cpu[c].rng.state = rng_next(rng);
	event_stats(&stats);
	l->answered = stats.answered;
	l->refused = stats.refused;
	l->moved = movable_moved();
	l->start = clock_ns();
	l->next_pins = l->start + FREE_NS;
	cpu_post(other_cpus(), load_worker, l);
	return l;
}

void load_turn(struct load *l)
{
	struct cpu_pause pause = { .rounds = 0 };
	u64 now = clock_ns();

	load_some(l, SHARE);
	pins(l, now);
	life(l, now);
	if (event_run())
		atomic_fetch_add_relaxed(&l->turn, 1);
	cpu_pause(&pause);
}

static void drop_all(struct load *l)
{
	unpin_all(l);
	for (unsigned i = 0; i < LOAD_SLOTS; i++)
		if (l->slot[i].content)
			movable_free(&l->slot[i].page);
}

/* The first CPU that has not done some kind of operation yet; also while CPUs run. */
static bool find_idle(const struct load *l, unsigned *cpu, unsigned *op)
{
	for (*cpu = 0; *cpu < CPUS_MAX; ++*cpu)
		for (*op = 0; cpus_online() & cpu_bit(*cpu) && *op < LOAD_OPS; ++*op)
			if (!atomic_load_relaxed(&l->cpu[*cpu].ops[*op]))
				return true;
	return false;
}

bool load_idle(const struct load *l)
{
	unsigned cpu, op;

	return find_idle(l, &cpu, &op);
}

static void count(const struct load *l, struct load_sum *sum)
{
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		const struct load_cpu *cpu = &l->cpu[c];

		for (unsigned op = 0; op < LOAD_OPS; op++)
			sum->ops[op] += cpu->ops[op];
		if (cpu->wrong && !sum->wrong)
			sum->first = cpu->first;
		sum->wrong += cpu->wrong;
	}
	sum->idle = find_idle(l, &sum->idle_cpu, &sum->idle_op);
}

u64 load_evicted(const struct load *l)
{
	u64 all = movable_moved() - l->moved, own = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		own += atomic_load_relaxed(&l->cpu[c].ops[LOAD_MOVE]);
	return all > own ? all - own : 0;
}

void load_end(struct load *l, struct load_sum *sum)
{
	struct event_stats stats;

	atomic_store_release(&l->stop, 1);
	cpu_wait(other_cpus());
	drop_all(l);
	if (l->range.len)
		range_reset(&l->range);
	memset(sum, 0, sizeof(*sum));
	count(l, sum);
	event_stats(&stats);
	sum->events = stats.answered - l->answered;
	sum->refused = stats.refused - l->refused;
	sum->evicted = load_evicted(l);
	sum->lives = l->lives;
	sum->lives_refused = l->lives_refused;
}

bool load_sentence(const struct load *l, const struct load_sum *sum, char *buf, size_t size)
{
	static const char *const what[LOAD_OPS] = {
		[LOAD_READ] = "wrong data",
		[LOAD_WRITE] = "a store is lost",
		[LOAD_RUN] = "other code ran",
	};
	const struct load_wrong *w = &sum->first;

	if (sum->wrong)
		snprintf(buf, size, "%s: CPU %u at 0x%lx, value 0x%lx, wanted 0x%lx; %lu times",
			 what[w->op], w->cpu, w->va, w->value, w->wanted, sum->wrong);
	else if (l->failure[0])
		snprintf(buf, size, "%s", l->failure);
	else if (!sum->ops[LOAD_ALLOC])
		snprintf(buf, size,
			 "there was no hot-plugged memory: plug some in, or withhold some");
	else if (sum->idle)
		snprintf(buf, size, "CPU %u: no %s", sum->idle_cpu, op_names[sum->idle_op]);
	else
		return false;
	return true;
}

void load_keys(const struct load_sum *sum, char *buf, size_t size)
{
	size_t n = 0;

	for (unsigned op = 0; op < LOAD_OPS; op++)
		n += (size_t)snprintf(buf + n, size - n, "%s=%lu ", op_names[op], sum->ops[op]);
	snprintf(buf + n, size - n, "evicted=%lu", sum->evicted);
}
