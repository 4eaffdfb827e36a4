/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/lab/pattern.h - litmus patterns of translation: one file each in tests/lab/patterns, or in
 * tests/ of a directory that EXTRA= names, and nothing else to touch.
 *
 *   PATTERN(unmap_all_flag, "unmap.all.flag",
 *           .what = "removed, invalidated everywhere, a flag", .reader = READER_FENCE,
 *           .forbids = { O(OLD), O(OLD), O(OLD), O(OLD) }, .arm = "...", .riscv = "...",
 *           .item = PROFILE_LOCAL, .cpus = 2, .round = pattern_unmap_flag);
 *
 * The name is CHANGE.WRITER.READER and says what the program does; `near` names the published test
 * of the same shape.  The writer is the boot CPU, which changes the tables through the kernel's own
 * engine.  A pattern whose outcome shows that the machine is sensitive is a control.
 */
#pragma once
#include <lib/init.h>
#include <lib/reg.h>
#include <tests/lab/stress.h>

/* What the boot CPU does between its store to the entry and its news.  Removals use `flush`. */
enum writer {
	WRITER_ENGINE, /* what the kernel does: dsb ishst, isb; sfence.vma and fence rw,w */
	WRITER_SYNC,   /* dsb ishst without the isb; fence rw,rw without the sfence.vma */
	WRITER_WMB,    /* dmb ishst; fence w,w */
	WRITER_RMB,    /* a barrier for loads alone, which orders no store: dmb ishld; fence r,rw */
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
	const char *arm, *riscv; /* ... and where it is published, or what it follows from */
	u16 shows; /* of a control: outcomes whose count says that the run is sensitive */
	u8 item; /* of the profile: could what is forbidden, or what a control shows, show here? */
	u8 cpus; /* at least so many */
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
#define PROFILE_NONE PROFILE_ITEMS /* nothing in the profile says so */

/* ---- rounds, by the fields of the pattern ---- */
void pattern_unmap_look(struct stress *); /* removed, then every CPU is told and looks */
void pattern_unmap_flag(struct stress *); /* the others load all the time, a flag tells them */
void pattern_map_self(struct stress *);   /* made valid, the writer looks */
void pattern_map_flag(struct stress *);   /* made valid, a flag tells the others */
void pattern_protect(struct stress *);    /* fewer rights, every CPU stores */
void pattern_write(struct stress *);      /* the frame is written after it was taken away */
void pattern_store(struct stress *);      /* the others store until nothing lands any more */
void pattern_reuse(struct stress *);      /* the table is filled with what looks like entries */

/* ---- pieces of a round ---- */
vaddr_t pattern_page(const struct stress *); /* of s->va */
/* A page that is mapped and that every CPU has used; false without memory for a table. */
bool pattern_warm(struct stress *);
bool pattern_warm_in_span(struct stress *);
/* An address that is not mapped and on which every CPU has faulted. */
void pattern_cold(struct stress *);
/* Map s->va's page, and from then on weaker barriers of the writer are over. */
bool pattern_map(struct stress *, unsigned frame);
void pattern_map_until(struct stress *, vaddr_t page); /* others wait for it */
/* Every CPU of the mask loads s->va; `valid`: its entry is, so a fault is looked into. */
void pattern_observe(struct stress *, cpumask_t, bool valid);
/* What these CPUs saw in a look. */
void pattern_note(struct stress *, const struct look *, cpumask_t);
/* The other CPUs load s->va all the time; `valid`: what the flag tells of is valid. */
void pattern_watch(const struct stress *, struct watch *, bool valid);
/* What the watchers saw last; and the new frame before the old one, if any saw them so. */
void pattern_watched(struct stress *, const struct watch *);
