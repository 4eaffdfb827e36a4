/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/fake.c - see fake.h: the log of calls, the lock, notifiers and arguments.
 */
#include "fake.h"
#include <acts.h>
#include <kern/args.h>
#include <kern/lock.h>
#include <lib/fail.h>
#include <lib/printf.h>
#include <mm/vmalloc/vmalloc.h>

struct fake fake;

const struct memmap_scheme in_old = { .s = { .name = "host" }, .where = MEMMAP_IN_OLD_MEMORY };
const struct remove_scheme remove_two = { .s = { .name = "two" } }, remove_one = { .s = { "one" } };

/* ---- the log of calls ---- */

void ask(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	acts_add(fake.asked, sizeof(fake.asked), fmt, ap);
	va_end(ap);
}

/* Whole blocks as "1+2", pages as "1.512+32256". */
const char *run_text(pfn_t pfn, u64 nr)
{
	static char text[2][64];
	static unsigned n;
	char *at = text[n++ % 2];
	u64 off = pfn - pfn_of(0);

	if (off % PAGES == 0 && nr % PAGES == 0)
		snprintf(at, sizeof(text[0]), "%ld+%ld", (long)(off / PAGES), (long)(nr / PAGES));
	else
		snprintf(at, sizeof(text[0]), "%ld.%lu+%lu", (long)(off / PAGES), off % PAGES, nr);
	return at;
}

bool refused(const char *name)
{
	return !strcmp(name, fake.fails) && !--fake.fails_at;
}

bool work(const char *name, pfn_t pfn, u64 nr, const char *more)
{
	bool no = refused(name);

	changing();
	fake.work++;
	ask("%s %s%s%s", name, run_text(pfn, nr), more, no ? "!" : "");
	return no;
}

int fake_refuse(struct why *why, int code, const char *name)
{
	return refuse(why, code, "no %s", name);
}

static bool fail(enum fail_point point, u64 about)
{
	WANT(!about);
	WANT(point == FAIL_ENTER || point == FAIL_NOTIFIER || point == FAIL_REGION);
	WANT(!fake.writing == (point == FAIL_ENTER));
	return refused(point == FAIL_ENTER ? "ENTER" : point == FAIL_REGION ? "REGION" : "NOTE");
}

void fake_begin(const char *state)
{
	static const struct pt_fmt fmt = { .name = "four levels",
					   .levels = 4,
					   .page_shift = 12,
					   .bits = { 9, 9, 9, 9 },
					   .leaf_ok = 7 };

	memset(&fake, 0, sizeof(fake));
	memset(&kpt, 0, sizeof(kpt));
	kpt.fmt = layout.fmt = &fmt;
	kpt.nr_tables = 1000;
	layout.phys_base = BASE;
	layout.block_bytes = UNIT;
	layout.subsection_bytes = 2 * MiB;
	layout.r[REGION_LINEAR].va = LINEAR;
	fail_hook = fail;
	host_cpu->writer = PT_WRITER_DIRECT;
	fake.limit = UNITS;
	fake.spare = 1000000;
	fake.ram_room = fake.withheld_room = 10;
	fake.args[0] = fake.args[1] = "";
	fake.leaf = fake.device_remove = "";
	fake_blocks(state);
}

/* ---- the lock ---- */

void changing(void)
{
	WANT(fake.writing == 1 && host_cpu->writer == PT_WRITER_HOTPLUG);
}

static void is_ours(const struct rwlock *l)
{
	WANT(l->class == LOCK_HOTPLUG && !strcmp(l->name, "hotplug"));
}

void read_lock(struct rwlock *l)
{
	is_ours(l);
	fake.reading++;
}

void read_unlock(struct rwlock *l)
{
	is_ours(l);
	WANT(fake.reading--);
}

void write_lock(struct rwlock *l)
{
	is_ours(l);
	WANT(!fake.writing && !fake.reading && host_cpu->writer == PT_WRITER_DIRECT);
	fake.writing++;
	ask("lock");
}

void write_unlock(struct rwlock *l)
{
	is_ours(l);
	WANT(fake.writing && host_cpu->writer == PT_WRITER_DIRECT);
	fake.writing--;
	ask("unlock");
}

bool write_held(const struct rwlock *l)
{
	is_ours(l);
	return fake.writing;
}

bool rwlock_held(const struct rwlock *l)
{
	is_ours(l);
	return fake.writing || fake.reading;
}

struct pt_link *kpt_tables_held(void)
{
	changing();
	return fake.given;
}

