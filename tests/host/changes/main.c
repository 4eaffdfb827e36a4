/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/changes/main.c - mm/hotplug/devmem_change.c: the calls and sentences of each
 * transition between the modes of a device range; a refused transition leaves the mode unchanged
 * (mm/hotplug/devmem.h).
 */
#include "fake.h"
#include <lib/printf.h>
#include <unistd.h>
#include <want.h>

#define AT 8u
#define LEN 8u
#define RANGE "0x81000000+16M"
#define LOOKED "read; unlock; "
#define CLAIMED "check 8+8; lock; absent 8+8; withheld 8+8; count 8+8; unlock"
#define INTO_DAX "check 8+8; lock; count 8+8; may-add 8+8; start; plan 8+8; act 8+8; stop; "
#define TO_DAX INTO_DAX "added 8+8; unlock"
#define OUT_OF_DAX "span 8+8; leave; may-remove 8+8; host* to 16; compound 1024; unplan 8+8"
#define FROM_DAX OUT_OF_DAX "; unmap 8+8; removed 8+8; unlock"
#define TO_KMEM "enter; unlock; add 8+8"
#define LEFT_KMEM "blocks 8+8; write; absent 8+8; unlock"
#define FROM_KMEM "remove 8+8; " LEFT_KMEM
#define RELEASED "; write; unlock"

static const char modes[] = "rdk-";
static struct why why;
static struct hotplug_report report;

static const struct devmem_opts opts = {
	.memmap = &host, .compound = 4 * MiB, .reserve = 3 * PAGE, .owner = &why, .leaves = true
};

struct row {
	char from;
	const char *call;
	char to;
	const char *calls;
	const char *refused;
	int err;
	const char *text;
	char meanwhile;   /* the mode that another CPU sets once the first lock is released */
	bool bus, little; /* memory of a bus; one byte too small */
	int code;         /* the error of the refusal, if not EBUSY */
};

