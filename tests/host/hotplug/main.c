/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/hotplug/main.c - the calls that each operation of mm/hotplug/hotplug.h makes and
 * undoes: all or nothing, in an order in which no user reaches absent memory; the code and the
 * sentence of each refusal; the resulting blocks and report.
 */
#include "rows.h"
#include <acts.h>
#include <lib/printf.h>
#include <want.h>

enum { HOW, BEFORE, ASKED, AFTER, SAYS, REPORT, FIELDS };

struct asked_for {
	char op[12];
	paddr_t pa;
	u64 len;
	unsigned node;
	enum zone_id zone;
	struct hotplug_opts opts;
	bool by_default, mute, unreported;
};

/* ---- the words of HOW ---- */

static void plain_word(struct asked_for *a, const char *w)
{
	a->opts.surprise |= !strcmp(w, "lost");
	a->opts.device_refuse |= !strcmp(w, "refuse");
	a->opts.anywhere |= !strcmp(w, "anywhere");
	a->by_default |= !strcmp(w, "default");
	a->mute |= !strcmp(w, "mute");
	a->unreported |= !strcmp(w, "unreported");
	fake.silent |= !strcmp(w, "silent");
	fake.owed |= !strcmp(w, "owed");
	if (!strcmp(w, "memmap=host"))
		a->opts.memmap = &in_old;
	else if (!strcmp(w, "memmap=device"))
		a->opts.memmap = &in_first;
	else if (!strcmp(w, "memmap=unknown"))
		fake.args[0] = "unknown", a->opts.memmap = NULL;
	else if (!strcmp(w, "remove=unknown"))
		fake.args[1] = "unknown", a->opts.remove = NULL;
	else if (!strcmp(w, "zone=device"))
		a->zone = ZONE_DEVICE;
	else if (!strcmp(w, "zone=normal"))
		a->zone = ZONE_NORMAL;
	else if (!a->op[0])
		snprintf(a->op, sizeof(a->op), "%s", w);
}

static bool block_word(struct asked_for *a, const char *w)
{
	unsigned i, n;

	if (sscanf(w, "adds=%u+%u", &i, &n) == 2)
		fake_came(i, n);
	else if (sscanf(w, "alt=%u:%u", &i, &n) == 2)
		of[i].altmap_pages = n;
	else if (sscanf(w, "node=%u:%u", &i, &n) == 2)
		of[i].node = (u8)n;
	else if (sscanf(w, "was=%u:%u", &i, &n) == 2)
		of[i].withheld = true, of[i].home_node = (u8)n;
	else if (sscanf(w, "leaves=%u", &i) == 1)
		of[i].leaves = true;
	else if (sscanf(w, "partly=%u", &i) == 1)
		of[i].subblocks = &parts_map;
	else if (sscanf(w, "parts=%95s", fake.present) == 1)
		a->opts.subblocks = &parts_map;
	else
		return false;
	return true;
}

static void add_range(paddr_t pa, u64 len, enum region_kind kind, unsigned node)
{
	struct mem_range *r = fake.range;

	while (r->len)
		r++;
	*r = (struct mem_range) { pa, len, (u8)kind, (u8)node };
}

static bool memory_word(const char *w)
{
	unsigned long unit, nr, page;
	unsigned kind, mode;
	u64 pa, len;

	if (sscanf(w, "sub=%lu.%lu+%lu", &unit, &page, &nr) == 3)
		fake.sub = (struct subsection_range) { .pfn = pfn_of(unit) + page, .nr = nr };
	else if (sscanf(w, "dev=%lu+%lu:%u", &unit, &nr, &mode) == 3)
		fake.dev = (struct devmem) { .pa = BASE + unit * UNIT,
					     .len = nr * UNIT,
					     .mode = (u8)mode };
	else if (sscanf(w, "withheld=%lu+%lu@%u", &unit, &nr, &kind) == 3)
		add_range(BASE + unit * UNIT, nr * UNIT, MEM_WITHHELD, kind);
	else if (sscanf(w, "bytes=%lx+%lx:%u", &pa, &len, &kind) == 3)
		add_range(pa, len, (enum region_kind)kind, 1);
	else
		return false;
	return true;
}

static bool run_word(const char *w)
{
	int first, nr;

	if (sscanf(w, "run=%d+%d", &first, &nr) != 2)
		return false;
	fake.run[fake.runs].first = first;
	fake.run[fake.runs++].nr = nr;
	return true;
}

static void take_word(struct asked_for *a, const char *w)
{
	unsigned long unit, nr;

	if (sscanf(w, "%lu+%lu@%u", &unit, &nr, &a->node) >= 2) {
		a->pa = BASE + unit * UNIT;
		a->len = nr * UNIT;
	} else if (sscanf(w, "fails=%31[^:]:%d", fake.fails, &fake.fails_at) == 2 ||
		   sscanf(w, "at=%lx+%lx", &a->pa, &a->len) == 2 ||
		   sscanf(w, "used=%lu", &fake.used) == 1 ||
		   sscanf(w, "spare=%lu", &fake.spare) == 1 ||
		   sscanf(w, "moved=%lu", &fake.moved) == 1 ||
		   sscanf(w, "tables=%u", &fake.tables) == 1 ||
		   sscanf(w, "held=%u", &fake.held) == 1 ||
		   sscanf(w, "limit=%lu", &fake.limit) == 1 ||
		   sscanf(w, "room=%u/%u", &fake.ram_room, &fake.withheld_room) == 2) {
		return;
	} else if (!run_word(w) && !block_word(a, w) && !memory_word(w)) {
		plain_word(a, w);
	}
}

