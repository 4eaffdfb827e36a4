/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/kern/lock_events.c - taps get an event when a lock is taken and when it is released, with
 * its class and kind and the locks that the CPU holds.
 */
#include <kern/lock.h>
#include <lib/string.h>
#include <tests/harness/util.h>

#define NAME "test told"
RWLOCK(tapped_rw, LOCK_HOTPLUG, NAME);
static struct spinlock tapped_spin = SPINLOCK_INIT(LOCK_VMALLOC, NAME);
static struct spinlock untapped = SPINLOCK_INIT(LOCK_ZONE, NAME); /* its class protects no table */

static bool lock_is_ours(const struct pt_event *e)
{
	return (e->kind == PT_EV_LOCK || e->kind == PT_EV_UNLOCK) && e->owner &&
	       !strcmp(e->owner, NAME);
}

static void use_spinlock(void)
{
	u64 flags = spin_lock_irqsave(&tapped_spin);

	spin_unlock_irqrestore(&tapped_spin, flags);
}

static void use_reader(void)
{
	read_lock(&tapped_rw);
	read_unlock(&tapped_rw);
}

static void use_reader_twice(void)
{
	read_lock(&tapped_rw);
	use_reader(); /* a nested hold causes no event */
	read_unlock(&tapped_rw);
}

static void use_writer(void)
{
	write_lock(&tapped_rw);
	write_unlock(&tapped_rw);
}

static void use_try(void)
{
	if (write_trylock(&tapped_rw))
		write_unlock(&tapped_rw);
}

static void use_untapped(void)
{
	u64 flags = spin_lock_irqsave(&untapped);

	spin_unlock_irqrestore(&untapped, flags);
}

static const struct kind_of_lock {
	const char *name;
	void (*use)(void);
	u32 events, class;
	bool shared; /* a reader/writer lock */
	u16 held;
} lock_kinds[] = {
	{ "spin", use_spinlock, 2, LOCK_VMALLOC, false, BIT(LOCK_VMALLOC) },
	{ "read", use_reader, 2, LOCK_HOTPLUG, true, BIT(LOCK_HOTPLUG) },
	{ "read-nested", use_reader_twice, 2, LOCK_HOTPLUG, true, BIT(LOCK_HOTPLUG) },
	{ "write", use_writer, 2, LOCK_HOTPLUG, true, BIT(LOCK_HOTPLUG) | BIT(LOCK_HOTPLUG + 8) },
	{ "try", use_try, 2, LOCK_HOTPLUG, true, BIT(LOCK_HOTPLUG) | BIT(LOCK_HOTPLUG + 8) },
	{ "zone", use_untapped, 0, 0, false, 0 },
};

TEST(kern, lock_events,
     .claim = "taps get an event for each lock when it is taken and when it is released",
     .could = COULD_TRACE, .params = PARAMS_OF(lock_kinds))
{
	const struct kind_of_lock *k = &lock_kinds[t->param_at];

	record_begin(&recorded, lock_is_ours);
	k->use();
	record_end();
	if (!CHECK_EQ(t, recorded.nr, k->events))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		CHECK_EQ(t, e->kind, i ? PT_EV_UNLOCK : PT_EV_LOCK);
		CHECK_EQ(t, e->ops, k->class);
		CHECK_EQ(t, e->global, k->shared);
		CHECK_EQ(t, e->locks, k->held);
	}
}