static const struct row rows[] = {
	/* claim and release */
	{ '-', "claim", 'r', CLAIMED },
	{ '-', "claim", 'r', CLAIMED, .bus = true },
	{ '-', "claim", '-', "check 8+8!", "check", -EBUSY, "no check" },
	{ '-', "claim", '-', "check 8+8; lock!", "lock", -EBUSY, "no lock" },
	{ '-', "claim", '-', "check 8+8; lock; absent 8+8!; unlock", "absent", -EBUSY,
	  "no absent" },
	{ '-', "claim", '-', "check 8+8; lock; absent 8+8; withheld 8+8!; unlock", "withheld",
	  -EBUSY, "no withheld" },
	{ '-', "claim", '-', "check 8+8; lock; absent 8+8; withheld 8+8; count 8+8!; unlock",
	  "count", -EBUSY, "no count" },
	{ '-', "claim", '-', CLAIMED, "room", -ENOMEM },
	{ 'r', "claim", 'r', "check 8+8; lock; unlock", NULL, -EEXIST,
	  RANGE " overlaps the device range " RANGE },
	{ 'r', "release", '-', "enter; unlock" },
	{ 'r', "release", 'r', "enter!", "enter", -EBUSY, "no enter" },
	{ 'd', "release", 'd', "enter; unlock", NULL, -EBUSY,
	  "the device range " RANGE " is dax, not raw" },
	{ '-', "release", '-', "enter; unlock", NULL, -ENXIO, RANGE " is no device range" },

	/* raw and dax */
	{ 'r', "dax", 'd', LOOKED TO_DAX },
	{ 'r', "dax", 'd', LOOKED TO_DAX, .bus = true },
	{ 'r', "dax", 'r', LOOKED "check 8+8!", "check", -EBUSY, "no check" },
	{ 'r', "dax", 'r', LOOKED "check 8+8; lock!", "lock", -EBUSY, "no lock" },
	{ 'r', "dax", 'r', LOOKED "check 8+8; lock; count 8+8!; start; unlock", "count", -EBUSY,
	  "no count" },
	{ 'r', "dax", 'r', LOOKED "check 8+8; lock; count 8+8; start; unlock", NULL, -ENOMEM,
	  RANGE " needs 100 KiB of old memory (memmap 60 KiB, tables 40 KiB), 99 KiB are free",
	  .little = true },
	{ 'r', "dax", 'r', LOOKED "check 8+8; lock; count 8+8; may-add 8+8!; start; unlock",
	  "may-add", -EBUSY, "no may-add" },
	{ 'r', "dax", 'r',
	  LOOKED "check 8+8; lock; count 8+8; may-add 8+8; start; plan 8+8!; unlock", "plan",
	  -EBUSY, "no plan" },
	{ 'r', "dax", 'k', LOOKED "check 8+8; lock; start; unlock", NULL, -EBUSY,
	  "the device range " RANGE " is kmem, not raw", 'k' },
	{ 'r', "dax", '-', LOOKED "check 8+8; lock; start; unlock", NULL, -ENXIO,
	  RANGE " is no device range", '-' },
	{ 'd', "raw", 'r', LOOKED FROM_DAX },
	{ 'd', "raw", 'd', LOOKED "span 8+8!", "span", -EBUSY, "no span" },
	{ 'd', "raw", 'd', LOOKED "span 8+8; leave!", "leave", -EBUSY, "no leave" },
	{ 'd', "raw", 'd', LOOKED "span 8+8; leave; may-remove 8+8!; unlock", "may-remove", -EBUSY,
	  "no may-remove" },
	{ 'd', "raw", 'd', LOOKED OUT_OF_DAX "!; unlock", "unplan", -EBUSY, "no unplan" },
	{ 'd', "raw", 'r', LOOKED "span 8+8; leave; unlock", NULL, -EBUSY,
	  "the device range " RANGE " is raw, not dax", 'r' },

	/* raw and kmem */
	{ 'r', "kmem", 'k', LOOKED "blocks 8+8; " TO_KMEM },
	{ 'r', "kmem", 'r', LOOKED "blocks 8+8!", "blocks", -EBUSY, "no blocks" },
	{ 'r', "kmem", 'r', LOOKED "blocks 8+8; enter!", "enter", -EBUSY, "no enter" },
	{ 'r', "kmem", 'r', LOOKED "blocks 8+8; " TO_KMEM "!; " LEFT_KMEM, "add", -EBUSY,
	  "no add" },
	{ 'r', "kmem", 'r', LOOKED, NULL, -EPERM,
	  "the device range " RANGE " is memory of a bus, and no RAM", .bus = true },
	{ 'r', "kmem", 'd', LOOKED "blocks 8+8; enter; unlock", NULL, -EBUSY,
	  "the device range " RANGE " is dax, not raw", 'd' },
	{ 'k', "raw", 'r', LOOKED FROM_KMEM },
	{ 'k', "raw", 'k', LOOKED "remove 8+8!", "remove", -EBUSY, "no remove" },
	{ 'k', "raw", 'r', LOOKED "remove 8+8!; " LEFT_KMEM, "remove", .code = ENXIO },
	{ 'k', "raw", 'k', LOOKED "remove 8+8; blocks 8+8!; write; unlock", "blocks", -EBUSY,
	  "no blocks" },
	{ 'k', "raw", 'k', LOOKED "remove 8+8; blocks 8+8; write; absent 8+8!; unlock", "absent",
	  -EEXIST, "no absent", .code = EEXIST },
	{ 'k', "raw", 'r', LOOKED "remove 8+8; blocks 8+8; write; unlock", NULL, -EBUSY,
	  "the device range " RANGE " is raw, not kmem", 'r' },

	/* in two transitions */
	{ 'd', "kmem", 'k', LOOKED "blocks 8+8; " FROM_DAX "; " TO_KMEM },
	{ 'd', "kmem", 'd', LOOKED "blocks 8+8!", "blocks", -EBUSY, "no blocks" },
	{ 'd', "kmem", 'd', LOOKED, NULL, -EPERM,
	  "the device range " RANGE " is memory of a bus, and no RAM", .bus = true },
	{ 'd', "kmem", 'd', LOOKED "blocks 8+8; span 8+8!", "span", -EBUSY, "no span" },
	{ 'd', "kmem", 'd', LOOKED "blocks 8+8; " FROM_DAX "; " TO_KMEM "!; " LEFT_KMEM "; " TO_DAX,
	  "add", -EBUSY, "no add" },
	{ 'k', "dax", 'd', LOOKED FROM_KMEM "; " TO_DAX },
	{ 'k', "dax", 'k', LOOKED "remove 8+8!", "remove", -EBUSY, "no remove" },
	{ 'k', "dax", 'k', LOOKED FROM_KMEM "; check 8+8!; " TO_KMEM, "check", -EBUSY, "no check" },

	/* no transition */
	{ 'r', "raw", 'r', LOOKED, NULL, -EBUSY, "the device range " RANGE " is raw already" },
	{ 'd', "dax", 'd', LOOKED, NULL, -EBUSY, "the device range " RANGE " is dax already" },
	{ 'k', "kmem", 'k', LOOKED, NULL, -EBUSY, "the device range " RANGE " is kmem already" },
	{ 'd', "3", 'd', LOOKED, NULL, -EINVAL, "mode 3: there is raw, dax and kmem" },
	{ 'r', "4", 'r', LOOKED, NULL, -EINVAL, "mode 4: there is raw, dax and kmem" },
	{ '-', "dax", '-', LOOKED, NULL, -ENXIO, RANGE " is no device range" },
	{ '-', "3", '-', LOOKED, NULL, -ENXIO, RANGE " is no device range" },

	/* from absent, and to it */
	{ '-', "add", 'd', CLAIMED "; " LOOKED TO_DAX },
	{ '-', "add", '-', "check 8+8; lock!", "lock", -EBUSY, "no lock" },
	{ '-', "add", '-',
	  CLAIMED "; " LOOKED "check 8+8; lock; count 8+8; may-add 8+8; start; plan 8+8!; "
		  "unlock" RELEASED,
	  "plan", -EBUSY, "no plan" },
	{ 'r', "remove", '-', LOOKED "enter; unlock" },
	{ 'r', "remove", 'r', LOOKED "enter!", "enter", -EBUSY, "no enter" },
	{ 'd', "remove", '-', LOOKED FROM_DAX RELEASED },
	{ 'd', "remove", 'd', LOOKED OUT_OF_DAX "!; unlock", "unplan", -EBUSY, "no unplan" },
	{ 'k', "remove", '-', LOOKED FROM_KMEM RELEASED },
	{ 'k', "remove", 'k', LOOKED "remove 8+8!", "remove", -EBUSY, "no remove" },
	{ '-', "remove", '-', LOOKED, NULL, -ENXIO, RANGE " is no device range" },
};

