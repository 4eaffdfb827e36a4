/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/sanitize_report.c - one paragraph a report: the rule, the entry, its history, and the
 * call chains of the store and of the operation that broke the rule.
 */
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/pt/taps/sanitize_model.h>

struct san_model san NOINIT;

const struct san_rule_text san_rules[SAN_RULES] = {
	[SAN_BREAK] = { "B1", "changed without break-before-make",
			"Arm ARM D8.17.1 R_WHZWS; RISC-V Svnapot" },
	[SAN_UNBROKEN] = { "B2", "made valid before the invalidation of the old value is complete",
			   "Arm ARM D8.17.1; RISC-V Svnapot" },
	[SAN_SYNC] = { "M1", "invalidated without a barrier between the store and the TLBI",
		       "Arm ARM \"Ordering and completion of TLB maintenance\"; RISC-V 4.2.1" },
	[SAN_WAIT] = { "M2", "used as clean before the invalidation is complete",
		       "Arm ARM \"Ordering and completion of TLB maintenance\"; RISC-V 4.2.1" },
	[SAN_CTX] = { "M3", "no context synchronisation after the invalidation",
		      "Arm ARM \"Ordering and completion of TLB maintenance\"" },
	[SAN_NEVER] = { "M4", "never invalidated",
			"Arm ARM \"General TLB maintenance requirements\"; RISC-V 4.2.1" },
	[SAN_RANGE] = { "R1", "invalidated at other addresses only",
			"Arm ARM \"TLB maintenance instructions\"; RISC-V 4.2.1" },
	[SAN_LEVEL] = { "R2", "invalidated in steps too wide for its leaves",
			"Arm ARM \"TLB maintenance instructions\" (one translation an operation)" },
	[SAN_WALKS] = { "R3", "a pointer to a table, invalidated by a form for leaves",
			"Arm ARM \"TLB maintenance instructions\" (last-level forms); RISC-V 4.2.1 "
			"(rs1=x0)" },
	[SAN_ASID] = { "R4", "invalidated for another ASID",
		       "Arm ARM \"TLB maintenance instructions\"; RISC-V 4.2.1 (rs2)" },
	[SAN_TAG] = { "R6", "an ASID in use again while this CPU may hold copies of another tree's",
		      "Arm ARM \"Address space identifier\"; RISC-V 4.2.1 (rs2)" },
	[SAN_SCOPE] = { "R5", "not invalidated on each CPU that may hold it",
			"Arm ARM \"TLB maintenance instructions\" (shareability); RISC-V 4.2.1 "
			"(each hart)" },
	[SAN_STARTED] = { "R7",
			  "a CPU that was off translates, and has not invalidated everything since",
			  "Arm ARM D8.16.1 (TLBs out of reset); RISC-V 3.4, 4.2.1" },
	[SAN_PUBLISH] = { "P1", "a table hooked without a barrier after its contents",
			  "Arm ARM B2.3, D8.2; RVWMO" },
	[SAN_PUBLISH_DATA] = { "P2",
			       "a leaf made without a barrier after this CPU filled the frame",
			       "Arm ARM B2.3; RVWMO" },
	[SAN_TWICE] = { "O1", "a page that is a table in use gets a second owner", "ENGINE 5" },
	[SAN_LIVE] = { "O2", "a table that is hooked is freed", "ENGINE 5" },
	[SAN_WALKER] = { "O3", "a table is freed while a CPU walks it", "ENGINE 1, 5" },
	[SAN_LOST] = { "O5", "stored to a table that no pointer leads to any more",
		       "ENGINE 1 (who may free a table)" },
	[SAN_RUN] = { "O4", "a part of a contiguous run is stored alone",
		      "Arm ARM D8.7; RISC-V Svnapot" },
	[SAN_WX] = { "X1", "writable and executable",
		     "W^X, the promise of this kernel; Arm ARM SCTLR_EL1.WXN" },
	[SAN_FOREIGN] = { "S1", "memory does not hold the value that was stored last", "ENGINE 3" },
	[SAN_UNSEEN] = { "V1", "valid, and not made visible to the CPU that stored it",
			 "Arm ARM D8.2 (walks and DSB, ISB); RISC-V 4.2.1; ENGINE 4" },
	[SAN_FAILED] = { "V2", "a failed walk above the pages may stay",
			 "RISC-V \"SFENCE.VMA\" (rs1: leaf entries alone)" },
	[SAN_NOTHING] = { "R8", "a TLBI whose operand names nothing",
			  "Arm ARM \"TLB maintenance instructions\" (VA, TTL, TG: of another "
			  "granule, no entry is required to be invalidated)" },
	[SAN_MEMBERS] = { "O6", "members of a contiguous run differ",
			  "Arm ARM D8.7.1 (misprogramming of the Contiguous bit); RISC-V Svnapot" },
	[SAN_DATA] = { "S3", "a word of a table that a root leads to is written as data",
		       "Arm ARM D8.3 (descriptor formats); RISC-V 4.3.1, 4.4.1 (reserved "
		       "encodings)" },
	[SAN_LOCK] = { "S2", "stored without the lock that protects the entry", "ENGINE 1" },
};

static struct san_kept {
	enum san_rule rule;
	struct pt_event e;
	vaddr_t va;
	const char *tree;
	bool has_piece;
	struct san_piece piece;
	struct san_store store;
	u64 tick, chain[SAN_CHAIN];
} kept[SAN_REPORTS] NOINIT;
static unsigned nr_kept;

