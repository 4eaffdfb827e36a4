/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/guide.c - key 1: a hot-add and hot-remove, step by step, every number measured.
 *
 * The sequence is that of the test hotplug.cycle, and the last line printed runs that test.  Costs
 * of the checks (use, pages to be moved, probes, digests) are measured apart from those of the four
 * operations.  At the end the range is absent again and the digest is equal.
 */
#include <drivers/console.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/guide.h>
#include <shell/screen/progress.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <shell/target.h>

/* Pages in use that the offline has to move: 16 MiB with 4K pages, enough to be seen in the
 * numbers. */
#define MOVERS 4096
#define LABEL 9

/* Everything that one run of the guide needs; costs are in cost_unit(). */
struct guide {
	struct step s;
	struct digest before, after;
	struct movers movers;
	struct probes probes;
	u64 add, online, offline, remove; /* costs */
	u64 use, pages, probing, digests; /* costs of the checks, and of pages to migrate */
};

/* Too large for the stack; cleared when the guide starts. */
static struct guide guide NOINIT;

/* The progress line shows `what` from cost_begin() to cost_end(); cost_end() adds the cost to
 * *sum. */
static u64 cost_begin(const char *what)
{
	progress_begin(what);
	return cost_now();
}

static void cost_end(u64 *sum, u64 began)
{
	*sum += cost_now() - began;
	progress_end();
}

/* ---- where, and how ---- */

/* The most likely reason that nothing can be added: the user has added it already. */
static bool already_added(void)
{
	u64 at = 0, start, len;

	if (!next_block_range(BLOCK_ONLINE, &at, &start, &len)) {
		at = 0;
		if (!next_block_range(BLOCK_OFFLINE, &at, &start, &len))
			return false;
	}
	kprintf("%s was already added: `offline` and `remove` it first.\n",
		range_text(start, len).text);
	return true;
}

/* Print why nothing can be added (it was added, it holds no whole block, nothing was withheld) and
 * the boot argument that helps. */
static void nothing_to_add(void)
{
	struct source_pos pos = { 0 };
	u64 start, len;
	unsigned node;
	char size[24];

	if (already_added())
		return;
	while (next_source_range(&pos, &start, &len, &node))
		kprintf("%s is withheld but holds no whole block of %s.\n",
			range_text(start, len).text, size_text(layout.block_bytes, size));
	kputs("Nothing can be added.  Boot with withhold=auto (needs 512 MiB of RAM),\n"
	      "withhold=node1 or withhold=ADDR+SIZE.\n");
}

/* The first absent range, cut to whole blocks.  A range that ends before its first block boundary
 * makes the subtraction wrap; the last comparison refuses it. */
static bool find_range(struct step *s)
{
	struct source_pos pos = { 0 };
	u64 start, len, unit = layout.block_bytes;

	while (next_addable(&pos, &start, &len, &s->node)) {
		s->pa = align_up(start, unit);
		s->len = align_down(start + len, unit) - s->pa;
		if (s->pa < start + len && s->len && s->len <= len)
			return true;
	}
	nothing_to_add();
	return false;
}

/* Answers to the question; the names are those of memmap=. */
static const struct {
	char key;
	const char *scheme;
} choices[] = { { 'd', "device" }, { 'b', "block" }, { 'h', "host" } };

/* Enter takes the default in brackets.  Ctrl-C and any answer that is not listed do nothing. */
static bool choose_memmap(struct step *s)
{
	const char *answer = read_line(
		"Where to store its memmap?  d) inside it, at the front  b) in each block\n"
		"                             h) in memory we already have          [d] ");
	struct why why = { 0 };

	if (!answer || !strcmp(answer, "q")) {
		kputs("Nothing was done.\n");
		return false;
	}
	if (!*answer)
		answer = "d";
	for (unsigned i = 0; i < ARRAY_SIZE(choices); i++)
		if ((answer[0] == choices[i].key && !answer[1]) ||
		    !strcmp(answer, choices[i].scheme))
			s->opts.memmap = memmap_scheme_find(choices[i].scheme, &why);
	if (!s->opts.memmap)
		kprintf("`%s` is none of d, b, h; nothing was done.\n", answer);
	return s->opts.memmap != NULL;
}

