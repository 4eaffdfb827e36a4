/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize.h - tap `sanitize`: a model of the translations that each CPU may have
 * cached, and the rules.
 *
 * The model is written from the manuals.  From the engine it uses only the events, and the root and
 * the name of the format of a tree: it decodes entries by rules of its own (sanitize_rules.c), and
 * reads them from memory itself.  It does not use the engine's duties.
 *
 *   [A] Arm Architecture Reference Manual for A-profile, DDI 0487, issue M.a.a
 *   [R] RISC-V Instruction Set Manual, Volume II, Privileged Architecture
 *   [E] docs/ENGINE.md, for what this kernel promises beyond the manuals
 *
 * EVENTS IN (mm/pt/pt_tap.h).  A tree counts from its first ROOT_LOAD on; the CPUs that loaded it
 * may hold its entries.  SET is read before and after the store; SYNC, TLBI, WAIT, CTX are the
 * steps of an invalidation; PUBLISH, PUBLISH_DATA, VISIBLE and SYNC order the stores of their CPU;
 * FRAME_*, PAGE_* report who owns a page; LOCK, UNLOCK, WALK_* report which CPU holds a lock or
 * walks.
 *
 * STATES OF AN ENTRY
 *
 *             store of a valid value              store of another value
 *   CLEAN ---------------------------> VALID ---------------------------> UNCLEAN since #n
 *     ^  invalid, no CPU holds a copy                                         |
 *     |                                                 each of `holders`: SYNC, TLBI that reaches
 *     +-----------------------------------------------  the copy, WAIT <------+
 *
 * CLEAN and VALID are read from memory.  Only UNCLEAN is recorded, as pieces: [va, last], level,
 * the frames that the copy translates to or the table that it points to, and the CPUs that may hold
 * it. A copy is a leaf or a pointer to a table; a pointer stands for the pointers and leaves below
 * it too.
 *
 * Steps of several CPUs: SYNC and WAIT count for the CPU that issues the TLBI, which may be another
 * than the one that stored: the model assumes that the first CPU has observed the store by an
 * acquire, because not every handover is an event.
 *
 * MEMORY is bounded, and is in .noinit: SAN_PIECES pieces, SAN_STORES stores with the call chains
 * that they share, SAN_TABLES tables, SAN_REPORTS reports.  Entries that do not fit are counted
 * (`lost`) and not checked.
 *
 * A CPU that is in the model excludes the others (env->enter): a run with it proves nothing about
 * the order of accesses.
 */
#pragma once
#include <mm/pt/pt_tap.h>

enum san_rule {
	SAN_BREAK,    /* B1: valid to valid without the break that the change requires */
	SAN_UNBROKEN, /* B2: made valid again before the invalidation of the old value was complete
		       */
	SAN_SYNC,     /* M1: TLBI without a barrier between the store and it */
	SAN_WAIT,     /* M2: treated as invalidated before the invalidation was complete */
	SAN_CTX,      /* M3: no context synchronisation after the completion */
	SAN_NEVER,    /* M4: reused, or its lock released, and nothing was invalidated */
	SAN_RANGE,    /* R1: ... only other addresses */
	SAN_LEVEL,    /* R2: ... in steps too wide for the leaf */
	SAN_WALKS,    /* R3: ... by a form that leaves pointers to tables */
	SAN_ASID,     /* R4: ... of another ASID, or of one ASID where the copy is global */
	SAN_TAG, /* R6: an ASID in use again while this CPU may hold another tree's copies of it */
	SAN_SCOPE,   /* R5: ... not on each CPU that may hold it */
	SAN_STARTED, /* R7: a CPU that was off translates, and has not invalidated everything */
	SAN_PUBLISH, /* P1: a pointer to a table without a barrier after the table's contents */
	SAN_PUBLISH_DATA, /* P2: a leaf without a barrier after this CPU filled the frame */
	SAN_TWICE,        /* O1: a page that is a table already becomes one, or is handed out */
	SAN_LIVE,         /* O2: a table that is hooked is freed */
	SAN_WALKER,       /* O3: a table is freed that a CPU is walking */
	SAN_LOST,         /* O5: stored to a table that no pointer leads to any more */
	SAN_RUN,          /* O4: a part of a contiguous run is stored without the rest */
	SAN_WX,           /* X1: writable and executable at once */
	SAN_FOREIGN,      /* S1: memory does not hold what the last store to the entry left there */
	SAN_LOCK,         /* S2: stored without the lock that protects these entries */
	SAN_UNSEEN,  /* V1: a leaf made valid, its lock released, and this CPU may not see it yet */
	SAN_FAILED,  /* V2: a failed walk above the pages, fenced as if it were a page's */
	SAN_NOTHING, /* R8: a TLBI whose operand names nothing */
	SAN_MEMBERS, /* O6: members of a contiguous run that translate differently */
	SAN_DATA,    /* S3: a word of a table that a root leads to is written as data */
	SAN_RULES,
};