/* Rules of the manuals.  The others are promises of this kernel, or need its word. */
#define ANY_KERNEL                                                                                 \
	(BIT(SAN_BREAK) | BIT(SAN_UNBROKEN) | BIT(SAN_SYNC) | BIT(SAN_WAIT) | BIT(SAN_TAG) |       \
	 BIT(SAN_STARTED) | BIT(SAN_PUBLISH) | BIT(SAN_NOTHING) | BIT(SAN_MEMBERS) |               \
	 BIT(SAN_DATA))

/* One mistake breaks one rule many times: leave room for reports of other rules. */
#define SAN_EACH 4

static bool enough_of(enum san_rule rule)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nr_kept; i++)
		n += kept[i].rule == rule;
	return nr_kept == SAN_REPORTS || n == SAN_EACH;
}

/* One event has one, however many pieces it concerns. */
void san_chain(u64 pc[SAN_CHAIN])
{
	unsigned n = 0;

	if (san.chain_tick != san.tick) {
		san.chain_tick = san.tick;
		n = san.env->chain ? san.env->chain(san.chain, SAN_CHAIN, san.caller) : 0;
		while (n < SAN_CHAIN)
			san.chain[n++] = 0;
	}
	memcpy(pc, san.chain, sizeof(san.chain));
}

void san_report_reset(void)
{
	nr_kept = 0;
}

void san_report(enum san_rule rule, const struct pt_event *e, vaddr_t va, const struct san_piece *p)
{
	struct san_kept *k = &kept[nr_kept];

	if (san.env->foreign && !(ANY_KERNEL >> rule & 1))
		return;
	san.count[rule]++;
	if (san.muted) {
		san.seen.muted++;
		return;
	}
	san.seen.reports++;
	if (enough_of(rule))
		return;
	nr_kept++;
	memset(k, 0, sizeof(*k));
	k->rule = rule;
	k->e = *e;
	k->va = va;
	k->tick = san.tick;
	k->tree = e->pt ? e->pt->name : "";
	if (p) {
		k->has_piece = true;
		k->piece = *p;
		k->store = san.store[p->store];
		k->tree = san.tree[p->tree].name;
	}
	san_chain(k->chain);
}

void san_broken(enum san_rule rule, struct pt_event *e)
{
	san.tick++;
	san_report(rule, e, e->va, NULL);
}

/* ---- text ---- */

typedef void line_fn(const char *);
typedef const char *symbol_fn(u64 pc, char *, size_t);

static void PRINTF_LIKE(2, 3) san_text(line_fn *line, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	line(text);
}

static void chain_text(line_fn *line, symbol_fn *symbol, const char *what, const u64 *pc)
{
	char name[80];

	for (unsigned i = 0; i < SAN_CHAIN && pc[i]; i++)
		san_text(line, "#   %-9s %s", i ? "" : what, symbol(pc[i], name, sizeof(name)));
}

static void history(line_fn *line, symbol_fn *symbol, const struct san_kept *k)
{
	const struct san_store *s = &k->store;

	san_text(line,
		 "#   entry     %s, 0x%lx..0x%lx, level %u%s, frame 0x%lx, held by CPUs 0x%lx",
		 k->tree, k->piece.va, k->piece.last, k->piece.level,
		 k->piece.walk ? ", a pointer to a table" : "", k->piece.pa, k->piece.holders);
	san_text(line, "#   #%-8lu CPU %u stored 0x%lx -> 0x%lx, %lu entries from 0x%lx, level %u",
		 s->tick, s->cpu, s->old, s->new, s->n, s->va, s->level);
	if (s->missed != SAN_RULES)
		san_text(line, "#   #%-8lu CPU %u: TLBI of 0x%lx, 0x%lx bytes, on CPUs 0x%lx: %s",
			 s->missed_tick, s->missed_cpu, s->missed_va, s->missed_len, s->missed_cpus,
			 s->missed == SAN_WAIT ? "it reaches it, if it is waited for"
					       : san_rules[s->missed].sentence);
	chain_text(line, symbol, "stored", s->chain);
	if (s->missed != SAN_RULES)
		chain_text(line, symbol, "TLBI", s->missed_chain);
}

static void tell_one(line_fn *line, symbol_fn *symbol, const struct san_kept *k)
{
	san_text(line, "# SANITIZE %s: 0x%lx: %s", san_rules[k->rule].id, k->va,
		 san_rules[k->rule].sentence);
	san_text(line, "#   rule      %s", san_rules[k->rule].cite);
	if (k->has_piece)
		history(line, symbol, k);
	else if (k->e.kind == PT_EV_SET)
		san_text(line, "#   entry     %s, 0x%lx, level %u", k->tree, k->e.va, k->e.level);
	if (k->e.kind == PT_EV_SET)
		san_text(line, "#   #%-8lu CPU %u stores 0x%lx -> 0x%lx, %lu entries", k->tick,
			 k->e.cpu, k->e.old, k->e.new, k->e.n);
	else if (k->rule == SAN_NOTHING)
		san_text(line, "#   #%-8lu CPU %u: the operand is 0x%lx", k->tick, k->e.cpu,
			 k->e.new);
	else
		san_text(line, "#   #%-8lu CPU %u: %s, 0x%lx, %lu pages%s%s", k->tick, k->e.cpu,
			 pt_event_name(k->e.kind), k->e.pa, k->e.n, k->e.owner ? ", " : "",
			 k->e.owner ? k->e.owner : "");
	chain_text(line, symbol, "noticed", k->chain);
}

void san_print_reports(void (*line)(const char *), const char *(*symbol)(u64, char *, size_t))
{
	unsigned nr = nr_kept;

	for (unsigned i = 0; i < nr; i++)
		tell_one(line, symbol, &kept[i]);
	nr_kept = 0;
}