void kpt_tables_free(struct pt_link *list)
{
	WANT(!fake.writing && list && list == fake.given);
	ask("tables back");
}

/* ---- notifiers ---- */

static const struct {
	const char *name;
	bool asks;
} notes[] = {
	[NOTE_PREPARE_ADD] = { "may-add", true },
	[NOTE_ADDED] = { "added" },
	[NOTE_GOING_ONLINE] = { "may-online", true },
	[NOTE_ONLINE] = { "online" },
	[NOTE_CANCEL_ONLINE] = { "no-online" },
	[NOTE_GOING_OFFLINE] = { "may-offline", true },
	[NOTE_OFFLINE] = { "offline" },
	[NOTE_CANCEL_OFFLINE] = { "no-offline" },
	[NOTE_PREPARE_REMOVE] = { "may-remove", true },
	[NOTE_REMOVED] = { "removed" },
};

/* Notifiers that get the same note one after the other are one word: "ABC:added 1+2 .ff.....". */
static void say_note(const char *name, const char *said)
{
	size_t len = strlen(fake.asked), more = strlen(said);
	char *end = fake.asked + len - more;

	if (len > more && !strcmp(end, said)) {
		memmove(end + 1, end, more + 1);
		*end = *name;
	} else {
		ask("%s%s", name, said);
	}
}

static int note(const char *name, enum hotplug_note n, paddr_t pa, u64 len, struct why *why)
{
	char states[UNITS + 1], said[80];
	bool no = notes[n].asks && refused(name);

	changing();
	fake_states(states);
	WANT(pa % PAGE == 0 && len % PAGE == 0 && !hotplug_in_teardown());
	snprintf(said, sizeof(said), ":%s %s %s%s", notes[n].name, run_text(pa / PAGE, len / PAGE),
		 states, no ? "!" : "");
	say_note(name, said);
	WANT(notes[n].asks ? !why || !why->code : !why);
	/* a removal's costs end without the lock, after the note */
	fake.told += !notes[n].asks && n != NOTE_REMOVED;
	if (no && fake.silent)
		return -EBUSY;
	return no ? refuse(why, EPERM, "%s says no", name) : 0;
}

static int note_a(enum hotplug_note n, paddr_t pa, u64 len, struct why *why)
{
	return note("A", n, pa, len, why);
}

static int note_b(enum hotplug_note n, paddr_t pa, u64 len, struct why *why)
{
	return note("B", n, pa, len, why);
}

static int note_c(enum hotplug_note n, paddr_t pa, u64 len, struct why *why)
{
	return note("C", n, pa, len, why);
}

static const struct hotplug_notifier a = { "A", note_a }, b = { "B", note_b }, c = { "C", note_c };
/* One object: a compiler may put several of one file into a section in any order. */
static const struct hotplug_notifier *const in_order[]
	__attribute__((used, section("reg_notifiers"))) = { &a, &b, &c };

/* ---- arguments, costs ---- */

const char *arg_text(const struct args *from, enum arg_id id)
{
	WANT(!from);
	switch (id) {
	case ARG_MEMMAP:
		return fake.args[0];
	case ARG_REMOVE:
		return fake.args[1];
	case ARG_LEAF:
		return fake.leaf;
	default:
		WANT(id == ARG_DEVICE_REMOVE);
		return fake.device_remove;
	}
}

bool arg_flag(const struct args *from, enum arg_id id)
{
	WANT(!from && id == ARG_CONTIG);
	return !strcmp(fake.args[0], "device");
}

const struct memmap_scheme *memmap_scheme_find(const char *name, struct why *why)
{
	if (!strcmp(name, "unknown"))
		refuse(why, EINVAL, "memmap=unknown");
	return !strcmp(name, "unknown") ? NULL : !strcmp(name, "device") ? &in_first : &in_each;
}

const struct remove_scheme *remove_scheme_find(const char *name, struct why *why)
{
	if (!strcmp(name, "unknown"))
		refuse(why, EINVAL, "remove=unknown");
	return !strcmp(name, "unknown") ? NULL : !strcmp(name, "one") ? &remove_one : &remove_two;
}

u64 cost_now(void)
{
	fake_states(fake.metered[1]);
	if (!*fake.metered[0])
		fake_states(fake.metered[0]);
	return 7000 + fake.work + 1000 * fake.told;
}

void tlb_stats_read(struct tlb_stats *s)
{
	*s = (struct tlb_stats) { .ops = 500 + fake.tlbi, .waits = 99 };
}
