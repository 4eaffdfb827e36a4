/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-06, S3-20: a walker and a CPU that replaces the object which it reads, in every order of the
 * two.  Each kind of section is tested with each kind of wait, by a table of the test's own.
 */
#include <kern/grace.h>
#include <lib/string.h>
#include <tests/harness/explore.h>

#define GOOD 0x600dul
#define GONE 0xdeadul

static void grace_no_wait(void)
{
}

/* By mailing-list thread S3 both waits last until interrupts are on again; only a grace period
 * waits for a read section. */
static const struct pairing {
	const char *name;
	bool irqs;
	void (*wait)(void);
	bool safe;
} pairings[] = {
	{ "read-section.grace-period", false, grace_wait, true },
	{ "interrupts-off.grace-period", true, grace_wait, true },
	{ "interrupts-off.interrupt", true, grace_sync_irqs, true },
	{ "read-section.interrupt", false, grace_sync_irqs, false },
	{ "read-section.nothing", false, grace_no_wait, false },
	{ "interrupts-off.nothing", true, grace_no_wait, false },
};

static struct {
	const struct pairing *p;
	u64 object[2];
	u64 *published;
	u64 seen[3];
} replaced;

static void replaced_setup(void *arg)
{
	replaced.p = arg;
	replaced.object[0] = replaced.object[1] = GOOD;
	replaced.published = &replaced.object[0];
	memset(replaced.seen, 0, sizeof(replaced.seen));
}

/* Read one object twice, with a nested section in between whose end must not end the outer one. */
static void section_walker(void *arg)
{
	bool deaf = replaced.p->irqs;
	u64 flags = 0, *o;

	(void)arg;
	explore_point(false);
	if (deaf)
		flags = grace_irq_enter();
	else
		grace_read_enter();
	o = atomic_load_acquire(&replaced.published);
	explore_point(deaf);
	replaced.seen[0] = *o;
	if (!deaf) {
		grace_read_enter();
		explore_point(deaf);
		grace_read_leave();
	}
	explore_point(deaf);
	replaced.seen[1] = *o;
	if (deaf)
		grace_irq_leave(flags);
	else
		grace_read_leave();
}

static void replacer(void *arg)
{
	u64 *old = replaced.published;

	(void)arg;
	explore_point(false);
	atomic_store_release(&replaced.published, &replaced.object[1]);
	explore_point(false);
	replaced.p->wait();
	*old = GONE;
}

static const char *replaced_check(void *arg)
{
	(void)arg;
	return replaced.seen[0] != GOOD || replaced.seen[1] != GOOD
		       ? "a section read a destroyed object"
		       : NULL;
}

static struct explore walk_against_replace(const struct pairing *p)
{
	return (struct explore) { .actors = 2,
				  .run = { section_walker, replacer },
				  .setup = replaced_setup,
				  .check = replaced_check,
				  .arg = (void *)(uintptr_t)p,
				  .bound = 3,
				  .sure = 3,
				  .unsafe = !p->safe };
}

TEST(sched, grace,
     .claim = "each wait lasts until the sections for which it must wait end, in every order",
     .rows = "S3-06 S3-20", .needs = NEED_SMP, .params = PARAMS_OF(pairings))
{
	const struct pairing *p = &pairings[t->param_at];
	struct explore e = walk_against_replace(p);

	if (!explore_can(t, 2))
		return;
	explore(t, &e);
}