static struct devmem *there(void)
{
	return (struct devmem *)(uintptr_t)devmem_nth(0);
}

static unsigned mode_of(char letter)
{
	return (unsigned)(strchr(modes, letter) - modes);
}

static void put(char mode)
{
	if (there())
		devmem_delete(there());
	if (mode != '-')
		devmem_insert((struct devmem) { .pa = fake_pa(AT),
						.len = LEN * UNIT,
						.opts = opts,
						.node = 3,
						.mode = (u8)mode_of(mode) });
}

static char other;

static void act_meanwhile(void)
{
	if (other == '-')
		devmem_delete(there());
	else
		there()->mode = (u8)mode_of(other);
}

static int call(const char *name, const struct devmem_opts *o, struct hotplug_report *r)
{
	static const char *const to[] = { "raw", "dax", "kmem", "3", "4" };
	paddr_t pa = fake_pa(AT);
	u64 len = LEN * UNIT;

	if (!strcmp(name, "claim"))
		return devmem_claim(pa, len, 3, o, &why);
	if (!strcmp(name, "release"))
		return devmem_release(pa, len, &why);
	if (!strcmp(name, "add"))
		return devmem_add(pa, len, 3, o, r, &why);
	if (!strcmp(name, "remove"))
		return devmem_remove(pa, len, r, &why);
	for (unsigned i = 0; i < ARRAY_SIZE(to); i++)
		if (!strcmp(name, to[i]))
			return devmem_set_mode(pa, len, (enum devmem_mode)i, r, &why);
	WANT(!"a call");
	return 0;
}

