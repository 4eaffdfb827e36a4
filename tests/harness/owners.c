/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/owners.c - see owners.h.
 *
 * The log is one table under a lock of the last class: the tap orders the CPUs that it watches, so
 * a run with it proves nothing about the order of accesses.
 */
#include <kern/lock.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/memory_block.h>
#include <tests/harness/owners.h>

/* ---- the rules of the letter ---- */

enum memory { ANY_MEMORY, NOT_IN_USE, IN_USE };

#define IN(region) (1u << REGION_##region)
#define HELD(class) BIT(class)
#define HELD_FOR_WRITING(class) (BIT(class) | BIT(8 + (class)))

static const struct actor_rule {
	const char *name;
	u32 regions; /* in which it stores entries */
	u16 locks;
	u8 memory; /* of which it changes the entries */
} rules[PT_WRITERS] = {
	[PT_WRITER_NONE] = { "nobody named", 0, 0, ANY_MEMORY },
	[PT_WRITER_BOOT] = { "boot", ~0u, 0, ANY_MEMORY },
	[PT_WRITER_HOTPLUG] = { "hotplug", IN(LINEAR) | IN(VMEMMAP), HELD_FOR_WRITING(LOCK_HOTPLUG),
				NOT_IN_USE },
	[PT_WRITER_MIGRATE] = { "migration", IN(VMALLOC), HELD(LOCK_MOVABLE), ANY_MEMORY },
	[PT_WRITER_VMALLOC] = { "vmalloc", IN(VMALLOC), 0, ANY_MEMORY },
	[PT_WRITER_DEVICE] = { "device", IN(DEVICE), HELD(LOCK_MOVABLE), ANY_MEMORY },
	[PT_WRITER_APPLY] = { "apply", IN(VMALLOC) | IN(DEVICE), 0, ANY_MEMORY },
	[PT_WRITER_DIRECT] = { "set_direct", IN(LINEAR), HELD_FOR_WRITING(LOCK_HOTPLUG), IN_USE },
	[PT_WRITER_OPTIMISE] = { "optimise", IN(VMEMMAP), HELD_FOR_WRITING(LOCK_HOTPLUG), IN_USE },
	[PT_WRITER_SHADOW] = { "shadow", IN(SHADOW), HELD_FOR_WRITING(LOCK_HOTPLUG), ANY_MEMORY },
};

/* Two actors may change one entry if one does it only while memory is in use, and the other only
 * while it is not.  Boot makes entries that others change later.  A page that migrates belongs to
 * vmalloc, and a caller's function changes entries that vmalloc or a driver mapped for it. */
static bool may_share(unsigned a, unsigned b)
{
	u32 both = BIT(a) | BIT(b);

	return both & BIT(PT_WRITER_BOOT) ||
	       (rules[a].memory == NOT_IN_USE && rules[b].memory == IN_USE) ||
	       (rules[b].memory == NOT_IN_USE && rules[a].memory == IN_USE) ||
	       both == (BIT(PT_WRITER_MIGRATE) | BIT(PT_WRITER_VMALLOC)) ||
	       both == (BIT(PT_WRITER_APPLY) | BIT(PT_WRITER_VMALLOC)) ||
	       both == (BIT(PT_WRITER_APPLY) | BIT(PT_WRITER_DEVICE));
}

/* ---- the log ---- */

#define RUNS_MAX 4096 /* a power of two */

static struct owner_run { /* entries that one actor stored at once */
	vaddr_t lo;
	u64 len; /* 0: free */
	u32 count;
	u8 level, writer;
	bool table; /* pointers to tables, not entries that end a translation */
} runs[RUNS_MAX] NOINIT;

/* The last run of the shadow that each CPU stored.  A shadow is mapped in pieces, one for each
 * range of adjacent frames: consecutive pieces of one table are one run. */
static struct owner_run *last_shadow[CPUS_MAX] NOINIT;

static struct spinlock log_lock = SPINLOCK_INIT(LOCK_LOG, "writer log");
static struct owners_seen seen;

static struct owner_run *run_of(const struct owner_run *want)
{
	u64 at = (want->lo >> page_shift()) * 0x9e3779b97f4a7c15ul + want->len + want->level * 7ul +
		 want->writer;

	for (unsigned n = 0; n < RUNS_MAX; n++) {
		struct owner_run *r = &runs[(at + n) % RUNS_MAX];

		if (!r->len)
			*r = *want;
		if (r->lo == want->lo && r->len == want->len && r->level == want->level &&
		    r->writer == want->writer && r->table == want->table)
			return r;
	}
	return NULL;
}

static bool in_root(const struct owner_run *r)
{
	return r->level + 1u >= kpt.fmt->levels;
}

static bool one_table(const struct owner_run *a, const struct owner_run *b)
{
	unsigned shift = in_root(a) ? 63 : kpt.shift[a->level + 1];

	return a->lo >> shift == b->lo >> shift;
}

/* True: the store extends such a run. */
static bool extends_shadow_run(const struct owner_run *want, unsigned cpu)
{
	struct owner_run *last = last_shadow[cpu];

	if (want->writer != PT_WRITER_SHADOW || !last || want->table || last->table ||
	    last->level != want->level || last->lo + last->len != want->lo ||
	    !one_table(last, want))
		return false;
	last->len += want->len;
	last->count++;
	return true;
}

static unsigned region_of(vaddr_t va)
{
	unsigned r = 0;

	while (r < REGION_NR && !in_region(va, (enum region_id)r))
		r++;
	return r;
}

