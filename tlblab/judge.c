/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/judge.c - rules, names and orders of outcomes; see judge.h. */
#include <mm/pt/pt_fmt.h>
#include <tlblab/judge.h>

const char *outcome_name(unsigned o)
{
	static const char *const names[OUTCOMES] = { "fault", "old",  "new",   "trap", "mark",
						     "other", "kept", "stuck", "back" };

	return names[o];
}

enum lab_rule lab_rule_of(bool arm, u32 caps)
{
	if (arm)
		return caps & PT_CAP_WALK_ORDERED ? RULE_ETS2 : RULE_VMSA;
	return caps & PT_CAP_NEW_BOUNDED ? RULE_SVVPTC : RULE_RISCV;
}

const char *lab_rule_name(enum lab_rule r)
{
	static const char *const names[RULES] = { "Armv8-A", "FEAT_ETS2", "RISC-V", "Svvptc" };

	return names[r];
}

u64 lab_patience_ns(enum lab_rule r)
{
	return r == RULE_RISCV ? 0 : LAB_BOUND_NS;
}

enum outcome lab_fault_outcome(bool fenced, bool ended)
{
	if (!ended)
		return SAW_STUCK;
	return fenced ? SAW_KEPT : SAW_FAULT;
}

void sight_add(struct sight *s, enum outcome o)
{
	for (unsigned first = 0; first < OUTCOMES; first++)
		if (s->ever >> first & 1)
			s->after[first] |= (u16)BIT(o);
	s->ever |= (u16)BIT(o);
}

bool sight_then(const struct sight *s, enum outcome first, enum outcome then)
{
	return s->after[first] >> then & 1;
}