struct san_rule_text {
	const char *id, *sentence, *cite;
};
extern const struct san_rule_text san_rules[SAN_RULES];

/* The environment of the model.  Every function may be called in any context. */
struct san_env {
	const u64 *(*cells)(paddr_t); /* maps an entry, and the rest of its table, for reading */
	bool (*same)(paddr_t, paddr_t, u64 len); /* equal contents?  NULL: unknown */
	u64 (*enter)(void); /* one CPU at a time, interrupts off; NULL: there is one CPU */
	void (*leave)(u64);
	/* Return addresses, innermost first, beginning after `after`; NULL: none. */
	unsigned (*chain)(u64 *pc, unsigned max, u64 after);
	unsigned (*bbm)(void); /* FEAT_BBM level of all CPUs, without conflict aborts: 0, 1, 2 */
	bool (*bounded)(void); /* Svvptc: no hart keeps a failed walk for long; NULL: it may */
	bool (*retried)(void); /* the CPU that stored a leaf may fault on it and retries (newmap=);
				  NULL: it must not fault (V1) */
	/*
	 * For an observer of executed instructions (machine/sanitize.h) without an engine: each
	 * store is a SET of its own, a TLBI names addresses and no tree (pt NULL), and a break is
	 * two SETs. NULL in a kernel: loaded are the first tree and the one that the CPU loaded
	 * last.
	 */
	bool (*loaded)(const struct pt *, unsigned cpu);
	/* True if the stores of CPU `by` to the n entries from `cells` on are ordered before the
	 * last SYNC of CPU `cpu`.
	 */
	bool (*seen)(unsigned cpu, unsigned by, paddr_t cells, u64 n);
	/*
	 * The kernel is not this project's: no event reports who owns a frame, or a lock.  Only the
	 * rules of the manuals are checked, and of a root only the time in which a CPU uses it.
	 * ROOT_LOAD has `local` if the CPU replaces only the ASID of the root.
	 */
	bool foreign;
};

/* Discard all state, and start checking; NULL: stop. */
void san_begin(const struct san_env *);
/*
 * true: the test plants mistakes from now on, so violations are counted (san_seen.muted) and not
 * reported.  false: discard all unclean pieces, but not the known trees and tables.
 */
void san_mute(bool);

/* An observer no longer tracks a table: the page may have any use from now on. */
void san_forget_table(paddr_t);

/*
 * An observer: this CPU is off.  Its copies are harmless: before it translates again it has to
 * invalidate everything (R7), and no other CPU can do that for it.
 */
void san_cpu_off(unsigned cpu);

/* An observer: stores to the tables of this root are not observed any more. */
void san_root_left(paddr_t root);
/* An observer: this CPU begins to execute a program without having waited for its invalidations: M2
 * if an entry was changed before one of them. */
void san_not_waited(unsigned cpu);
/* An observer: one of SAN_NOTHING and SAN_DATA is broken by this event. */
void san_broken(enum san_rule, struct pt_event *);

/* An observer: set the actor (e->writer) of the last stores of this CPU to these addresses. */
void san_written_by(const struct pt_event *);

struct san_seen {
	u64 sets;    /* stores that were checked */
	u32 reports; /* all, also those that were not recorded */
	u32 unclean; /* pieces now */
	u32 most;    /* ... at most at a time */
	u32 muted;   /* not reported because of san_mute() */
	u32 lost;    /* did not fit: not checked */
};
void san_seen(struct san_seen *);
/* True if this CPU may hold a copy of va that memory no longer has, of a tree with this root. */
bool san_holds(paddr_t root, vaddr_t, unsigned cpu);
/* How often a rule was broken since san_begin(), muted ones included. */
u32 san_count(enum san_rule);
/* Pass each recorded report to `line`, line by line, and discard it. */
void san_print_reports(void (*line)(const char *), const char *(*symbol)(u64 pc, char *, size_t));
