/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/direct.c - bounds of leaves, options, names of users, costs, and the lock. */
#include "fake.h"
#include <kern/lock.h>
#include <lib/printf.h>
#include <string.h>
#include <want.h>

/* ---- bounds of leaves ---- */

static const struct {
	u64 bytes;
	int leaf;
	u16 leaf_ok;
	u8 levels;
	bool append;
	unsigned level;
} levels[] = {
	{ GiB, -1, 7, 4, false, 2 },
	{ GiB - 1, -1, 7, 4, false, 1 },
	{ 2 * MiB, -1, 7, 4, false, 1 },
	{ 2 * MiB - 1, -1, 7, 4, false, 0 },
	{ GiB, 0, 7, 4, false, 0 },
	{ GiB, -1, 3, 4, false, 1 },
	{ GiB, -1, 5, 4, false, 2 },
	{ GiB, -1, 1, 4, false, 0 },
	{ 2048 * GiB, -1, 15, 4, false, 3 },
	/* a root slot that is never cleared holds no leaf */
	{ 2048 * GiB, -1, 15, 4, true, 2 },
	{ GiB, -1, 7, 3, false, 2 },
	{ GiB, -1, 7, 3, true, 1 },
};

static void set_format(struct pt_fmt *f, u16 leaf_ok, u8 nr)
{
	*f = *layout.fmt;
	f->leaf_ok = (u8)leaf_ok;
	f->levels = nr;
	layout.fmt = f;
}

static const struct {
	u64 whole, unit, reserve, compound; /* reserve, compound: pages */
	int leaf;
	unsigned linear, memmap;
} adds[] = {
	{ 0, UNIT, 0, 0, -1, 1, 1 },
	{ GiB, UNIT, 0, 0, -1, 2, 1 },
	{ MiB, UNIT, 0, 0, -1, 1, 1 },
	{ 0, GiB, 0, 0, -1, 2, 1 },
	{ 0, 2 * MiB, 0, 0, -1, 1, 0 },
	{ GiB, GiB, 0, 0, 0, 0, 0 },
	{ 0, UNIT, 0, 512, -1, 1, 0 },
	/* the first frame of the memmap follows the reserve */
	{ 0, UNIT, 1, 0, -1, 1, 0 },
	{ 0, UNIT, 512, 0, -1, 1, 1 },
	{ 0, UNIT, 512 + 256, 0, -1, 1, 0 },
	{ 0, UNIT, 1024, 0, -1, 1, 1 },
	{ GiB, 64 * UNIT, 512, 0, -1, 2, 1 },
	{ GiB, 512 * UNIT, 0, 0, -1, 2, 2 },
};

void check_levels(void)
{
	static struct pt_fmt f;

	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
		fake_begin("........");
		set_format(&f, levels[i].leaf_ok, levels[i].levels);
		kpt.root_append = levels[i].append;
		WANT(hotplug_leaf_level(levels[i].bytes, levels[i].leaf) == levels[i].level);
	}
	fake_begin("........");
	for (unsigned i = 0; i < ARRAY_SIZE(adds); i++) {
		struct hot_add a = { .whole = adds[i].whole,
				     .span.unit = adds[i].unit,
				     .reserve = adds[i].reserve,
				     .compound = adds[i].compound,
				     .opts.leaf = adds[i].leaf };

		WANT(hot_add_unit(&a) == max_u64(adds[i].whole, adds[i].unit));
		WANT(hot_add_level(&a) == adds[i].linear);
		WANT(hot_add_memmap_level(&a) == adds[i].memmap);
	}
}

/* ---- options ---- */