static void read_row(char *how, const char *before, struct asked_for *a)
{
	*a = (struct asked_for) { .zone = ZONE_MOVABLE };
	a->opts = (struct hotplug_opts) { .leaf = -1, .memmap = &in_each, .remove = &remove_two };
	fake_begin(before);
	for (char *w = strtok(how, " "); w; w = strtok(NULL, " "))
		take_word(a, w);
}

/* ---- an operation ---- */

static int run(const struct asked_for *a, struct hotplug_report *report, struct why *why)
{
	const struct hotplug_opts *opts = a->by_default ? NULL : &a->opts;

	if (!strcmp(a->op, "add"))
		return hotplug_add(a->pa, a->len, a->node, opts, report, why);
	if (!strcmp(a->op, "online"))
		return hotplug_online(a->pa, a->len, a->zone, report, why);
	if (!strcmp(a->op, "offline"))
		return hotplug_offline(a->pa, a->len, report, why);
	if (!strcmp(a->op, "remove"))
		return hotplug_remove(a->pa, a->len, opts, report, why);
	WANT_TEXT(a->op, "release");
	return hotplug_may_release(a->pa, a->len, why);
}

static void add_field(char *text, size_t size, const char *name, u64 v)
{
	size_t at = strlen(text);

	if (v)
		snprintf(text + at, size - at, "%s%s=%lu", at ? " " : "", name, v);
}

/* The fields of a report except its costs; fields that are 0 are omitted. */
static void report_text(const struct hotplug_report *r, char *text, size_t size)
{
	*text = 0;
	add_field(text, size, "blocks", r->blocks);
	add_field(text, size, "pages", r->pages);
	add_field(text, size, "usable", r->usable_pages);
	add_field(text, size, "moved", r->moved_pages);
	add_field(text, size, "memmap", r->memmap_pages);
	add_field(text, size, "host", r->memmap_host_bytes);
	add_field(text, size, "new", r->tables_new);
	add_field(text, size, "freed", r->tables_freed);
	add_field(text, size, "leaves", r->leaves);
	add_field(text, size, "vleaves", r->vmemmap_leaves);
	add_field(text, size, "gathers", r->gathers);
	add_field(text, size, "waits", r->waits);
	add_field(text, size, "held", r->held_blocks);
	add_field(text, size, "leave", r->cache_removed_bytes);
	add_field(text, size, "arrive", r->cache_added_bytes);
	add_field(text, size, "drop", r->cache_dropped_bytes);
}

/* The cost covers the work under the lock and after it, from before the first change of a state to
 * after the last one, without the work of the notifiers. */
static void check_report(const struct asked_for *a, const struct hotplug_report *r,
			 char (*field)[1000])
{
	char text[300];

	if (a->unreported || !strcmp(a->op, "release"))
		return;
	report_text(r, text, sizeof(text));
	WANT_TEXT(text, field[REPORT]);
	WANT(r->cost == fake.work);
	WANT(r->tlbi_ops == fake.tlbi);
	WANT_TEXT(fake.metered[0], field[BEFORE]);
	WANT_TEXT(fake.metered[1], field[AFTER]);
}

static void check_row(const struct row *row)
{
	unsigned failed = want_failed;
	static char field[FIELDS][1000];
	struct hotplug_report report;
	char said[220], states[UNITS + 1];
	struct why why = { -EBUSY, "the refusal of an earlier call" };
	struct asked_for a;
	int code;

	acts_fields(row->text, field[0], FIELDS, sizeof(field[0]));
	read_row(field[HOW], field[BEFORE], &a);
	memset(&report, 0x5a, sizeof(report));
	code = run(&a, a.unreported ? NULL : &report, a.mute ? NULL : &why);
	snprintf(said, sizeof(said), "%s%s%s", code ? err_name(code) : "",
		 code && !a.mute ? ": " : "", code && !a.mute ? why.text : "");
	WANT_TEXT(said, field[SAYS]);
	WANT(a.mute || !code || why.code == code);
	WANT_TEXT(fake.asked, field[ASKED]);
	fake_states(states);
	WANT_TEXT(states, field[AFTER]);
	WANT(!fake.writing && !fake.reading && host_cpu->writer == PT_WRITER_DIRECT);
	WANT(!hotplug_in_teardown() && fake.fails_at <= 0);
	for (unsigned i = 0; i < UNITS; i++)
		WANT(states[i] == '.' || !of[i].isolated);
	if (!code)
		check_report(&a, &report, field);
	if (failed != want_failed)
		printf("#   %s, %s\n", a.op, row->name);
}

int main(void)
{
	static const struct rows *const all[] = { &add_rows,    &online_rows, &offline_rows,
						  &remove_rows, &check_rows,  &release_rows };

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		for (unsigned n = 0; n < all[i]->nr; n++)
			check_row(&all[i]->row[n]);
	check_blocks();
	check_levels();
	check_arrivals();
	check_departures();
	check_options();
	check_texts();
	check_meter();
	check_lock();
	printf("hotplug: %u not so\n", want_failed);
	return want_failed != 0;
}
