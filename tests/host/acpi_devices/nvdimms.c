/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_devices/nvdimms.c - drivers/acpi/nvdimm_source.c: ranges of the NFIT and of _FIT
 * that are added, are removed and belong to another source; up to 32 banks.
 */
#include "fake.h"
#include <drivers/acpi/nfit.h>

#define PA 0x100000000ul
#define LEN 0x8000000ul
enum { UPDATE = 0x80, ERROR = 0x81 };

static struct range {
	u8 bytes[56];
} list[NFIT_RANGES + 2];
static u8 table[40 + sizeof(list)];

/* A structure of type 0 with the GUID of persistent memory, and proximity domain 3 if odd. */
static struct range range_of(unsigned n)
{
	static const u8 guid[] = { 0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40,
				   0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb };
	const u64 pa = PA + n * LEN, len = LEN;
	struct range r = { { 0, 0, 56, 0, 1, 0, n & 1 ? 2 : 0 } };

	r.bytes[12] = 3;
	memcpy(r.bytes + 16, guid, 16);
	memcpy(r.bytes + 32, &pa, 8);
	memcpy(r.bytes + 40, &len, 8);
	r.bytes[48] = 8;
	return r;
}

/* _FIT has the ranges [first, first + nr). */
static void lists(unsigned first, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		list[i] = range_of(first + i);
	fit = list;
	fit_bytes = nr * sizeof(list[0]);
}

static const u8 *at(paddr_t pa, u64 len)
{
	WANT(pa == 0x9000 && len <= sizeof(table));
	return table;
}

static void begin(unsigned nr)
{
	fake_begin();
	has_nvdimms = true;
	lists(0, nr);
	WANT(acpi_source_start(0x7000, NULL) == 0);
	works();
}

static bool is_event(enum event_op op, unsigned n)
{
	return posted->op == op && posted->kind == EVENT_DEVICE && posted->nr_ranges == 1 &&
	       posted->range[0].pa == PA + n * LEN && posted->range[0].len == LEN &&
	       posted->range[0].node == (n & 1 ? 3 : 0) && posted->brings && !posted->uncached &&
	       posted->here == (op == EVENT_REMOVE) && posted->source == source_of("pmem");
}

/* The core answers one event of a bank. */
static void answer_to(struct event *e, int code)
{
	posted = e;
	WANT(answered(code) == EVENT_NO_OST);
	works();
}

static bool describes(const char *wanted)
{
	char text[60] = "?";

	source_of("pmem")->describe(text, sizeof(text));
	if (strcmp(text, wanted))
		printf("# %s, wanted %s\n", text, wanted);
	return !strcmp(text, wanted);
}

static int stop(struct why *why)
{
	*why = (struct why) { 0 };
	return acpi_source_stop(why);
}

/* ---- one ---- */
static void one(void)
{
	struct why why;

	begin(1);
	WANT(posts == 1 && claims == 1 && is_event(EVENT_ADD, 0) &&
	     describes("0 of 1 range in use"));
	WANT(stop(&why) == -EBUSY);
	WANT_TEXT(why.text, "acpi: an NVDIMM's memory at 0x100000000 is in use");
	answer_to(posted, 0);
	WANT(posts == 1 && describes("1 of 1 range in use") && stop(&why) == -EBUSY);
	lists(0, 0);
	notify_nvdimms(UPDATE);
	WANT(posts == 1);
	works();
	WANT(posts == 2 && is_event(EVENT_REMOVE, 0) && stop(&why) == -EBUSY);
	answer_to(posted, 0);
	WANT(posts == 2 && releases == 1 && describes("0 of 0 ranges in use"));
	WANT(stop(&why) == 0 && !claims);
}

static void refused(void)
{
	begin(1);
	answer_to(posted, -EINVAL);
	WANT(posts == 1 && describes("0 of 1 range in use"));
	notify_nvdimms(7); /* no change */
	works();
	WANT(posts == 1);
	notify_nvdimms(UPDATE);
	works();
	WANT(posts == 2 && is_event(EVENT_ADD, 0));
	answer_to(posted, 0);
	lists(0, 0);
	notify_nvdimms(UPDATE);
	works();
	answer_to(posted, -EBUSY);
	WANT(posts == 3 && describes("1 of 0 ranges in use"));
	notify_nvdimms(UPDATE);
	works();
	WANT(posts == 4 && is_event(EVENT_REMOVE, 0));
	lists(0, 1); /* listed again before the answer */
	notify_nvdimms(UPDATE);
	works();
	answer_to(posted, 0);
	WANT(posts == 5 && is_event(EVENT_ADD, 0));
	answer_to(posted, 0);
	lists(0, 0);
	notify_nvdimms(UPDATE);
	works();
	answer_to(posted, 0);
}

static void of_another_source(void)
{
	struct why why;

	fake_begin();
	claimed_elsewhere = has_nvdimms = true;
	lists(0, 1);
	WANT(acpi_source_start(0x7000, NULL) == 0);
	WANT(!posts && is_said("acpi: claimed elsewhere|"));
	notify_nvdimms(UPDATE);
	works();
	WANT(!posts && claims == 1 && is_said("") && stop(&why) == 0);
}

