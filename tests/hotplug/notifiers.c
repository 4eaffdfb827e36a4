/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-03, S1-08: the notifications of three notifiers.  Notifiers that agreed to a step are notified
 * of its cancellation, in reverse order; one that vetoed or was not called is not.  A step that
 * fails after all agreed is cancelled for all.
 */
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <tests/harness/util.h>

#define NOTES_MAX 64
#define NO_VETO 0

static struct {
	bool on;
	unsigned vetoer; /* the notifier that vetoes, 1 to 3, at this note */
	enum hotplug_note at;
	char calls[NOTES_MAX]; /* for each call a letter for the note and a digit for the notifier
				*/
	unsigned nr;
	paddr_t pa;
	u64 len, wrong_range;
} notes;

static const char letters[] = {
	[NOTE_PREPARE_ADD] = 'a', [NOTE_ADDED] = 'A',          [NOTE_GOING_ONLINE] = 'n',
	[NOTE_ONLINE] = 'N',      [NOTE_CANCEL_ONLINE] = 'x',  [NOTE_GOING_OFFLINE] = 'f',
	[NOTE_OFFLINE] = 'F',     [NOTE_CANCEL_OFFLINE] = 'X', [NOTE_PREPARE_REMOVE] = 'r',
	[NOTE_REMOVED] = 'R',
};

static int calls(const struct hotplug_notifier *, enum hotplug_note, paddr_t, u64, struct why *);

#define NOTIFIER(nr)                                                                               \
	static const struct hotplug_notifier notifier_##nr;                                        \
	static int told_##nr(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)         \
	{                                                                                          \
		return notes.on ? calls(&notifier_##nr, note, pa, len, why) : 0;                   \
	}                                                                                          \
	static const struct hotplug_notifier notifier_##nr = { .name = "test notes " #nr,          \
							       .call = told_##nr };                \
	HOTPLUG_NOTIFIER(test_notes_##nr, notifier_##nr)

NOTIFIER(a);
NOTIFIER(b);
NOTIFIER(c);

/* Position among the three, in the order of registration, which is the compiler's within a file. */
static unsigned rank(const struct hotplug_notifier *who)
{
	unsigned n = 0;

	reg_for_each (notifiers, it) {
		n += *it == &notifier_a || *it == &notifier_b || *it == &notifier_c;
		if (*it == who)
			return n;
	}
	return 0;
}

static int calls(const struct hotplug_notifier *n, enum hotplug_note note, paddr_t pa, u64 len,
		 struct why *why)
{
	unsigned who = rank(n);

	if (!notes.on)
		return 0;
	if (notes.nr + 3 < NOTES_MAX) {
		notes.calls[notes.nr++] = letters[note];
		notes.calls[notes.nr++] = (char)('0' + who);
	}
	notes.calls[notes.nr] = 0;
	notes.wrong_range += pa != notes.pa || len != notes.len;
	return who == notes.vetoer && note == notes.at
		       ? refuse(why, EBUSY, "the notifier of a test vetoes")
		       : 0;
}

static void notes_begin(const struct range *r, unsigned vetoer, enum hotplug_note at)
{
	notes = (__typeof__(notes)) { .vetoer = vetoer, .at = at, .pa = r->pa, .len = r->len };
	notes.on = true;
}

static void check_calls(struct test_run *t, const char *what, const char *want)
{
	notes.on = false;
	if (strcmp(notes.calls, want))
		test_fail(t, __FILE__, __LINE__, "%s: calls %s, wanted %s", what, notes.calls,
			  want);
	CHECK_EQ(t, notes.wrong_range, 0);
}

static int step(struct range *r, enum hotplug_note at, struct why *why)
{
	switch (at) {
	case NOTE_PREPARE_ADD:
		return hotplug_add(r->pa, r->len, r->node, &r->opts, NULL, why);
	case NOTE_GOING_ONLINE:
		return hotplug_online(r->pa, r->len, ZONE_MOVABLE, NULL, why);
	case NOTE_GOING_OFFLINE:
		return hotplug_offline(r->pa, r->len, NULL, why);
	default:
		return hotplug_remove(r->pa, r->len, &r->opts, NULL, why);
	}
}

/* Each of the three vetoes in turn, then none.  The expected notifications, by the notifier that
 * vetoes. */
static const struct notes_of {
	enum hotplug_note at;
	const char *want[4];
} steps[] = {
	{ NOTE_PREPARE_ADD, { "a1a2a3A1A2A3", "a1", "a1a2", "a1a2a3" } },
	{ NOTE_GOING_ONLINE, { "n1n2n3N1N2N3", "n1", "n1n2x1", "n1n2n3x2x1" } },
	{ NOTE_GOING_OFFLINE, { "f1f2f3F1F2F3", "f1", "f1f2X1", "f1f2f3X2X1" } },
	{ NOTE_PREPARE_REMOVE, { "r1r2r3R1R2R3", "r1", "r1r2", "r1r2r3" } },
};

static bool one_step(struct test_run *t, struct range *r, const struct notes_of *s)
{
	struct digest before, after;
	struct why why = { 0 };

	digest_take(&before);
	for (unsigned who = 1; who <= 3; who++) {
		notes_begin(r, who, s->at);
		CHECK_REFUSED(t, step(r, s->at, &why), EBUSY, &why);
		check_calls(t, "one notifier vetoed", s->want[who]);
		digest_take(&after); /* includes zone and state of the block */
		CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	}
	notes_begin(r, NO_VETO, s->at);
	if (!CHECK_OK(t, step(r, s->at, &why), &why))
		return false;
	check_calls(t, "all agreed", s->want[0]);
	return true;
}

TEST(hotplug, notes,
     .claim = "notifiers that agreed to a step are notified, last first, that it was cancelled "
	      "because another vetoed",
     .rows = "V-03 S1-08", .needs = NEED_RANGE)
{
	struct range r;
	bool ok = true;

	if (!range_get(t, &r, 1, "block"))
		return;
	for (unsigned i = 0; ok && i < ARRAY_SIZE(steps); i++)
		ok = one_step(t, &r, &steps[i]);
	notes.on = false;
	range_reset(&r);
}

TEST(hotplug, notes_undone,
     .claim = "an offline that fails after all agreed is cancelled for all, and is undone",
     .rows = "V-03 S1-08", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct movable m;
	struct range r;

	if (!range_pinned(t, &r, &m, "notes"))
		return;
	digest_take(&before);
	notes_begin(&r, NO_VETO, NOTE_PREPARE_ADD);
	CHECK_REFUSED(t, hotplug_offline(r.pa, r.len, NULL, &why), EBUSY, &why);
	check_calls(t, "a page is pinned", "f1f2f3X1X2X3");
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	movable_unpin(&m);
	movable_free(&m);
	range_down(t, &r);
	range_reset(&r);
}
