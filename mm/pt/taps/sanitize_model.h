/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize_model.h - shared by the files of the model; see sanitize.h.
 *
 * Only the CPU that is inside (san.env->enter) changes this state.
 */
#pragma once
#include <mm/pt/taps/sanitize.h>
#include <mm/pt/taps/sanitize_rules.h>

#define SAN_PIECES 8192 /* the shadow of a block has 4096 frames */
#define SAN_STORES 2048
#define SAN_TABLES 8192 /* a power of two */
#define SAN_TREES 64
#define SAN_REPORTS 16
#define SAN_CHAIN 6
#define SAN_REQUESTS 8
#define SAN_FILLS 8
#define SAN_NONE_AT (~0u)

/* One SET that made pieces, and the last maintenance near them that did not clean them. */
struct san_store {
	u32 pieces;                    /* that refer to it; 0: free */
	u8 cpu, writer, level, missed; /* missed: enum san_rule, SAN_RULES for none */
	u16 locks;
	u8 missed_cpu;
	bool told;
	u64 tick, missed_tick;
	vaddr_t va, missed_va;
	u64 n, missed_len;
	pte_t old, new;
	cpumask_t missed_cpus;
	u64 chain[SAN_CHAIN], missed_chain[SAN_CHAIN];
};

struct san_piece {
	vaddr_t va, last;
	paddr_t pa; /* of va's frame; of the table */
	cpumask_t holders;
	u16 store;
	u8 tree, level;
	bool walk;    /* a pointer to a table */
	bool pending; /* the SET is under way: its CPU may make the entry invalid, and break */
	bool global;
	bool same; /* every page of it maps the frame `pa` */
};

struct san_tree {
	const struct pt *pt; /* compared, and read only in events */
	paddr_t root;        /* PA_NONE: free */
	paddr_t was;         /* its root, also when it is free */
	const char *name;
	struct san_geometry g;
	u32 asid, twin; /* twin: a second ASID of the root, for programs; else it is `asid` */
	bool changed;   /* perhaps, by stores that were not observed */
	bool empty;     /* of another kernel: no entry was valid while a CPU had it loaded */
	cpumask_t cpus; /* that loaded it, and may hold copies; a free root may still have some */
	cpumask_t on;   /* ... and had it loaded at the last san_trees_left() */
	u64 left[PT_TAP_CPUS]; /* ticks at which san_trees_left() found that they had unloaded it */
};

struct san_table {
	paddr_t pa; /* 0: never used; 1: no longer */
	u64 tick;   /* when its contents were last stored before it was hooked */
	cpumask_t walkers;
	u8 cpu, state, level;
	u16 slot; /* of the entry that points to it: index and level */
};

enum { SAN_RESERVED, SAN_HOOKED, SAN_UNHOOKED };

struct san_request {
	struct pt_event e;
	u64 tick, sync;
	bool used;
};

struct san_cpu {
	u64 sync, barrier; /* ticks of the last */
	u64 filled;        /* ... store to a table that is not hooked yet */
	u64 made;          /* ... SET that made a leaf valid and no VISIBLE has followed; 0: none */
	u64 all_walks; /* ... request for pointers, or for everything, that is complete on this CPU
			*/
	vaddr_t made_va;
	u8 made_by; /* the writer */
	bool owes_ctx;
	bool owes_all; /* it was off, and has not invalidated everything since */
	u8 tree;       /* loaded last */
	u32 tag;       /* [R] an ASID in use again, of which it has to drop copies; 0: none */
	paddr_t tag_root;
	struct {
		const struct pt *pt;
		vaddr_t va, last;
	} walk;
	struct {
		paddr_t pa;
		u64 len, tick;
	} fill[SAN_FILLS];
	unsigned fills;
	struct san_request request[SAN_REQUESTS];
	unsigned requests;
	/* of the SET that is under way */
	struct {
		bool judged;
		vaddr_t va;
		paddr_t cells;
		unsigned change;
		u8 tree;
	} set;
};