/* The report of the last transition, by the numbers of the simulated functions. */
static void check_report(const struct row *row)
{
	bool edge = strcmp(row->call, "claim") && strcmp(row->call, "release") &&
		    !(row->from == 'r' && row->to == '-');
	u64 cost = row->to == 'd' ? 5 : row->to == 'k' ? 7 : row->from == 'd' ? 6 : 8;

	if (!edge)
		WANT(!report.pages && !report.cost);
	else
		WANT(report.pages == LEN * UNIT / PAGE && report.cost == cost);
}

static void check_kept(const struct row *row)
{
	const struct devmem *d = there();

	WANT((d ? modes[d->mode] : '-') == row->to && !devmem_nth(1));
	if (!d)
		return;
	WANT(d->pa == fake_pa(AT) && d->len == LEN * UNIT && d->node == 3);
	WANT(d->opts.memmap == &host && d->opts.compound == opts.compound);
	WANT(d->opts.reserve == opts.reserve && d->opts.owner == &why && d->opts.leaves);
	WANT(d->opts.uncached == row->bus);
	WANT(row->from != '-' || d->data == 12 * PAGE);
}

static void check(const struct row *row, bool reported)
{
	char text[512], calls[512];
	struct devmem_opts o = opts;
	unsigned failed = want_failed;
	size_t n;
	int err;

	fake_begin();
	memset(&report, 0, sizeof(report));
	memset(&why, 0, sizeof(why));
	o.uncached = row->bus;
	put(row->from);
	if (there())
		there()->opts.uncached = row->bus;
	fake.need = 100 * KiB;
	fake.free = 100 * KiB - row->little;
	fake.refused = row->refused;
	fake.no_room = row->refused && !strcmp(row->refused, "room");
	fake.code = row->code ? row->code : EBUSY;
	other = row->meanwhile;
	fake.meanwhile = other ? act_meanwhile : NULL;
	err = call(row->call, &o, reported ? &report : NULL);
	WANT(err == row->err && !fake.lock);
	snprintf(calls, sizeof(calls), "%s", row->calls); /* LOOKED may end it */
	n = strlen(calls);
	if (n > 2 && !strcmp(calls + n - 2, "; "))
		calls[n - 2] = 0;
	WANT_TEXT(fake.calls, calls);
	if (row->text)
		WANT_TEXT(why.text, row->text);
	check_kept(row);
	if (!err && reported)
		check_report(row);
	snprintf(text, sizeof(text), "# in the row %c %s, refused: %s\n", row->from, row->call,
		 row->refused ? row->refused : "nothing");
	if (want_failed != failed)
		printf("%s", text);
	put('-');
}

/* Options of the blocks of KMEM: the defaults, except for the options of the device. */
static void check_kmem_opts(void)
{
	for (unsigned leaves = 0; leaves < 2; leaves++) {
		fake_begin();
		put('r');
		there()->opts.leaves = leaves;
		there()->opts.memmap = leaves ? &host : &device;
		WANT(!call("kmem", NULL, &report));
		WANT(fake.opts.leaf == FAKE_LEAF && fake.opts.contig);
		WANT(fake.opts.leaves == leaves && !fake.opts.owner);
		WANT(fake.opts.memmap == (leaves ? &host : &device));
		put('-');
	}
}

int main(void)
{
	alarm(60); /* an endless loop is a failure */
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned reported = 0; reported < 2; reported++)
			check(&rows[i], reported);
	check_kmem_opts();
	subsection_tests();
	printf("changes: %u not so\n", want_failed);
	return want_failed != 0;
}
