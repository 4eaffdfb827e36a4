/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/rights.c - which pages EL1, EL0 and LDTR/STTR may access.  The
 * expected results are the tables of D8.4 ("Stage 1 permissions", a regime of two levels), in full.
 */
#include "bench.h"
#include <machine/random.h>
#include <stdio.h>

/* AP[2:1] of a leaf, by row; a letter that is missing faults.  x: unless PXN or UXN is set. */
static const struct right {
	const char *el1, *el0;         /* WXN 0 */
	const char *el1_wxn, *el0_wxn; /* WXN 1 */
} rights[4] = {
	{ "rwx", "x", "rw", "x" },   /* 00 */
	{ "rw", "rwx", "rw", "rw" }, /* 01 */
	{ "rx", "x", "rx", "x" },    /* 10 */
	{ "rx", "rx", "rx", "rx" },  /* 11 */
};

/* AP[2:1] that is in force, by APTable and AP (D8.4, hierarchical control). */
static const u8 limited[4][4] = {
	{ 0, 1, 2, 3 },
	{ 0, 0, 2, 2 }, /* no access from EL0 */
	{ 2, 3, 2, 3 }, /* no write */
	{ 2, 2, 2, 2 }, /* neither */
};

static bool has(const char *letters, char letter)
{
	while (*letters && *letters != letter)
		letters++;
	return *letters;
}

struct page_case {
	unsigned ap, ap_table;
	bool pxn, uxn, pxn_table, uxn_table, wxn, pan;
};

enum who { EL1, EL0, UNPRIVILEGED, WHO_NR };
static const char *const names[] = { "EL1", "EL0", "LDTR or STTR at EL1" };

static bool expected(const struct page_case *p, enum who who, char access)
{
	const struct right *r = &rights[limited[p->ap_table][p->ap]];
	const char *user = p->wxn ? r->el0_wxn : r->el0, *kernel = p->wxn ? r->el1_wxn : r->el1;

	if (access == 'x' && who == EL1)
		return has(kernel, 'x') && !p->pxn && !p->pxn_table;
	if (access == 'x')
		return has(user, 'x') && !p->uxn && !p->uxn_table;
	if (who != EL1)
		return has(user, access);
	/* PAN: what EL0 may read or write, EL1 may not (D8.4, "Privileged access never") */
	return has(kernel, access) && !(p->pan && has(user, 'r'));
}

#define LDR 0xf9400041u /* ldr x1, [x2] */
#define STR 0xf9000041u
#define LDTR 0xf8400841u
#define STTR 0xf8000841u

static unsigned class_of(enum who who, char access)
{
	return (access == 'x' ? 0x21 : 0x25) - (who == EL0);
}

static bool accesses(struct a64_cpu *c, enum who who, char access)
{
	cpu_set_pstate(c, who == EL0, false, c->pan);
	c->daif = DAIF_ALL;
	c->x[2] = PAGE + 8;
	if (access == 'x')
		execute_at(PAGE);
	else if (who == UNPRIVILEGED)
		execute(access == 'r' ? LDTR : STTR);
	else
		execute(access == 'r' ? LDR : STR);
	return exception_of() == NO_EXCEPTION;
}

/* All accesses to the page, in a random order: a translation that one of them left serves no other
 * one that may not have it. */
static unsigned check_page(struct a64_cpu *c, const struct page_case *p, bool pan)
{
	static const char letters[] = "rwx";
	unsigned bad = 0;

	for (unsigned n = 0; n < 3 * 3 * WHO_NR; n++) {
		enum who who = (enum who)random_below(WHO_NR);
		char access = letters[random_below(who == UNPRIVILEGED ? 2 : 3)];
		bool may = expected(p, who, access), does;

		cpu_set_pstate(c, false, false, pan); /* an exception may have set it */
		does = accesses(c, who, access);
		bad += complain(may != does, "AP %u APTable %u%s%s%s%s%s%s: %s: %c is %spossible",
				p->ap, p->ap_table, p->pxn ? " PXN" : "", p->uxn ? " UXN" : "",
				p->pxn_table ? " PXNTable" : "", p->uxn_table ? " UXNTable" : "",
				p->wxn ? " WXN" : "", p->pan ? " PAN" : "", names[who], access,
				does ? "" : "not ");
		if (!does && !may)
			bad += complain(exception_of() != class_of(who, access) ||
						(syndrome() & 63) != 15 ||
						(syndrome() >> 6 & 1) != (access == 'w') ||
						c->far != (access == 'x' ? PAGE : PAGE + 8),
					"%s: %c: class %x, ISS %lx, FAR %lx", names[who], access,
					exception_of(), syndrome(), c->far);
	}
	return bad;
}