/* ---- unreadable lists ---- */
static void unreadable(void)
{
	begin(1);
	answer_to(posted, 0);
	fit_code = -EIO;
	notify_nvdimms(UPDATE);
	works();
	WANT(posts == 1 && is_said("_FIT fails|"));
	fit_code = 0;
	list[0] = range_of(4);
	list[0].bytes[2] = 57; /* a truncated list removes no range */
	notify_nvdimms(UPDATE);
	works();
	WANT(posts == 1 && said[0]);
	is_said(said);
	list[0] = range_of(1);
	list[1] = range_of(2);
	list[1].bytes[2] = 57;
	fit_bytes = 2 * sizeof(list[0]);
	notify_nvdimms(UPDATE);
	works();
	WANT(posts == 2 && is_event(EVENT_ADD, 1)); /* the valid range is added */
	answer_to(posted, 0);
	is_said(said);
	notify_nvdimms(ERROR);
	WANT(is_said("an NVDIMM reports an uncorrectable error; nothing is done about it|"));
	lists(0, 0);
	notify_nvdimms(UPDATE);
	works();
	WANT(posts == 4 && posted_all[2]->op == EVENT_REMOVE && is_event(EVENT_REMOVE, 1));
}

/* ---- from the table ---- */
static void from_the_table(void)
{
	struct why why;

	for (unsigned how = 0; how < 3; how++) {
		fake_begin();
		list[0] = range_of(5);
		memcpy(table + 40, list, sizeof(list[0]));
		machine.tables.at = at;
		machine.tables.nr = how < 2;
		machine.tables.table[0] = (struct table) { "NFIT", 0x9000, 40 + sizeof(list[0]) };
		has_nvdimms = how == 1; /* without _FIT */
		WANT(acpi_source_start(0x7000, NULL) == 0);
		WANT(posts == (how < 2) && (how == 2 || is_event(EVENT_ADD, 5)));
		WANT(describes(how < 2 ? "0 of 1 range in use" : ""));
		if (how == 1) { /* later updates have no _FIT to read */
			notify_nvdimms(UPDATE);
			works();
			WANT(posts == 1 && is_said(""));
		}
		if (how < 2)
			answer_to(posted, -EINVAL);
		WANT(stop(&why) == 0 && describes(""));
	}
	fake_begin();
	has_nvdimms = no_nvdimm_handler = true;
	lists(0, 1);
	WANT(acpi_source_start(0x7000, NULL) == 0 && posts == 1);
	WANT(is_said("acpi: no handler for notifications of NVDIMMs|"));
	answer_to(posted, -EINVAL);
}

/* Without AML the table is used. */
static void without_aml(void)
{
	struct why why;

	fake_begin();
	has_nvdimms = true;
	list[0] = range_of(5);
	memcpy(table + 40, list, sizeof(list[0]));
	machine.tables.at = at;
	machine.tables.nr = 1;
	machine.tables.table[0] = (struct table) { "NFIT", 0x9000, 40 + sizeof(list[0]) };
	lists(0, 2);
	aml_runs(); /* AML ends before the table is read */
	WANT(source_of("acpi")->init(NULL, &why) == -ENODEV && posts == 1);
	WANT(is_event(EVENT_ADD, 5) && describes("0 of 1 range in use"));
	answer_to(posted, -EINVAL);
}

/* ---- all banks are used ---- */
static void answer_each(unsigned first, unsigned nr, int code)
{
	for (unsigned i = first; i < first + nr; i++)
		answer_to(posted_all[i], code);
}

static void update(void)
{
	notify_nvdimms(UPDATE);
	works();
}

/* The last of 32 ranges is added, retried and removed like the first ones. */
static void the_last(void)
{
	struct why why;

	begin(NFIT_RANGES);
	WANT(posts == NFIT_RANGES && claims == NFIT_RANGES && is_event(EVENT_ADD, NFIT_RANGES - 1));
	answer_each(0, NFIT_RANGES, -EINVAL);
	WANT(posts == NFIT_RANGES && stop(&why) == 0);
	begin(NFIT_RANGES);
	answer_each(0, NFIT_RANGES, -EINVAL);
	update();
	WANT(posts == 2 * NFIT_RANGES && is_event(EVENT_ADD, NFIT_RANGES - 1));
	answer_each(NFIT_RANGES, NFIT_RANGES - 1, -EINVAL);
	WANT(stop(&why) == -EBUSY); /* outstanding */
	answer_to(posted_all[2 * NFIT_RANGES - 1], 0);
	WANT(stop(&why) == -EBUSY && describes("1 of 32 ranges in use"));
	lists(0, 0);
	update();
	WANT(posts == 2 * NFIT_RANGES + 1 && is_event(EVENT_REMOVE, NFIT_RANGES - 1));
	answer_to(posted, 0);
	WANT(releases == NFIT_RANGES && stop(&why) == 0);
}

/* A range waits until a bank is free. */
static void no_bank(void)
{
	begin(NFIT_RANGES);
	answer_each(0, NFIT_RANGES, 0);
	lists(40, 2);
	update();
	WANT(posts == 2 * NFIT_RANGES && is_event(EVENT_REMOVE, NFIT_RANGES - 1));
	answer_to(posted_all[NFIT_RANGES + 7], 0);
	WANT(posts == 2 * NFIT_RANGES + 1 && is_event(EVENT_ADD, 40));
	answer_to(posted, 0);
	WANT(posts == 2 * NFIT_RANGES + 1);
	answer_to(posted_all[NFIT_RANGES + 31], 0);
	WANT(posts == 2 * NFIT_RANGES + 2 && is_event(EVENT_ADD, 41));
	answer_each(NFIT_RANGES, 7, 0);
	WANT(posts == 2 * NFIT_RANGES + 2 && releases == 9);
}

void nvdimm_tests(void)
{
	one();
	refused();
	of_another_source();
	unreadable();
	from_the_table();
	without_aml();
	the_last();
	no_bank();
}
