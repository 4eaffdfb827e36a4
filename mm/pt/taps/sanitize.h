/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize.h - tap `sanitize`: a model of what each CPU may still hold, and the rules.
 *
 * The model is written from the manuals.  It takes nothing from the engine but its events, and of a
 * tree its root and the name of its format: it decodes entries by rules of its own
 * (sanitize_rules.c), and reads them from memory by itself.  It knows no duty.
 *
 *   [A] Arm Architecture Reference Manual for A-profile, DDI 0487, issue M.a.a
 *   [R] RISC-V Instruction Set Manual, Volume II, Privileged Architecture
 *   [E] docs/ENGINE.md, for what this kernel promises beyond the manuals
 *
 * EVENTS IN (mm/pt/pt_tap.h).  A tree counts from its first ROOT_LOAD on; the CPUs that loaded it
 * may hold its entries.  SET is read before and after the store; SYNC, TLBI, WAIT, CTX are the
 * steps of an invalidation; PUBLISH, PUBLISH_DATA, VISIBLE and SYNC order the stores of their CPU;
 * FRAME_*, PAGE_* say where pages are; LOCK, UNLOCK, WALK_* say who is inside.
 *
 * STATES OF AN ENTRY
 *
 *             store of a valid value              store of another value
 *   CLEAN ---------------------------> VALID ---------------------------> UNCLEAN since #n
 *     ^  invalid, no CPU holds a copy                                         |
 *     |                                                 each of `holders`: SYNC, TLBI that reaches
 *     +-----------------------------------------------  the copy, WAIT <------+
 *
 * CLEAN and VALID are what memory says.  Only UNCLEAN is kept, as pieces: [va, last], level, the
 * frames that the copy translates to or the table that it points to, and the CPUs that may hold it.
 * A copy is a leaf or a pointer to a table; with a pointer go pointers and leaves below it.
 *
 * Steps of several CPUs: SYNC and WAIT count for the CPU that issues the TLBI, which may be another
 * than the one that stored: the model takes for granted that the first learned of the store by an
 * acquire, because no event tells of each handover.
 *
 * MEMORY is bounded, and lies in .noinit: SAN_PIECES pieces, SAN_STORES stores with the call chains
 * that they share, SAN_TABLES tables, SAN_REPORTS reports.  What does not fit is counted (`lost`),
 * and is not judged.
 *
 * A CPU that is in the model holds back the others (env->enter): nothing about the order of
 * accesses may be concluded from a run with it.
 */
#pragma once
#include <mm/pt/pt_tap.h>

enum san_rule {
	SAN_BREAK,    /* B1: valid to valid in a way that needs a break, without one */
	SAN_UNBROKEN, /* B2: made again before the invalidation of the old value was complete */
	SAN_SYNC,     /* M1: TLBI without a barrier between the store and it */
	SAN_WAIT,     /* M2: used as invalidated before the invalidation was complete */
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
	SAN_UNSEEN, /* V1: a leaf made valid, its lock released, and this CPU may not see it yet */
	SAN_FAILED, /* V2: a failed walk above the pages, fenced as if it were a page's */
	SAN_RULES,
};

struct san_rule_text {
	const char *id, *says, *cite;
};
extern const struct san_rule_text san_rules[SAN_RULES];

/* What the model needs from where it runs.  All of it may be called in any context. */
struct san_env {
	const u64 *(*cells)(paddr_t); /* where an entry, and the rest of its table, can be read */
	bool (*same)(paddr_t, paddr_t, u64 len); /* do two frames hold the same? NULL: unknown */
	u64 (*enter)(void); /* one CPU at a time, interrupts off; NULL: there is one CPU */
	void (*leave)(u64);
	/* Return addresses, innermost first, beginning behind `after`; NULL: none. */
	unsigned (*chain)(u64 *pc, unsigned max, u64 after);
	unsigned (*bbm)(void); /* FEAT_BBM level of all CPUs, without conflict aborts: 0, 1, 2 */
	bool (*bounded)(void); /* Svvptc: no hart keeps a failed walk for long; NULL: it may */
	bool (*retried)(void); /* the CPU that stored a leaf may fault on it and retries (newmap=);
				  NULL: it has to see it (V1) */
	/*
	 * Of an observer that sees what CPUs execute (machine/sanitize.h), and no engine: each
	 * store is a SET of its own, a TLBI names addresses and no tree (pt NULL), and a break is
	 * two SETs. NULL in a kernel: the first tree is always loaded, and the one that the CPU
	 * loaded last.
	 */
	bool (*loaded)(const struct pt *, unsigned cpu);
	/* The n entries from `cells` on, as CPU `by` stored them, are before CPU `cpu`'s last SYNC.
	 */
	bool (*seen)(unsigned cpu, unsigned by, paddr_t cells, u64 n);
};

/* Forget everything, and judge from now on; NULL: stop. */
void san_begin(const struct san_env *);
/*
 * Mistakes are made on purpose from now on: what they break is counted (san_seen.muted), and not
 * reported.  When they end, forget what is unclean, but not which trees and tables there are.
 */
void san_mute(bool);

/* An observer lost sight of a table: it may be anything from now on. */
void san_forget_table(paddr_t);

/*
 * An observer: this CPU is off.  What it holds does no harm: before it translates again it has to
 * invalidate everything (R7), and no other CPU can do that for it.
 */
void san_cpu_off(unsigned cpu);

/* An observer hears whose store the last ones of this CPU to these addresses were (e->writer). */
void san_written_by(const struct pt_event *);

struct san_seen {
	u64 sets;    /* stores that were judged */
	u32 reports; /* all, also those that were not kept */
	u32 unclean; /* pieces now */
	u32 most;    /* ... at most at a time */
	u32 muted;   /* would have been reports */
	u32 lost;    /* did not fit: not judged */
};
void san_seen(struct san_seen *);
/* May this CPU hold a copy that memory no longer has, of a tree with this root? */
bool san_holds(paddr_t root, vaddr_t, unsigned cpu);
/* How often a rule was broken since san_begin(), on purpose too. */
u32 san_count(enum san_rule);
/* Hand out each kept report that was not handed out before, line by line, and forget it. */
void san_tell(void (*line)(const char *), const char *(*symbol)(u64 pc, char *, size_t));
