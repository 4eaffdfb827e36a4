/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-27, X-09: persistent memory is added as _FIT lists it, or as the NFIT lists it if _FIT cannot
 * be read.  It is removed when it is no longer listed.  The sound structures of a malformed list
 * are used.
 */
#include <drivers/acpi/nfit.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/hotplug/devmem.h>
#include <mm/page/region.h>
#include <tests/acpi/board.h>

static struct range at;
static unsigned nr_complaints;
static char last_complaint[220] NOINIT;

static void complain(const char *sentence)
{
	nr_complaints++;
	memcpy(last_complaint, sentence, min_u64(strlen(sentence) + 1, sizeof(last_complaint)));
}

static struct range part(unsigned n)
{
	struct range r = at;

	r.len /= 2;
	r.pa += n * r.len;
	return r;
}

static const struct devmem *devmem_of(unsigned n)
{
	struct range r = part(n);

	return devmem_find(r.pa >> page_shift(), r.len >> page_shift());
}

/* Set _FIT to list these parts (a bit mask). */
static void nvdimm_list(unsigned parts)
{
	board->fit_bytes = 0;
	for (unsigned n = 0; n < 2; n++)
		if (parts & 1u << n)
			board->fit_bytes =
				board_spa(board->fit, board->fit_bytes, part(n).pa, part(n).len);
}

static void nvdimm_send_notify(u32 value)
{
	board->fit_notify = value;
	board_interrupt();
	event_run();
}

static bool nvdimm_up(struct test_run *t)
{
	if (!range_get(t, &at, 2, NULL) || !CHECK_EQ(t, range_known(&at, false), 0))
		return false;
	if (board_up(t, at.pa, at.len))
		return true;
	range_known(&at, true);
	return false;
}

static void nvdimm_down(struct test_run *t)
{
	board_down(t);
	CHECK(t, !region_find(MEM_WITHHELD, at.pa, at.len));
	range_known(&at, true);
	range_reset(&at);
}

TEST(acpi, nvdimm,
     .claim = "a range that _FIT lists is added once, as dax, contents kept; removed when unlisted",
     .rows = "S1-27 X-09", .identity = true, .needs = NEED_RANGE)
{
	struct why why = { 0 };
	volatile u64 *word;

	if (!nvdimm_up(t))
		return;
	nvdimm_list(1);
	nvdimm_send_notify(0x80);
	if (CHECK(t, devmem_of(0) != NULL)) {
		CHECK_EQ(t, devmem_of(0)->mode, DEVMEM_DAX);
		CHECK_EQ(t, devmem_of(0)->opts.memmap->where, MEMMAP_IN_OLD_MEMORY);
	}
	word = pa_ptr(part(0).pa);
	*word = at.pa;
	nvdimm_list(3);
	nvdimm_send_notify(0x81); /* not an update of _FIT */
	CHECK(t, !devmem_of(1));
	nvdimm_send_notify(0x80);
	CHECK(t, devmem_of(1) != NULL && *word == at.pa);
	nvdimm_list(2);
	nvdimm_send_notify(0x80);
	CHECK(t, !devmem_of(0) && devmem_of(1));
	nvdimm_list(3);
	nvdimm_send_notify(0x80);
	CHECK(t, devmem_of(0) != NULL && *word == at.pa);
	board->fit_bytes = BOARD_FIT + 1; /* _FIT fails: nothing is removed */
	nvdimm_send_notify(0x80);
	CHECK(t, devmem_of(0) && devmem_of(1));
	CHECK_EQ(t, acpi_source_stop(&why), -EBUSY);
	nvdimm_list(3);
	memset(board->fit + 2, 0, 2); /* truncated at its first structure: the list is unknown */
	nvdimm_send_notify(0x80);
	CHECK(t, devmem_of(0) && devmem_of(1));
	nvdimm_list(0);
	nvdimm_send_notify(0x80);
	CHECK(t, !devmem_of(0) && !devmem_of(1));
	nvdimm_down(t);
}

TEST(acpi, nvdimm_by_hand,
     .claim = "a range that is no longer listed is forgotten if the operator removed it; if it is "
	      "online as RAM, it is removed once it is offline",
     .rows = "X-09 V-03", .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;

	if (!nvdimm_up(t))
		return;
	r = part(0);
	nvdimm_list(3);
	nvdimm_send_notify(0x80);
	CHECK_OK(t, devmem_remove(r.pa, r.len, NULL, &why), &why);
	r = part(1);
	CHECK_OK(t, devmem_set_mode(r.pa, r.len, DEVMEM_KMEM, NULL, &why), &why);
	range_online(t, &r, ZONE_MOVABLE);
	nvdimm_list(0);
	nvdimm_send_notify(0x80);
	CHECK(t, !region_find(MEM_WITHHELD, part(0).pa, r.len));
	CHECK(t, devmem_of(1) != NULL);
	range_offline(t, &r);
	nvdimm_send_notify(0x80);
	CHECK(t, !devmem_of(1));
	nvdimm_down(t);
}