static void check_defaults(void)
{
	struct hotplug_opts o;

	fake_begin("........");
	memset(&o, 0x5a, sizeof(o));
	hotplug_opts_default(&o);
	WANT(o.leaf == -1 && !o.contig && !o.device_refuse && !o.memmap && !o.remove);
	WANT(!o.subblocks && !o.anywhere && !o.owner && !o.leaves && !o.surprise);
	fake.leaf = "page";
	fake.args[0] = "device"; /* this scheme enables contig= */
	fake.device_remove = "refuse";
	hotplug_opts_default(&o);
	WANT(!o.leaf && o.contig && o.device_refuse && !o.memmap && !o.remove);
	fake.device_remove = "defer";
	hotplug_opts_default(&o);
	WANT(!o.device_refuse);
}

static void resolve(int leaf, const struct memmap_scheme *m, const struct remove_scheme *r,
		    const char *sentence)
{
	struct hotplug_opts given = { .leaf = leaf, .memmap = m, .remove = r, .surprise = true };
	struct hotplug_opts add, remove;
	struct why why = { 0 };
	int err = hotplug_opts_add(&given, &add, &why);

	if (!err)
		err = hotplug_opts_remove(&given, &remove, &why);
	WANT_TEXT(why.text, sentence);
	WANT(err == (*sentence ? -EINVAL : 0) && why.code == err);
	if (err)
		return;
	WANT(add.leaf == leaf && add.surprise && add.memmap == (m ? m : &in_first));
	WANT(remove.leaf == leaf && remove.surprise && remove.remove == (r ? r : &remove_one));
	WANT(add.remove == r && remove.memmap == m);
}

static void check_schemes(void)
{
	struct hotplug_opts o;

	fake_begin("........");
	fake.args[0] = "device";
	fake.args[1] = "one";
	resolve(-1, NULL, NULL, "");
	resolve(0, &in_old, &remove_two, "");
	resolve(0, NULL, &remove_two, "");
	resolve(0, &in_old, NULL, "");
	resolve(-2, NULL, NULL, "leaf=-2: there is -1 (largest) and 0 (pages)");
	resolve(1, NULL, NULL, "leaf=1: there is -1 (largest) and 0 (pages)");
	WANT(!hotplug_opts_add(NULL, &o, NULL) && o.leaf == -1 && o.contig);
	WANT(o.memmap == &in_first && !o.remove && !o.surprise);
	WANT(!hotplug_opts_remove(NULL, &o, NULL) && o.leaf == -1 && o.contig);
	WANT(!o.memmap && o.remove == &remove_one && !o.surprise);
	fake.args[1] = "unknown";
	resolve(-1, NULL, NULL, "remove=unknown");
	resolve(-1, &in_old, &remove_two, "");
	fake.args[0] = "unknown";
	resolve(-1, NULL, &remove_two, "memmap=unknown");
}

void check_options(void)
{
	check_defaults();
	check_schemes();
	WANT(!hotplug_node_check(0, NULL) && !hotplug_node_check(NODES_MAX - 1, NULL));
	WANT(hotplug_node_check(NODES_MAX, NULL) == -EINVAL);
}

/* ---- users of a memmap ---- */

static const struct {
	const char *state;
	unsigned first, nr; /* blocks of the add; the query is for block `first` */
	size_t size;
	const char *text;
} users[] = {
	{ ".hf.....", 1, 2, 80, "block 10" },
	{ ".hff....", 1, 3, 80, "blocks 10-11" },
	{ ".hfff...", 1, 4, 80, "blocks 10-12" },
	{ ".hfff...", 1, 3, 80,
	  "blocks 10-11" }, /* the block after the add belongs to another add */
	{ ".hf.f...", 1, 4, 80, "blocks 10, 12" },
	{ ".hf.ff..", 1, 5, 80, "blocks 10, 12-13" },
	{ ".hfff.f.", 1, 6, 80, "blocks 10-12, 14" },
	{ "MM.N.ff.", 0, 7, 80, "blocks 8-9, 11, 13-14" },
	{ ".hhhf...", 1, 4, 80, "block 12" },
	{ ".....hff", 5, 3, 80, "blocks 14-15" }, /* up to the last block */
	{ "MM.N.ff.", 0, 7, 18, "blocks 8-9, 11, 1" },
	{ "MM.N.ff.", 0, 7, 11, "blocks 8-9" },
	{ "MM.N.ff.", 0, 7, 12, "blocks 8-9," },
	{ "M.M.M.M.", 0, 8, 9, "blocks 8" },
};