struct san_model {
	const struct san_env *env; /* NULL: off */
	u64 tick;
	u64 caller;                       /* of the tap: chains begin after it */
	u64 chain_tick, chain[SAN_CHAIN]; /* of the last event that had one */
	bool muted;
	u8 page_shift; /* log2 of the page */
	struct san_piece piece[SAN_PIECES];
	u32 pieces, pending;
	paddr_t lo, hi; /* the hull of their frames */
	struct san_store store[SAN_STORES];
	u32 next_store;
	struct san_tree tree[SAN_TREES];
	struct san_table table[SAN_TABLES];
	u32 walked; /* tables that were unhooked while a CPU walked them */
	struct san_cpu cpu[PT_TAP_CPUS];
	struct san_seen seen;
	u32 count[SAN_RULES];
};
extern struct san_model san;

/* The call chain of this event; zeroes where it is unknown. */
void san_chain(u64 pc[SAN_CHAIN]);
/* Record a violation: the event, and the piece that it concerns (may be NULL). */
void san_report(enum san_rule, const struct pt_event *, vaddr_t, const struct san_piece *);
void san_report_reset(void);

/* One entry, by one access: other CPUs may store to it. */
static inline pte_t san_load(paddr_t at)
{
	return *(const volatile u64 *)san.env->cells(at);
}

static inline unsigned san_page_shift(void)
{
	return san.page_shift ? san.page_shift : 12;
}

/* ---- sanitize_trees.c ---- */
struct san_tree *san_tree_of(const struct pt *);
void san_root_loaded(const struct pt_event *);
void san_tag_owed(unsigned cpu); /* report it if it is so */
bool san_is_loaded(unsigned tree, unsigned cpu);
static inline bool san_has_asid(const struct san_tree *t, u32 asid)
{
	return t->asid == asid || t->twin == asid;
}
void san_trees_left(void); /* record which CPUs have unloaded which trees */
/* Roots in these frames were freed: copies of their entries are invalidated with the ASID. */
void san_root_freed(paddr_t, paddr_t last);
/* The address of the entry of va at `level`.  PA_NONE: the walk from the root ends above it, on
 * *end.
 */
paddr_t san_entry_at(const struct san_tree *, vaddr_t, unsigned level, enum san_kind *end);

/* ---- sanitize_store.c: SET ---- */
#define SAN_FOR_WRITING(class) BIT(8 + (class))
extern const u16 san_lock_of_writer[PT_WRITERS]; /* locks as in events */
void san_before_set(const struct pt_event *);
void san_after_set(const struct pt_event *);
void san_owes_ctx(const struct pt_event *); /* report it if the CPU still owes one */

/* ---- sanitize_copies.c: what CPUs may hold ---- */
static inline u64 san_frames_last(const struct san_piece *p)
{
	return p->pa +
	       (p->walk || p->same ? san_span(&san.tree[p->tree].g, 0) - 1 : p->last - p->va);
}
void san_piece_drop(u32 at);
/* The SET of `e` is about to replace the entries in `cells`: record the copies that CPUs may hold.
 */
void san_copies_of(const struct pt_event *e, u8 tree, paddr_t cells, unsigned change);
void san_copies_drop(unsigned cpu); /* this CPU holds no copy any more */
void san_tlbi(const struct pt_event *);
void san_wait(const struct pt_event *);

/* ---- sanitize_tables.c: pages that are tables ---- */
/* All tables below a root that a CPU loads for the first time. */
void san_tables_of(const struct san_tree *);
/* True if `b` translates everything that `a` translates, to the same addresses. */
bool san_trees_agree(const struct san_tree *a, const struct san_tree *b);
struct san_table *san_table_find(paddr_t);
void san_table_event(const struct pt_event *);
void san_table_hooked(const struct pt_event *, const struct san_geometry *, paddr_t);
void san_table_unhooked(const struct pt_event *, const struct san_tree *, paddr_t, vaddr_t,
			u64 span);
void san_walk_event(const struct pt_event *);