static void in_table(const struct board_tables *b)
{
	u8 *nfit = b->at + BOARD_NFIT;

	board_nfit(nfit, board_spa(nfit + 40, 0, part(0).pa, part(0).len));
	nvdimm_list(2);
	board->fit_bytes = BOARD_FIT + 1;
}

TEST(acpi, nfit_cold,
     .claim = "where _FIT fails at power on, the NFIT table lists the ranges that are present",
     .rows = "S1-27", .needs = NEED_RANGE)
{
	board_prepare = in_table;
	if (!nvdimm_up(t))
		return;
	event_run();
	CHECK(t, devmem_of(0) && !devmem_of(1));
	nvdimm_list(0);
	nvdimm_send_notify(0x80);
	CHECK(t, !devmem_of(0));
	board_loses = 2;
	nvdimm_down(t);
}

/* ---- malformed lists ---- */

static const char *const malformed[] = { "none",     "cut",      "no-length", "short",
					 "empty",    "wraps",    "overlap",   "twice",
					 "uncached", "volatile", "many",      NULL };

static u8 bytes[64 * (NFIT_RANGES + 2)] NOINIT;

/* A sound range, the range that is changed, another sound range. */
static u32 malformed_list(const char *name, u32 len)
{
	u8 *s = bytes + 56;

	if (!strcmp(name, "cut"))
		return len - 9;
	if (!strcmp(name, "no-length"))
		s[2] = 0;
	else if (!strcmp(name, "short"))
		memcpy(s, &(u32) { 24 << 16 }, 4), memcpy(s + 24, &(u32) { 7 | 32 << 16 }, 4);
	else if (!strcmp(name, "empty"))
		memset(s + 40, 0, 8);
	else if (!strcmp(name, "wraps"))
		memset(s + 40, 0xff, 8);
	else if (!strcmp(name, "overlap"))
		s[35] -= 0x0c;
	else if (!strcmp(name, "twice"))
		memcpy(s, bytes, 56);
	else if (!strcmp(name, "uncached"))
		s[48] = 1;
	else if (!strcmp(name, "volatile"))
		s[16] ^= 0xff;
	return len;
}

TEST(acpi, nfit_lies,
     .claim = "each malformed structure is reported in one line, the others are used",
     .rows = "S1-21 V-08", .params = malformed)
{
	bool many = !strcmp(t->param, "many"), sound = !strcmp(t->param, "none");
	bool rest = !strcmp(t->param, "no-length"); /* the structures after it cannot be found */
	bool silent = sound || !strcmp(t->param, "volatile"); /* another kind, which is not used */
	struct nfit n = { .log = complain };
	u32 len = 0;

	nr_complaints = 0;
	for (unsigned i = 0; i < (many ? NFIT_RANGES + 1 : 3); i++)
		len = board_spa(bytes, len, (16 + 4 * i) * GiB / 16, GiB / 8);
	nfit_read(&n, bytes, malformed_list(t->param, len));
	CHECK_EQ(t, nr_complaints, silent ? 0 : 1);
	CHECK_EQ(t, n.bad, nr_complaints);
	CHECK_EQ(t, n.nr, many ? NFIT_RANGES : sound ? 3 : rest ? 1 : 2);
	CHECK(t, !nr_complaints || strlen(last_complaint) > 20);
	CHECK(t, nfit_lists(&n, GiB, GiB / 8));
}

static const char *const places[] = { "ram", "registers", "beyond", "unaligned", "node", NULL };

TEST(acpi, nfit_places,
     .claim = "a range that overlaps RAM or registers, or is not addressable, is refused; its "
	      "neighbour is used",
     .rows = "V-08", .needs = NEED_RANGE, .params = places)
{
	paddr_t pa = 1ul << 54;
	struct event_stats before, after;
	u8 *s;

	if (!nvdimm_up(t))
		return;
	nvdimm_list(1);
	s = board->fit + board->fit_bytes;
	if (!strcmp(t->param, "ram"))
		pa = align_up(region_lowest() + 64 * MiB, layout.subsection_bytes);
	else if (!strcmp(t->param, "registers"))
		pa = 0x10000000; /* below RAM, and in the device tree, on both machines */
	else if (strcmp(t->param, "beyond"))
		pa = part(1).pa + (strcmp(t->param, "node") ? page_size() : 0);
	board->fit_bytes = board_spa(board->fit, board->fit_bytes, pa, 64 * MiB);
	s[6] = 2; /* proximity is valid */
	s[12] = strcmp(t->param, "node") ? 0 : 77;
	event_stats(&before);
	nvdimm_send_notify(0x80);
	CHECK(t, devmem_of(0) != NULL);
	CHECK(t, !devmem_nth(1));
	nvdimm_send_notify(0x80); /* both ranges are tried again and refused again */
	event_stats(&after);
	CHECK_EQ(t, after.answered - before.answered, 3);
	CHECK_EQ(t, after.refused - before.refused, 2);
	nvdimm_list(0);
	nvdimm_send_notify(0x80);
	CHECK(t, !devmem_of(0));
	nvdimm_down(t);
}
