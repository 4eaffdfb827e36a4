/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/rights.c - stage 1 direct permissions (D8.4).  EL0 may execute pages that it cannot
 * read.  A page that EL0 can write is never executable at EL1; with WXN none is executable at a
 * level that can write it.  PAN has no effect on fetches.
 */
#include "walk.h"

static bool executes(const struct a64_cpu *c, u64 word)
{
	bool writable = !(word & DESC_READONLY), user = word & DESC_EL0;
	bool wxn = c->now.sctlr & SCTLR_WXN;

	if (c->user)
		return !(word & DESC_UXN) && !(user && writable && wxn);
	return !(word & DESC_PXN) && !(user && writable) && !(writable && wxn);
}

bool rights_permit(const struct a64_cpu *c, u64 word, enum a64_access access)
{
	bool writable = !(word & DESC_READONLY), user = word & DESC_EL0;

	if (access == ACCESS_FETCH)
		return executes(c, word);
	if (c->unprivileged ? !user : user && c->pan)
		return false;
	return access == ACCESS_LOAD || writable;
}
