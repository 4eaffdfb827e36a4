/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/maps/fake.c - see fake.h: frames, locks, the scheme of vmalloc=. */
#include "fake.h"
#include <asserts.h>
#include <lib/fail.h>
#include <mm/hotplug/hotplug.h>
#include <mm/policy/policy.h>
#include <stdlib.h>

#define FLAGS 0x5157ul /* interrupts as they were; a lock that is taken changes them */
#define LOCKS 8

struct fake fake;
u32 pt_taps_on = 1;

static _Alignas(4096) u8 ram[FRAMES * PAGE]; /* at PA 0 */
static struct page pages[FRAMES];
static struct {
	bool used, filled;
} frame[FRAMES];

/* ---- locks ---- */

static struct {
	const char *name;
	unsigned class, held, reads;
	u64 flags;
} locks[LOCKS];
static u64 irqs; /* flags of this CPU */
static unsigned turns;

static unsigned lock_nr(const char *name)
{
	unsigned i = 0;

	while (i < LOCKS && locks[i].name && strcmp(locks[i].name, name))
		i++;
	WANT(i < LOCKS);
	locks[i].name = name;
	return i;
}

static void lock_order(unsigned class)
{
	for (unsigned i = 0; i < LOCKS; i++)
		WANT(!locks[i].held || locks[i].class <= class);
}

static void lock_hold(unsigned class, const char *name)
{
	unsigned nr = lock_nr(name);

	if (want_failed > 1000)
		exit(1);
	if (turns++ > 2000000) {
		printf("# FAIL %s:%d: %s is taken again and again\n", __FILE__, __LINE__, name);
		exit(1);
	}
	WANT(!locks[nr].held);
	locks[nr].class = class;
	locks[nr].held++;
}

static void lock_take(unsigned class, const char *name)
{
	lock_order(class);
	lock_hold(class, name);
}

static void lock_give(const char *name)
{
	unsigned nr = lock_nr(name);

	WANT(locks[nr].held == 1);
	if (!locks[nr].held)
		exit(1);
	locks[nr].held--;
}

bool fake_locked(const char *name)
{
	return locks[lock_nr(name)].held;
}

bool fake_reads(const char *name)
{
	return locks[lock_nr(name)].reads;
}

bool fake_any_lock(void)
{
	bool any = false;

	for (unsigned i = 0; i < LOCKS; i++)
		any |= locks[i].held != 0;
	return any;
}

u64 spin_lock_irqsave(struct spinlock *l)
{
	lock_take(l->class, l->name);
	irqs += FLAGS;
	return irqs - FLAGS;
}

/* An address that has a translation, or may have one in a TLB, is in use. */
static void check_addresses_used(void)
{
	unsigned n = fake_mapped(PART_VM);

	WANT(!n || fake.tree != &kpt || vmalloc_in_use() > n);
}

void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	void (*other)(const char *) = fake.on_unlock;

	WANT(flags + FLAGS == irqs);
	irqs = flags;
	if (!strcmp(l->name, "vmalloc"))
		check_addresses_used();
	lock_give(l->name);
	if (other)
		other(l->name);
}

void read_lock(struct rwlock *l)
{
	WANT(!locks[lock_nr(l->name)].held);
	locks[lock_nr(l->name)].reads++;
}

void read_unlock(struct rwlock *l)
{
	WANT(locks[lock_nr(l->name)].reads);
	locks[lock_nr(l->name)].reads--;
}

/* The reader continues while the writer waits. */
void write_lock(struct rwlock *l)
{
	locks[lock_nr(l->name)].reads = 0;
	lock_take(l->class, l->name);
}

bool write_trylock(struct rwlock *l)
{
	if (locks[lock_nr(l->name)].reads)
		return false;
	lock_hold(l->class, l->name); /* does not wait: in any order of classes */
	return true;
}

void write_unlock(struct rwlock *l)
{
	lock_give(l->name);
}

void hotplug_write_lock(void)
{
	WANT(cpus[0].writer == PT_WRITER_MIGRATE);
	lock_take(LOCK_HOTPLUG, "hotplug");
}

void hotplug_write_unlock(void)
{
	WANT(cpus[0].writer == PT_WRITER_MIGRATE);
	lock_give("hotplug");
}

/* ---- the scheme: with `first` a lock before all others, else one of vmalloc's class ---- */

/* A writer declares its stores while it holds its lock (mm/kernel/writer.h). */
static void check_edge(void)
{
	if (fake.first || !fake.large)
		WANT(cpus[0].writer == PT_WRITER_MIGRATE);
}

static void section_enter(void)
{
	if (!fake.section++) {
		check_edge();
		lock_take(fake.first ? LOCK_HOTPLUG : LOCK_VMALLOC, "scheme");
	}
}

static void section_leave(void)
{
	WANT(fake.section > 0);
	if (!--fake.section) {
		check_edge();
		WANT(!fake.first || !fake_locked("device mappings"));
		lock_give("scheme");
	}
}

static void remove_enter(void)
{
	WANT(!fake.in_remove && fake.plans == 1);
	fake.in_remove = true;
}