static void print_withheld(const struct step *s)
{
	char size[24], block[24], numbers[40];
	u64 nr = s->len / layout.block_bytes;

	kprintf("%s is withheld at 0x%lx (node %u): %lu block%s of %s, %s%s.\n",
		size_text(s->len, size), s->pa, s->node, nr, nr == 1 ? "" : "s",
		size_text(layout.block_bytes, block), nr == 1 ? "number " : "",
		blocks_text(s->pa, s->len, numbers));
}

/* ---- the steps ---- */

/* Writes and reads every page: a mapping that is wrong in one place fails only there. */
static int use_range(struct guide *g, struct why *why)
{
	struct use_report r;
	char text[96], size[24];

	u64 began = cost_begin("use");

	guide_use(g->s.node, &r);
	cost_end(&g->use, began);
	snprintf(text, sizeof(text), "%u CPU%s %s %s", r.cpus, r.cpus > 1 ? "s" : "",
		 r.cpus > 1 ? "wrote, read back and cross-checked" : "wrote and read back",
		 size_text(r.bytes, size));
	step_line("use", text, !r.bad_pages);
	return r.bad_pages ? refuse(why, EIO, "%lu pages read back wrong", r.bad_pages) : 0;
}

/* Reads back and frees the pages also after a refused offline; the refusal is then the result. */
static int offline(struct guide *g, struct why *why)
{
	u64 lost, outside;
	u64 began = cost_begin("pages to be moved");
	char text[96];
	int err;

	movers_begin(&g->movers, MOVERS, &g->s);
	cost_end(&g->pages, began);
	err = step_offline(&g->s, why);
	g->offline = g->s.cost;
	began = cost_begin("pages read back");
	lost = movers_lost(&g->movers);
	outside = movers_outside(&g->movers, &g->s);
	cost_end(&g->pages, began);
	snprintf(text, sizeof(text),
		 "%lu of %lu pages in use are elsewhere now, read back: %lu lost", outside,
		 g->movers.nr, lost);
	if (!err)
		step_line("", text, !lost && outside == g->movers.nr);
	movers_end(&g->movers);
	return err ? err : lost ? refuse(why, EIO, "%lu pages lost their contents", lost) : 0;
}

/* Every CPU probes right before the removal, so that its TLB holds the translations that the
 * removal invalidates: an address that no CPU has used would fault without any invalidation.
 * `primed` is the number of probes that could read then; all of them have to fault afterwards. */
static int remove_and_probe(struct guide *g, struct why *why)
{
	unsigned primed, faults;
	u64 began = cost_begin("probes");
	char text[96];
	int err;

	guide_probes(&g->probes, &g->s);
	probes_run(&g->probes, cpus_online());
	primed = probes_hits(&g->probes, cpus_online());
	cost_end(&g->probing, began);
	err = step_remove(&g->s, why);
	g->remove = g->s.cost;
	if (err)
		return err;
	began = cost_begin("probes");
	probes_run(&g->probes, cpus_online());
	cost_end(&g->probing, began);
	faults = probes_faults(&g->probes, cpus_online());
	snprintf(text, sizeof(text), "%u CPU%s probed %u addresses each that %s had used: %u fault",
		 cpus_online_nr(), cpus_online_nr() > 1 ? "s" : "", g->probes.nr,
		 cpus_online_nr() > 1 ? "they" : "it", faults);
	step_line("", text, faults == primed);
	return faults == primed ? 0 : refuse(why, EIO, "%u probes still read", primed - faults);
}

