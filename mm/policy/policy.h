/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/policy.h - the axes along which schemes plug in (docs/schemes.md).  One file a scheme,
 * registered here; the values of `tlb=`, `memmap=`, `remove=`, `vmalloc=` are entries of these
 * tables.
 */
#pragma once
#include <kern/args.h>
#include <lib/reg.h>
#include <mm/pt/pt.h>

struct scheme {
	const char *name;       /* as typed: `tlb=bcast` */
	const char *claim;      /* one sentence */
	const char *linux_peer; /* where Linux does the like, or NULL */
	const char *unsafe;     /* why it is deliberately wrong, or NULL */
};

/* ---- axis tlb: which instruction reaches whom.  Back ends live in arch/ARCH/tlb_NAME.c ---- */
struct tlb_scheme {
	struct scheme s;
	bool (*usable)(char *reason, size_t size); /* NULL = always */
	/*
	 * Issue the invalidation for req on every CPU of `cpus`, between the barriers that
	 * mm/tlb.c asks for.  Returns the operations issued (TLBIs by VA, ranges or requests).
	 */
	u32 (*issue)(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus,
		     u32 max_ops);
	void (*sync)(void); /* earlier table stores before the invalidation */
	void (*wait)(void); /* completion on all CPUs */
	void (*ctx)(void);  /* context synchronisation of this CPU */
};
REG_DECLARE(tlb, struct tlb_scheme);
#define TLB_SCHEME(id, object) REGISTER(tlb, id, object)

/* ---- axis vmalloc: who may clear a table entry that regions could share ---- */
struct vmalloc_scheme {
	struct scheme s;
	/* May hot-remove free a table that spans [va, va + span) on behalf of [floor, ceiling)? */
	bool (*may_free)(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling);
};
REG_DECLARE(vmalloc, struct vmalloc_scheme);
#define VMALLOC_SCHEME(id, object) REGISTER(vmalloc, id, object)

/* ---- axis remove: the order of the passes of a removal ---- */
struct remove_job {
	struct pt *pt;
	struct pt_plan *plan; /* PT_OP_UNMAP of the range */
	vaddr_t floor, ceiling;
	struct pt_gather
		*gather; /* begun, spans recorded; the scheme flushes, the caller releases */
};
struct remove_scheme {
	struct scheme s;
	void (*run)(struct remove_job *);
};
REG_DECLARE(remove, struct remove_scheme);
#define REMOVE_SCHEME(id, object) REGISTER(remove, id, object)

/* ---- axis memmap: where struct pages of hot-added memory live; ops in mm/memmap/memmap.h ---- */
struct memmap_scheme;
REG_DECLARE(memmap, struct memmap_scheme);
#define MEMMAP_SCHEME(id, object) REGISTER(memmap, id, object)

const struct tlb_scheme *tlb_scheme_find(const char *name, struct why *);
const struct vmalloc_scheme *vmalloc_scheme_find(const char *name, struct why *);
const struct remove_scheme *remove_scheme_find(const char *name, struct why *);
const struct memmap_scheme *memmap_scheme_find(const char *name, struct why *);
/* -EINVAL "memmap=foo: there is host, block, device" comes from the finders above. */
/* Is `name` a scheme of memmap=, remove= or vmalloc=?  0 for every other argument.  For
 * args_scheme. */
int scheme_check(enum arg_id, const char *name, struct why *);
