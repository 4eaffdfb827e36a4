/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/pattern.h - litmus patterns of translation: one file each in tlblab/patterns, or in
 * tests/ of a directory that EXTRA= names, and nothing else to touch.
 *
 *   PATTERN(unmap_all_flag, "unmap.all.flag",
 *           .what = "removed, invalidated everywhere, a flag", .reader = READER_FENCE,
 *           .forbids = { O(OLD), O(OLD), O(OLD), O(OLD) }, .arm = "...", .riscv = "...",
 *           .item = PROFILE_LOCAL, .cpus = 2, .round = pattern_unmap_flag);
 *
 * The name CHANGE.WRITER.READER describes the program; `near` names the published test of the same
 * shape.  The writer is the boot CPU, which changes the tables through the kernel's own engine.  A
 * pattern whose outcome shows that the machine is sensitive is a control.
 */
#pragma once
#include <lib/init.h>
#include <lib/reg.h>
#include <tlblab/stress.h>

/* The boot CPU's barriers between its store to the entry and its store to the flag.  Removals
 * use `flush` instead. */
enum writer {
	WRITER_ENGINE, /* the kernel's: dsb ishst, isb; sfence.vma and fence rw,w */
	WRITER_SYNC,   /* dsb ishst without the isb; fence rw,rw without the sfence.vma */
	WRITER_WMB,    /* dmb ishst; fence w,w */
	WRITER_RMB,    /* orders loads only, no stores: dmb ishld; fence r,rw */
	WRITER_NONE,
	WRITERS
};

struct pattern {
	const char *name;
	const char *what;
	const char *near;         /* the published test of this shape, NULL: none */
	u8 writer, reader, flush; /* enum writer, reader, lab_flush */
	/* The model's verdict: bitmaps of outcomes that must never be seen, by rule ... */
	u16 forbids[RULES];
	const char *arm, *riscv; /* ... and where they are published, or derived from */
	u16 shows;               /* controls: outcomes that show that the machine is sensitive */
	u8 item;   /* of the profile: can this machine show the forbidden outcome, or that of a
		      control? */
	u8 cpus;   /* CPUs needed at least */
	bool span; /* needs a whole table's span */
	void (*round)(struct stress *);
};
REG_DECLARE(patterns, struct pattern);
REG_DECLARE(pattern_names, char);

#define PATTERN(id, text, ...)                                                                     \
	static const char pattern_name_##id[] = text;                                              \
	static const struct pattern pattern_##id = { .name = pattern_name_##id, __VA_ARGS__ };     \
	REGISTER(pattern_names, id, pattern_name_##id);                                            \
	REGISTER(patterns, id, pattern_##id)

#define O(x) BIT(SAW_##x)
#define PROFILE_NONE PROFILE_ITEMS /* no item of the profile decides it */

/* ---- rounds, by the fields of the pattern ---- */
void pattern_unmap_look(struct stress *); /* removed, then every CPU is called and loads */
void pattern_unmap_flag(struct stress *); /* removed, a flag informs CPUs that keep loading */
void pattern_map_self(struct stress *);   /* made valid, the writer loads */
void pattern_map_flag(struct stress *);   /* made valid, a flag informs the others */
void pattern_protect(struct stress *);    /* fewer rights, every CPU stores */
void pattern_write(struct stress *);      /* the frame is written after its removal */
void pattern_store(struct stress *);      /* removed, the others store until all of them fault */
void pattern_reuse(struct stress *);      /* the removed table is filled with data like entries */

/* ---- parts of a round ---- */
vaddr_t pattern_page(const struct stress *); /* the page of s->va */
/* Map a page and have every CPU use it; false: no memory for a table. */
bool pattern_warm(struct stress *);
bool pattern_warm_in_span(struct stress *);
/* Choose an unmapped address and have every CPU fault on it. */
void pattern_cold(struct stress *);
/* Map s->va's page; weaker barriers of the writer end with this. */
bool pattern_map(struct stress *, unsigned frame);
void pattern_map_until(struct stress *, vaddr_t page); /* retries: others wait for it */
/* Every CPU of the mask loads s->va; `valid`: its entry is valid, so faults are settled. */
void pattern_observe(struct stress *, cpumask_t, bool valid);
/* Record the observations of these CPUs. */
void pattern_note(struct stress *, const struct look *, cpumask_t);
/* The other CPUs keep loading s->va; `valid`: the flag announces a valid entry. */
void pattern_watch(const struct stress *, struct watch *, bool valid);
/* Record the watchers' last observation, and whether any observed the old frame after the new
 * one. */
void pattern_watched(struct stress *, const struct watch *);