static unsigned check_direct(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < 1u << 10 && bad < 20; i++) {
		const struct page_case p = { .ap = i & 3,
					     .pxn = i >> 2 & 1,
					     .uxn = i >> 3 & 1,
					     .wxn = i >> 4 & 1,
					     .pan = i >> 5 & 1,
					     .ap_table = i >> 6 & 3,
					     .pxn_table = i >> 8 & 1,
					     .uxn_table = i >> 9 & 1 };
		struct a64_cpu *c = begin_at(AT_EL1);

		set_page((u64)p.ap << 6 | (u64)p.pxn << 53 | (u64)p.uxn << 54,
			 (u64)p.pxn_table << 59 | (u64)p.uxn_table << 60 | (u64)p.ap_table << 61);
		set_control(SCTLR_WXN, p.wxn);
		set_control(SCTLR_SPAN, true); /* an exception leaves PAN as it is */
		bad += check_page(c, &p, p.pan);
	}
	return bad;
}

/* ---- LDTR and STTR: size, extension, and the translation that remains ---- */
static const struct {
	const char *name;
	u32 word;
	u64 loaded, stored; /* from 0xfedcba98f6d4b292; x1 is all ones before */
} forms[] = {
	{ "ldtrb", 0x38400841, 0x92, 0 },
	{ "ldtrh", 0x78400841, 0xb292, 0 },
	{ "ldtr w", 0xb8400841, 0xf6d4b292, 0 },
	{ "ldtr x", 0xf8400841, 0xfedcba98f6d4b292, 0 },
	{ "ldtrsb x", 0x38800841, 0xffffffffffffff92, 0 },
	{ "ldtrsb w", 0x38c00841, 0xffffff92, 0 },
	{ "ldtrsh x", 0x78800841, 0xffffffffffffb292, 0 },
	{ "ldtrsh w", 0x78c00841, 0xffffb292, 0 },
	{ "ldtrsw", 0xb8800841, 0xfffffffff6d4b292, 0 },
	{ "sttrb", 0x38000841, 0, 0xfedcba98f6d4b2ff },
	{ "sttrh", 0x78000841, 0, 0xfedcba98f6d4ffff },
	{ "sttr w", 0xb8000841, 0, 0xfedcba98ffffffff },
	{ "sttr x", 0xf8000841, 0, 0xffffffffffffffff },
};

static unsigned check_forms(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(forms); i++) {
		struct a64_cpu *c = begin_at(AT_EL1);
		u64 *word = (u64 *)(void *)memory_host(PAGE_FRAME + 8);

		set_page(BIT(6), 0);
		*word = 0xfedcba98f6d4b292;
		c->x[1] = ~0ul;
		c->x[2] = PAGE + 8;
		execute(forms[i].word);
		bad += complain(exception_of() != NO_EXCEPTION ||
					(forms[i].stored ? *word != forms[i].stored
							 : c->x[1] != forms[i].loaded),
				"%s: x1 %lx, memory %lx", forms[i].name, c->x[1], *word);
		bad += complain(c->unprivileged, "%s: later accesses have the rights of EL0",
				forms[i].name);
	}
	return bad;
}

/* ---- cache maintenance and AT: no effect of PAN; at EL0 they need the right to read ---- */
#define DC_CVAC 0xd50b7a22u /* dc cvac, x2 */
#define DC_CIVAC 0xd50b7e22u
#define IC_IVAU 0xd50b7522u
#define DC_IVAC 0xd5087622u
#define DC_ZVA 0xd50b7422u
#define UCI BIT(26)
#define DZE BIT(14)

static const struct maintenance {
	const char *name;
	u32 word;
	enum level level;
	unsigned ap, class; /* PAN is 1 at EL1 */
} maintenances[] = {
	{ "DC CVAC at EL1", DC_CVAC, AT_EL1, 1, NO_EXCEPTION },
	{ "DC CIVAC at EL1, of a read-only page", DC_CIVAC, AT_EL1, 3, NO_EXCEPTION },
	{ "DC IVAC at EL1", DC_IVAC, AT_EL1, 1, NO_EXCEPTION },
	{ "DC IVAC at EL1, of a read-only page", DC_IVAC, AT_EL1, 3, 0x25 },
	{ "IC IVAU at EL1", IC_IVAU, AT_EL1, 1, NO_EXCEPTION },
	{ "DC ZVA at EL1", DC_ZVA, AT_EL1, 1, 0x25 }, /* it is a store: PAN */
	{ "DC ZVA at EL1, of its own page", DC_ZVA, AT_EL1, 0, NO_EXCEPTION },
	{ "DC CVAC at EL0", DC_CVAC, AT_EL0, 3, NO_EXCEPTION },
	{ "DC CVAC at EL0, of a page of EL1", DC_CVAC, AT_EL0, 0, 0x24 },
	{ "DC CIVAC at EL0, of a page of EL1", DC_CIVAC, AT_EL0, 2, 0x24 },
	{ "IC IVAU at EL0, of a page of EL1", IC_IVAU, AT_EL0, 0, 0x24 },
	{ "DC ZVA at EL0", DC_ZVA, AT_EL0, 1, NO_EXCEPTION },
	{ "DC ZVA at EL0, of a read-only page", DC_ZVA, AT_EL0, 3, 0x24 },
};