static void remove_leave(void)
{
	WANT(fake.in_remove && fake.plans == 1);
	fake.in_remove = false;
}

static bool may_free(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	(void)va, (void)span, (void)floor, (void)ceiling;
	return true;
}

static struct vmalloc_scheme scheme = {
	.enter = section_enter,
	.leave = section_leave,
	.remove_enter = remove_enter,
	.remove_leave = remove_leave,
	.may_free = may_free,
};

/* ---- frames ---- */

/* The struct page of a freed frame is used by another owner at once. */
static void frame_back(unsigned i)
{
	WANT(frame[i].used);
	frame[i].used = frame[i].filled = false;
	fake_check_frame_free(i * PAGE);
	fake.frames_out--;
	memset(&pages[i].lru, 0, sizeof(pages[i].lru));
}

static bool fits(unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (frame[first + i].used || (fake.scattered && (first + i) % 3 == 2))
			return false;
	return true;
}

struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	unsigned n = 1u << order;

	WANT(zone == ZONE_NORMAL && order <= BUDDY_MAX_ORDER);
	WANT(node == (strcmp(owner, OWNER) ? 0 : NODE));
	WANT(!strcmp(owner, OWNER) || !strcmp(owner, "vmalloc bitmap"));
	if (order > fake.order_most || fake.frames_out + n > fake.frames_most)
		return NULL;
	for (unsigned i = 0; i + n <= FRAMES; i += n) {
		if (!fits(i, n))
			continue;
		for (unsigned k = 0; k < n; k++)
			frame[i + k].used = true;
		fake.frames_out += n;
		memset(ram + i * PAGE, 0x5a, n * PAGE);
		pages[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, order, 0);
		return &pages[i];
	}
	return NULL;
}

void page_free(struct page *p, unsigned order)
{
	unsigned i = (unsigned)(p - pages);

	WANT(p >= pages && i < FRAMES && order == page_order(p));
	if (i >= FRAMES || order != page_order(p))
		exit(1);
	for (unsigned k = 0; k < 1u << order; k++)
		frame_back(i + k);
}

void pt_tap_run_fill(paddr_t pa, u64 len)
{
	WANT(pa % PAGE == 0 && len && len % PAGE == 0 && pa + len <= FRAMES * PAGE);
	if (!len || len % PAGE || pa >= FRAMES * PAGE || len > FRAMES * PAGE - pa)
		exit(1);
	for (u64 i = 0; i < len; i++)
		if (ram[pa + i])
			WANT(!"memory reported as filled is zeroed");
	for (u64 i = pa / PAGE; i < (pa + len) / PAGE; i++) {
		WANT(frame[i].used && !frame[i].filled); /* told once */
		frame[i].filled = true;
	}
}

/* Registers, frames of a caller's, and those that were filled after they were allocated. */
bool fake_filled(paddr_t pa)
{
	return pa / PAGE >= FRAMES || !frame[pa / PAGE].used || frame[pa / PAGE].filled;
}

paddr_t fake_frame(unsigned i)
{
	return (FRAMES + i) * PAGE;
}

/* ---- one case ---- */

void fake_begin(unsigned vm_pages, unsigned device_pages)
{
	struct why why = { 0 };

	memset(&fake, 0, sizeof(fake));
	memset(frame, 0, sizeof(frame));
	memset(locks, 0, sizeof(locks));
	irqs = turns = 0;
	fake.tree = &kpt;
	fake.frames_most = FRAMES;
	fake.order_most = BUDDY_MAX_ORDER;
	layout.fmt = &fake_fmt;
	layout.r[REGION_LINEAR] = (struct va_region) { .va = ptr_va(ram), .len = sizeof(ram) };
	layout.r[REGION_VMEMMAP].va = ptr_va(pages);
	layout.r[REGION_VMALLOC] = (struct va_region) { .va = VM, .len = vm_pages * PAGE };
	layout.r[REGION_DEVICE] = (struct va_region) { .va = DEVICE, .len = device_pages * PAGE };
	fake_tree_begin();
	cpus[0].writer = PT_WRITER_MIGRATE; /* any earlier writer */
	cpus[0].node = NODE;
	fake.node = NODE;
	fake.writer = PT_WRITER_VMALLOC;
	fail_hook = NULL;
	vmalloc_lazy_max = 0;
	scheme.first = false;
	vmalloc_select(&scheme);
	WANT(kpt.may_free == may_free && vmalloc_selected() == &scheme);
	WANT(!vmalloc_init(&why));
	fake.frames_out = 0; /* but those of the bitmap */
}

void fake_first(bool first)
{
	scheme.first = fake.first = first;
}

void fake_quiet(void)
{
	WANT(!fake.plans && !fake.gathers && !fake.section && !irqs);
	WANT(!fake_any_lock() && !fake.in_remove);
	WANT(cpus[0].writer == PT_WRITER_MIGRATE);
}

bool fake_asserts(void (*call)(void *), void *arg)
{
	bool caught = ASSERTS(call(arg));

	fake.section = 0;
	irqs = 0;
	memset(locks, 0, sizeof(locks));
	return caught;
}
