/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/tlb_form.h - forms of TLB maintenance: each way in which an architecture lets software name
 * the entries that must go, with its barriers; and kinds of access that may use an entry.
 * arch/ARCH/tlb_forms.c and access_kinds.c have them; the conformance tests (tlblab/conform.h)
 * execute each and look which entries are left.
 *
 * The kernel's own maintenance uses none of them: its choke point is mm/kernel/tlb.c.
 */
#pragma once
#include <lib/reg.h>
#include <lib/types.h>

/* What one maintenance names. */
struct tlb_named {
	vaddr_t va;     /* any address in the mapping that was changed */
	unsigned level; /* of the leaf that was changed, as in struct pt_fmt */
	u32 asid;
};

/* A form may always invalidate more than it must. */
struct tlb_form {
	const char *name;
	const char *file;
	int line;
	const char *rule;  /* the manual's statement of what must go: a label, or a section */
	bool by_va;        /* only entries that translate the address; else of every address */
	bool by_asid;      /* only entries of the ASID; else of every ASID */
	bool global_stays; /* entries of global leaves may stay */
	bool tables_stay;  /* cached pointers to tables, and words above the leaf, may stay */
	bool everywhere;   /* on every CPU; else on the CPU that executes it */
	bool each_kind;    /* tried with each kind of access, too */
	bool (*usable)(char *reason, size_t size); /* NULL: on every CPU of the architecture */
	/* On a CPU with this erratum (kern/errata.h) entries that must go may stay; or NULL. */
	const char *erratum;
	/* On return the maintenance is complete, and this CPU's context synchronised with it. */
	void (*run)(const struct tlb_named *);
};
REG_DECLARE(tlb_forms, struct tlb_form);
REG_DECLARE(tlb_form_names, char);

#define TLB_FORM(id, text, ...)                                                                    \
	static const char form_name_##id[] = text;                                                 \
	static const struct tlb_form form_##id = {                                                 \
		.name = form_name_##id, .file = __FILE__, .line = __LINE__, __VA_ARGS__            \
	};                                                                                         \
	REGISTER(tlb_form_names, id, form_name_##id);                                              \
	REGISTER(tlb_forms, id, form_##id)

/* The level of FEAT_BBM that every CPU has; 3 on an architecture where no change of size needs a
 * break. */
unsigned arch_bbm_level(void);

/* A kind of access, whose translation a CPU may do apart from that of plain loads. */
struct access_kind {
	const char *name, *insn;
	/* As arch_probe_load64(); the address is a multiple of 64.  Stores store anything. */
	int (*probe)(vaddr_t);
	const char *(*lacks)(
		void); /* why this CPU lacks it, or NULL; NULL: see conform_missing() */
	bool crosses;  /* it begins in the page before, if the address is the first of a page */
	bool stores;   /* it changes memory there, whatever was there before */
};
extern const struct access_kind access_kinds[];
extern const unsigned access_kinds_nr;
