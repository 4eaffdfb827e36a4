/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stage.h - a memory with one tree, CPUs that act one at a time, and the model, which gets the
 * events.
 *
 * Nothing here knows a rule: a scene stores and invalidates as its author wrote it.
 */
#pragma once
#include <mm/pt/taps/sanitize.h>

#define PAGE 4096ul
#define VA 0x10200000ul /* of a slot at level 1 */
#define FRAME 0x90000000ul
#define OTHER 0x90400000ul
#define EVERY 3ul        /* both CPUs */
#define SLOT (1ul << 21) /* what an entry of level 1 spans */
#define STAGE_TREES 80   /* more than the model has room for */

enum isa { ARM, RISCV, ISAS };

unsigned told_failures(void); /* told.c: the texts of reports, and their number */

extern enum isa isa;
extern unsigned bbm_level;

/* Root, a table of level 1 and one of level 0 for VA, loaded by both CPUs. */
void stage_begin(enum isa);
unsigned stage_unbalanced(void); /* entries into the model that did not end, and the reverse */
paddr_t stage_root(void);
paddr_t stage_copy(void);  /* another root that translates the same */
paddr_t stage_table(void); /* of level 0 */
paddr_t stage_spare(void); /* a zeroed page that is no table yet */

/* Entries of both ISAs: these are their bits, the manuals give their meaning. */
pte_t entry(paddr_t, const char *flags); /* w x g: rights; r: contiguous; b: above level 0 */
pte_t pointer(paddr_t);

/* By CPU `who`: the store of n entries of consecutive addresses, between its two events. */
void set(unsigned who, vaddr_t, unsigned level, unsigned n, pte_t new);
/* The same in two halves, for events between them. */
void set_begin(unsigned who, vaddr_t, unsigned level, unsigned n, pte_t new);
void set_end(void);
void set_ends_unstored(void); /* memory stays as it was */
void set_other(void);         /* set_end() is for the SET that another CPU began, from now on */
/* An entry of another tree. */
void set_in(unsigned tree, vaddr_t, unsigned level, pte_t new);
void fill(paddr_t table, unsigned at, pte_t); /* before it is hooked */
void poke(vaddr_t, unsigned level, pte_t);    /* to memory, without an event */
void event(unsigned who, unsigned kind);
void tlbi(unsigned who, vaddr_t, u64 len, unsigned levels, bool walk, cpumask_t);
void invalidate(unsigned who, vaddr_t, u64 len, unsigned levels, bool walk); /* all four steps */
void frame(unsigned who, unsigned kind, paddr_t);
void load_root(unsigned who, unsigned tree, paddr_t root, unsigned asid);

extern u16 locks; /* of every event from now on */
extern u8 writer;
extern u8 provenance;       /* of frames */
extern bool global_request; /* of TLBI */
extern bool local_request;
extern u32 asid_request;
extern u64 place; /* the innermost of the return addresses of events; 0: nothing is known of them */
/* The old entry that the next SET claims; NULL: the one in memory. */
extern const pte_t *claimed_old;
extern unsigned depth;   /* at most so many return addresses; 0: no limit */
extern bool large_pages; /* roots that are loaded have pages of 16 KiB (arm64) */
extern bool sets_global; /* entries below a pointer are of every ASID */

/* The model's environment; a scene may change it after stage_begin(). */
extern struct san_env stage_env;
extern bool is_told;      /* TLBI names no tree */
extern bool entries_seen; /* the result of stage_seen() for the entries of stage_table() and those
			     after it */
bool stage_loaded(const struct pt *, unsigned cpu);
bool stage_seen(unsigned cpu, unsigned by, paddr_t cells, u64 n);
bool stage_bounded(void);

const struct pt *stage_pt(unsigned tree);
void stage_run(unsigned who, struct pt_event *); /* both halves of an event */