static void check_users(unsigned i)
{
	char text[96];

	fake_begin(users[i].state);
	fake.reading = 1;
	fake_came(users[i].first, users[i].nr);
	memset(text, 0x5a, sizeof(text));
	hotplug_users_text(&of[users[i].first], text, users[i].size);
	WANT_TEXT(text, users[i].text);
	for (size_t at = users[i].size; at < sizeof(text); at++)
		WANT(text[at] == 0x5a);
}

/* Another add reused the place of a removed block: its blocks use a memmap of their own. */
static void check_others(void)
{
	char text[80];

	fake_begin(".hfff...");
	fake.reading = 1;
	fake_came(1, 4);
	fake_came(3, 1);
	hotplug_users_text(&of[1], text, sizeof(text));
	WANT_TEXT(text, "blocks 10, 12");
}

void check_texts(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(users); i++)
		check_users(i);
	check_others();
}

/* ---- costs ---- */

void check_meter(void)
{
	struct hotplug_report r = { .tables_new = 5, .pages = 8 };
	struct hotplug_meter m;

	fake_begin("........");
	fake.work = 3;
	fake.tlbi = 4;
	hotplug_meter_start(&m);
	fake.work += 11;
	fake.tlbi += 6;
	hotplug_meter_stop(&m, &r);
	WANT(r.cost == 11 && r.tlbi_ops == 6 && !r.tables_new && r.pages == 8);
	kpt.nr_tables += 2;
	hotplug_meter_stop(&m, &r);
	WANT(r.tables_new == 2);
	r.tables_new = 0;
	kpt.nr_tables -= 3; /* reported as freed */
	hotplug_meter_stop(&m, &r);
	WANT(!r.tables_new && r.cost == 11);
}

/* ---- the lock ---- */

static int visit(const struct pt_slot *s, void *arg)
{
	(void)s, (void)arg;
	return 0;
}

static void check_walk(void)
{
	fake_begin("........");
	WANT_DEATH(hotplug_walk(LINEAR, PAGE, 1, visit, "x")); /* the lock is not held */
	hotplug_read_lock();
	WANT(fake.reading == 1 && !hotplug_write_held());
	WANT(hotplug_walk(LINEAR, PAGE, 3, visit, "it") == 9);
	WANT_TEXT(fake.asked, "in; walk ffff000000000000 1000 3 it; out");
	hotplug_read_unlock();
	WANT(!fake.reading);
	hotplug_write_lock();
	WANT(hotplug_write_held() && host_cpu->writer == PT_WRITER_HOTPLUG);
	WANT(hotplug_walk(LINEAR, PAGE, 1, visit, "it") == 9);
	hotplug_write_unlock();
	WANT(!hotplug_write_held() && host_cpu->writer == PT_WRITER_DIRECT);
}

void check_lock(void)
{
	struct pt_link tables;

	check_walk();
	fake_begin("........");
	hotplug_init();
	WANT_DEATH(hotplug_teardown_begin());
	WANT(!hotplug_in_teardown());
	hotplug_write_lock();
	hotplug_teardown_begin();
	WANT(hotplug_in_teardown() == 1);
	WANT_DEATH(hotplug_init());
	WANT_DEATH(hotplug_teardown_begin());
	hotplug_teardown_end(); /* ends the teardown of the refused removal */
	hotplug_teardown_end();
	WANT(!hotplug_in_teardown());
	hotplug_init();
	fake.given = &tables;
	hotplug_write_unlock();
	WANT_TEXT(fake.asked, "lock; unlock; tables back");
}
