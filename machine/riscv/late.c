/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/late.c - loads that are performed late; see hart.h.  The address is translated when
 * the load is executed, so it never traps later.
 */
#include "hart.h"
#include <machine/random.h>
#include <string.h>

bool late_begin(struct rv_hart *h, const struct rv_op *op, u64 pa, u64 view)
{
	u64 often = knobs.adversary[ADV_LATE];

	if (!often || h->late_nr == LATE_MAX || op->rd == NOWHERE || !one_in(often))
		return false;
	h->late[h->late_nr++] = (struct late_load) {
		.pa = pa,
		.view = view,
		.rd = op->rd,
		.kind = op->word >> 12 & 7,
	};
	h->late_mask |= 1u << op->rd;
	h->watch |= h->late_mask;
	order_pin(h->id, order_word(pa), 1);
	return true;
}

static u64 extended(u64 v, unsigned kind)
{
	unsigned bits = 8u << (kind & 3);

	return kind & 4 || bits == 64 ? v : (u64)((s64)(v << (64 - bits)) >> (64 - bits));
}

static void perform_late(struct rv_hart *h, unsigned i)
{
	struct late_load l = h->late[i];
	u64 view, v;

	h->late_nr--;
	memmove(&h->late[i], &h->late[i + 1], (h->late_nr - i) * sizeof(l));
	h->late_mask &= ~(1u << l.rd);
	order_pin(h->id, order_word(l.pa), -1);
	v = order_load(h->id, l.pa, 1u << (l.kind & 3), l.view, &view);
	h->x[l.rd] = extended(v, l.kind);
	hart_set_view(h, l.rd, view);
}

void late_touched(struct rv_hart *h, u32 touch)
{
	for (unsigned i = h->late_nr; i-- > 0;)
		if (touch >> h->late[i].rd & 1)
			perform_late(h, i);
}

void late_word(struct rv_hart *h, u64 pa)
{
	for (unsigned i = h->late_nr; i-- > 0;)
		if (order_word(h->late[i].pa) == order_word(pa))
			perform_late(h, i);
}

void late_all(struct rv_hart *h)
{
	while (h->late_nr)
		perform_late(h, h->late_nr - 1);
}

void late_some(struct rv_hart *h)
{
	if (h->late_nr && one_in(4))
		perform_late(h, (unsigned)random_below(h->late_nr));
}