static void owners_note(u32 *counter, const struct pt_event *e, const char *text)
{
	if (!(*counter)++ && !seen.what[0])
		snprintf(seen.what, sizeof(seen.what), "%s: %s, %016lx level %u on CPU %u",
			 e->kind == PT_EV_SET ? rules[e->writer].name : "a walk", text, e->va,
			 e->level, e->cpu);
}

/* The block whose memory this entry maps, or whose struct pages; NULL: none. */
static const struct block *block_mapped_by(vaddr_t va, unsigned region)
{
	if (region == REGION_LINEAR)
		return block_find(linear_pa(va) >> page_shift());
	return block_find(page_to_pfn(va_ptr(va)));
}

static void judge_memory(const struct pt_event *e, unsigned region)
{
	const struct actor_rule *rule = &rules[e->writer];
	const struct block *b;
	bool in_use;

	if (rule->memory == ANY_MEMORY || (region != REGION_LINEAR && region != REGION_VMEMMAP))
		return;
	b = block_mapped_by(e->va, region);
	in_use = b && b->state != BLOCK_ABSENT && b->state != BLOCK_OFFLINE;
	if (in_use && rule->memory == NOT_IN_USE)
		owners_note(&seen.in_use, e, "memory in use");
	if (!in_use && rule->memory == IN_USE)
		owners_note(&seen.not_in_use, e, "memory that is not in use");
}

static bool stores_table(const struct pt_event *e)
{
	return kpt.fmt->kind(e->old, e->level) == PT_TABLE ||
	       kpt.fmt->kind(e->new, e->level) == PT_TABLE;
}

static void keep_store(const struct owner_run *want, unsigned cpu)
{
	struct owner_run *run;

	if (extends_shadow_run(want, cpu))
		return;
	run = run_of(want);
	if (!run) {
		seen.lost++;
		return;
	}
	run->count++;
	if (want->writer == PT_WRITER_SHADOW)
		last_shadow[cpu] = run;
}

static void judge_store(const struct pt_event *e)
{
	const struct actor_rule *rule = &rules[e->writer];
	struct owner_run want = { .lo = e->va,
				  .len = e->len,
				  .level = e->level,
				  .writer = e->writer,
				  .table = stores_table(e) };
	unsigned region = region_of(e->va);

	seen.stores++;
	seen.writers |= BIT(e->writer);
	seen.cpus |= cpu_bit(e->cpu);
	keep_store(&want, e->cpu);
	if ((e->locks & rule->locks) != rule->locks)
		owners_note(&seen.unlocked, e, "without its lock");
	if (want.table)
		return;
	if (region < REGION_NR)
		seen.by_region[region] |= BIT(e->writer);
	if (!(rule->regions & BIT(region)))
		owners_note(&seen.foreign, e, "in a region of others");
	judge_memory(e, region);
}

static bool overlaps(vaddr_t va, u64 len, const struct va_region *r)
{
	return r->len && va < r->va + r->len && r->va < va + len;
}

static void judge_walk(const struct pt_event *e)
{
	if (!overlaps(e->va, e->len, &layout.r[REGION_LINEAR]) &&
	    !overlaps(e->va, e->len, &layout.r[REGION_VMEMMAP]))
		return;
	seen.walks++;
	if (!(e->locks & HELD(LOCK_HOTPLUG)))
		owners_note(&seen.loose, e, "without the hotplug lock");
}

static void owners_after(const struct pt_event *e)
{
	bool mine = e->pt == &kpt && (e->kind == PT_EV_SET || e->kind == PT_EV_WALK_BEGIN);
	bool lock = e->kind == PT_EV_LOCK && e->ops == LOCK_HOTPLUG;
	u64 flags;

	if (!mine && !lock)
		return;
	flags = spin_lock_irqsave(&log_lock);
	if (lock)
		seen.locks++;
	else if (e->kind == PT_EV_SET)
		judge_store(e);
	else
		judge_walk(e);
	spin_unlock_irqrestore(&log_lock, flags);
}

static const struct pt_tap owners_tap = { .name = "owners", .after = owners_after };
PT_TAP(owners, owners_tap);

/* ---- two runs ---- */

static bool same_entries(const struct owner_run *a, const struct owner_run *b)
{
	return a->lo - b->lo < b->len || b->lo - a->lo < a->len;
}

static void compare_runs(const struct owner_run *a, const struct owner_run *b)
{
	if (!a->len || !b->len || a->level != b->level || a->writer == b->writer)
		return;
	seen.tables += !in_root(a) && one_table(a, b);
	if (!a->table && !b->table && !may_share(a->writer, b->writer) && same_entries(a, b))
		seen.clashes++;
}

void owners_begin(void)
{
	memset(runs, 0, sizeof(runs));
	memset(last_shadow, 0, sizeof(last_shadow));
	seen = (struct owners_seen) { 0 };
	pt_tap_enable("owners", true);
}

void owners_end(struct owners_seen *out)
{
	pt_tap_enable("owners", false);
	for (unsigned i = 0; i < RUNS_MAX; i++)
		for (unsigned k = 0; runs[i].len && k < i; k++)
			compare_runs(&runs[i], &runs[k]);
	*out = seen;
}

void owners_judge(struct test_run *t, const struct owners_seen *s)
{
	if (s->what[0])
		test_fail(t, __FILE__, __LINE__, "%s", s->what);
	CHECK_EQ(t, s->foreign, 0);
	CHECK_EQ(t, s->unlocked, 0);
	CHECK_EQ(t, s->in_use, 0);
	CHECK_EQ(t, s->not_in_use, 0);
	CHECK_EQ(t, s->clashes, 0);
	CHECK_EQ(t, s->loose, 0);
	CHECK_EQ(t, s->lost, 0);
}
