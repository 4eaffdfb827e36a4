/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_notify.c - call the notifiers of memory hotplug, some of which may veto a
 * step.
 *
 * Called with the hotplug lock held for write.  A veto names the notifier even if it gave no
 * sentence; notifiers that were called before get the cancel note in reverse order.
 */
#include <lib/fail.h>
#include <lib/printf.h>
#include <mm/hotplug/hotplug_internal.h>

static int veto(const struct hotplug_notifier *n, int code, const struct block_span *s,
		struct why *why)
{
	ASSERT_OP((u64)-code, <, 4096);
	if (why && why->code == code)
		return code;
	return refuse(why, -code, "%s does not allow it for %s", n->name,
		      range_text(s->pa, s->len).text);
}

static int call(const struct hotplug_notifier *n, enum hotplug_note note,
		const struct block_span *s, struct why *why)
{
	if (fail_here(FAIL_NOTIFIER))
		return -EBUSY;
	return n->call(note, s->pa, s->len, why);
}

static void cancel_before(const struct hotplug_notifier *const *stop, enum hotplug_note cancel,
			  const struct block_span *s)
{
	const struct hotplug_notifier *const *first = __start_reg_notifiers;

	while (stop-- > first)
		(*stop)->call(cancel, s->pa, s->len, NULL);
}

int hotplug_notify_prepare(enum hotplug_note note, enum hotplug_note cancel,
			   const struct block_span *s, struct why *why)
{
	reg_for_each (notifiers, n) {
		int err;

		if (why)
			why->code = 0;
		err = call(*n, note, s, why);
		if (!err)
			continue;
		if (cancel != NOTE_NONE)
			cancel_before(n, cancel, s);
		return veto(*n, err, s, why);
	}
	return 0;
}

void hotplug_notify(enum hotplug_note note, const struct block_span *s)
{
	reg_for_each (notifiers, n)
		(*n)->call(note, s->pa, s->len, NULL);
}