/* Ctrl-C is checked once, after the longest step; it also ends a migration. */
static int run_steps(struct guide *g, struct why *why)
{
	int err = step_add(&g->s, why);

	g->add = g->s.cost;
	if (err)
		return err;
	err = step_online(&g->s, why);
	g->online = g->s.cost;
	if (!err)
		err = use_range(g, why);
	if (!err && console_interrupted())
		err = refuse(why, ECANCELED, "stopped by Ctrl-C");
	if (!err)
		err = offline(g, why);
	return err ? err : remove_and_probe(g, why);
}

/* A digest that differs is a failure, but the guide continues: the other numbers may explain it. */
static void print_digest(struct guide *g)
{
	struct why why = { 0 };
	char text[64];
	u64 began;
	int differs;

	began = cost_begin("digest");
	digest_take(&g->after);
	cost_end(&g->digests, began);
	differs = digest_compare(&g->before, &g->after, &why);
	snprintf(text, sizeof(text), "%08x before, %08x after", g->before.word, g->after.word);
	step_line("digest", text, !differs);
	if (differs)
		kprintf("         FAIL: %s\n", why.text);
}

/* Four costs with three decimals, in millions of instructions or in milliseconds. */
static void cost_line(const char *label, const char *const *name, const u64 *cost)
{
	char text[160];
	size_t at = 0;

	for (unsigned i = 0; i < 4; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %lu.%03lu  ", name[i],
				       cost[i] / 1000000, cost[i] / 1000 % 1000);
	snprintf(text + at, sizeof(text) - at, "%s",
		 strcmp(cost_unit(), "ns") ? "M instructions" : "ms");
	print_wrapped(label, LABEL, text);
}

/* Print the cost of the four operations, and of the checks around them, which take most of the
 * time. */
static void print_cost(const struct guide *g)
{
	static const char *const op[] = { "add", "online", "offline", "remove" };
	static const char *const rest[] = { "use", "pages", "probes", "digests" };
	const u64 ops[] = { g->add, g->online, g->offline, g->remove };
	const u64 others[] = { g->use, g->pages, g->probing, g->digests };

	cost_line("cost", op, ops);
	cost_line("besides", rest, others);
}

/* Bring the range back to absent after a step that failed; the offline is refused where nothing is
 * online, which does not matter. */
static void guide_undo(const struct step *s)
{
	hotplug_offline(s->pa, s->len, NULL, NULL);
	if (hotplug_remove(s->pa, s->len, &s->opts, NULL, NULL))
		kputs("The range stays as it is: `blocks` shows it, `offline` and `remove` undo "
		      "it.\n");
	else
		kputs("The range was removed again.\n");
}

/* The same sequence as a line that can be pasted at the prompt or passed at boot. */
static void print_script(const struct step *s)
{
	kprintf("Again from a script: run=hotplug.cycle at=%s memmap=%s\n",
		range_text(s->pa, s->len).text, s->opts.memmap->s.name);
}

/* All options have their defaults except leaf= (from boot) and the memmap that the user chooses.
 * The zone is Movable: only its blocks can always be taken offline again. */
void guide_run(void)
{
	struct guide *g = &guide;
	struct why why = { 0 };
	u64 began;

	memset(g, 0, sizeof(*g));
	g->s.opts.leaf = strcmp(arg_text(NULL, ARG_LEAF), "page") ? -1 : 0;
	g->s.zone = ZONE_MOVABLE;
	if (!find_range(&g->s))
		return;
	print_withheld(&g->s);
	if (!choose_memmap(&g->s))
		return;
	began = cost_begin("digest");
	digest_take(&g->before);
	cost_end(&g->digests, began);
	if (run_steps(g, &why)) {
		kprintf("Stopped: %s\n", why.text);
		guide_undo(&g->s);
		return;
	}
	print_digest(g);
	print_cost(g);
	guide_could(&g->s);
	print_script(&g->s);
}