static unsigned check_maintenance(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(maintenances); i++) {
		const struct maintenance *m = &maintenances[i];
		struct a64_cpu *c = begin_at(m->level);
		bool zeroes = m->word == DC_ZVA;

		set_page((u64)m->ap << 6, 0);
		set_control(UCI | DZE, true);
		cpu_set_pstate(c, m->level == AT_EL0, false, m->level == AT_EL1);
		c->x[2] = PAGE + 8;
		execute(m->word);
		bad += complain(exception_of() != m->class, "%s: class %x", m->name,
				exception_of());
		if (m->class != NO_EXCEPTION)
			bad += complain((syndrome() >> 6 & 7) != (zeroes ? 1 : 5),
					"%s: CM and WnR: ISS %lx", m->name, syndrome());
		if (m->level == AT_EL1 && m->ap & 1 && !zeroes) {
			c->pan = true;
			execute(LDR);
			bad += complain(exception_of() != 0x25,
					"%s: a load of EL1 uses its translation", m->name);
		}
	}
	return bad;
}

static const struct {
	const char *name;
	u32 word;
	unsigned passes; /* bit n: AP n has no fault */
} translations[] = {
	{ "AT S1E1R", 0xd5087802, 15 },
	{ "AT S1E1W", 0xd5087822, 3 },
	{ "AT S1E0R", 0xd5087842, 10 },
	{ "AT S1E0W", 0xd5087862, 2 },
};

static unsigned check_at(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(translations) * 4; i++) {
		unsigned ap = i & 3;
		struct a64_cpu *c = begin_at(AT_EL1);
		bool passes = translations[i / 4].passes >> ap & 1;

		set_page((u64)ap << 6, 0);
		cpu_set_pstate(c, false, false, true);
		c->x[2] = PAGE;
		execute(translations[i / 4].word);
		bad += complain(exception_of() != NO_EXCEPTION || (c->par & 1) == passes ||
					(!passes && (c->par >> 1 & 63) != 15) || !c->pan ||
					c->unprivileged,
				"%s: AP %u: PAR_EL1 %lx", translations[i / 4].name, ap, c->par);
	}
	return bad;
}

/* ---- a translation that served with PAN 0 does not with PAN 1 ---- */
static unsigned check_pan_changes(void)
{
	static const char *const ways[] = { "by MSR", "by an exception from EL0", "by ERET" };
	unsigned bad = 0;

	for (unsigned way = 0; way < ARRAY_SIZE(ways); way++) {
		struct a64_cpu *c = begin_at(AT_EL1);

		set_page(BIT(6), 0);
		set_control(SCTLR_SPAN, false);
		c->x[2] = PAGE + 8;
		execute(LDR);
		bad += complain(exception_of() != NO_EXCEPTION, "PAN 0: class %x", exception_of());
		if (way == 1)
			cpu_set_pstate(c, true, false, false);
		c->spsr = 5 | BIT(22);
		c->elr = TEXT;
		execute(way == 0 ? 0xd500419f : way == 1 ? 0xd4000001 : 0xd69f03e0);
		c->x[2] = PAGE + 8;
		execute(LDR);
		bad += complain(exception_of() != 0x25, "PAN 1 %s: class %x", ways[way],
				exception_of());
	}
	return bad;
}

/* ---- tags: TCR_EL1.TBI0, TBI1 ---- */
static unsigned check_tags(void)
{
	unsigned bad = 0;

	for (unsigned on = 0; on < 2; on++) {
		struct a64_cpu *c = begin_at(AT_EL0);

		set_page(BIT(6), 0);
		c->now.tcr |= on ? BIT(37) : BIT(38);
		c->written = c->now;
		cpu_controlled(c);
		c->x[2] = (PAGE + 8) | 0x5aul << 56;
		execute(LDR);
		bad += complain(exception_of() != (on ? NO_EXCEPTION : 0x24u),
				"TBI0 %u: a tagged address: class %x", on, exception_of());
		bad += complain(!on && c->far != c->x[2], "FAR_EL1 %lx has no tag", c->far);
		cpu_set_pstate(c, true, false, false);
		execute_at(TEXT | 0x5aul << 56);
		bad += complain(on ? cpu_pc(c, c->next) != TEXT + 4 : exception_of() != 0x20,
				"TBI0 %u: a tagged pc: %lx, class %x", on, cpu_pc(c, c->next),
				exception_of());
	}
	return bad;
}

unsigned check_rights(void)
{
	return check_direct() + check_forms() + check_maintenance() + check_at() +
	       check_pan_changes() + check_tags();
}
