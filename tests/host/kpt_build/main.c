/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/kpt_build/main.c - mm/kernel/kpt_build.c: the linear map has every page of boot memory
 * once, but for no-map memory and the image's text and rodata; the order of the stages; every
 * refusal.
 */
#include "fake.h"
#include <fakes/log.h>
#include <lib/err.h>
#include <sys/resource.h>

#define SECONDS 30 /* of CPU time: a loop without an end is noticed */

static struct pt_fmt fmt; /* of this case */

static void begin(unsigned levels, unsigned leaf_ok, bool is_signed)
{
	fmt = (struct pt_fmt) { .name = "a format", .levels = (u8)levels, .page_shift = 12 };
	fmt.half_bits = 47;
	fmt.bits[0] = fmt.bits[1] = fmt.bits[2] = fmt.bits[3] = 9;
	fmt.leaf_ok = (u8)leaf_ok;
	fmt.va_signed = is_signed;
	fake_begin(&fmt);
	fake.max_level = 2;
}

static void ram(u64 from, u64 to)
{
	fake.ram[fake.nr_ram++] =
		(struct mem_range) { BASE + from, to - from, MEM_RAM, (u8)fake.nr_ram };
}

static void hole(u64 from, u64 to, enum region_kind kind)
{
	fake.reserved[fake.nr_reserved++] =
		(struct mem_range) { BASE + from, to - from, (u8)kind, 0 };
}

static void build(int want)
{
	struct why why = { 0 };

	WANT(kpt_build(&why) == want);
	WANT(why.code == want || !want);
	WANT(!fake.open);
}

static bool wanted(paddr_t pa)
{
	if (fake_hole(pa))
		return false;
	for (unsigned i = 0; i < fake.nr_ram; i++)
		if (pa >= fake.ram[i].pa && pa + PAGE <= fake.ram[i].pa + fake.ram[i].len)
			return true;
	return false;
}

static void check_linear(void)
{
	u64 bad = 0, end = 0;

	for (u64 i = 0; i < PAGES; i++)
		bad += fake.count[i] != wanted(BASE + i * PAGE);
	WANT(!bad);
	for (unsigned i = 0; i < fake.nr_ram; i++)
		end = max_u64(end, (fake.ram[i].pa + fake.ram[i].len) & ~(PAGE - 1));
	WANT(fake.mapped_lo == fake.ram[0].pa && fake.mapped_hi == end);
	WANT(fake.loads == 1 && fake.images == 4);
}

/* ---- levels of the linear map ---- */

static const struct {
	unsigned levels, leaf_ok;
	bool is_signed;
	const char *leaf;
	unsigned max_level;
} levels[] = {
	{ 4, 7, false, "auto", 2 }, { 4, 15, false, "auto", 2 }, { 4, 3, false, "auto", 1 },
	{ 4, 1, false, "auto", 0 }, { 4, 7, true, "auto", 2 },   { 3, 7, false, "auto", 2 },
	{ 3, 7, true, "auto", 1 },  { 2, 3, false, "auto", 1 },  { 2, 3, true, "auto", 0 },
	{ 4, 7, false, "page", 0 }, { 4, 5, false, "auto", 2 },
};

static void check_levels(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++)
		for (unsigned contig = 0; contig < 2; contig++) {
			begin(levels[i].levels, levels[i].leaf_ok, levels[i].is_signed);
			fake.leaf = levels[i].leaf;
			fake.contig = contig;
			fake.max_level = levels[i].max_level;
			fake.piece = levels[i].max_level ? GiB : 128 * MiB;
			ram(0, 3 * GiB - 4 * MiB);
			build(0);
			check_linear();
			WANT(kpt.caps == (contig ? PT_CAP_CONTIG : 0));
			WANT(kpt.global && kpt.root == ROOT_PA);
			WANT(kpt.own_hi == 512);
			WANT(kpt.own_lo == (LINEAR >> (12 + 9 * (levels[i].levels - 1)) & 511));
			WANT(kpt.root_append == (!levels[i].is_signed && levels[i].levels > 2));
			WANT(kpt.root_constant == levels[i].is_signed);
			WANT(fake.fills == (levels[i].is_signed ? 5 : 0));
			for (unsigned r = 0; r < fake.fills && r < REGION_IMAGE; r++)
				WANT(fake.fill_va[r] == layout.r[r].va &&
				     fake.fill_len[r] == layout.r[r].len);
		}
	begin(4, 7, true);
	layout.r[REGION_SHADOW].len = 0; /* shadow=off */
	ram(0, 64 * MiB);
	build(0);
	WANT(fake.fills == 4 && kpt.root_constant);
}

/* ---- memory and its holes ---- */

#define M (1ul << 20)

static const struct {
	u64 ram[4][2];
	struct {
		u64 from, to;
		enum region_kind kind;
	} hole[5];
} rows[] = {
	{ { { 0, 64 * M } }, { { 0 } } },
	{ { { 0x300, 64 * M + 0x500 } }, { { 0 } } },
	{ { { 0, 3 * M } }, { { 0 } } },
	{ { { M, 9 * M }, { 16 * M, 17 * M }, { 1030 * M, 2060 * M } }, { { 0 } } },
	{ { { 0, 64 * M } }, { { 8 * M, 9 * M, MEM_NOMAP } } },
	{ { { 0, 64 * M } }, { { 8 * M, 9 * M, MEM_RESERVED }, { 10 * M, 11 * M, MEM_DTB } } },
	{ { { 0, 64 * M } }, { { 8 * M + 0x10, 8 * M + 0x20, MEM_NOMAP } } },
	{ { { 0, 64 * M } }, { { 8 * M - 1, 8 * M + 1, MEM_NOMAP } } },
	{ { { 0, 64 * M } }, { { 0, 4096, MEM_NOMAP }, { 64 * M - 4096, 64 * M, MEM_NOMAP } } },
	{ { { 8 * M, 64 * M } }, { { 0, 9 * M, MEM_NOMAP }, { 63 * M, 80 * M, MEM_NOMAP } } },
	{ { { 8 * M, 64 * M } }, { { 7 * M, 8 * M, MEM_NOMAP }, { 64 * M, 65 * M, MEM_NOMAP } } },
	{ { { 8 * M, 64 * M } }, { { 0, 100 * M, MEM_NOMAP } } },
	{ { { 0, 2100 * M } }, { { 1000 * M, 1040 * M, MEM_NOMAP } } },
	{ { { 0, 2100 * M } },
	  { { 1023 * M, 1024 * M, MEM_NOMAP }, { 1025 * M, 2050 * M, MEM_NOMAP } } },
	{ { { 0, 2100 * M } }, { { 1024 * M, 1025 * M, MEM_NOMAP } } },
	{ { { 0, 64 * M } },
	  { { 8 * M, 12 * M, MEM_NOMAP },
	    { 9 * M, 10 * M, MEM_NOMAP },
	    { 12 * M, 13 * M, MEM_NOMAP },
	    { 20 * M, 22 * M, MEM_NOMAP },
	    { 21 * M, 23 * M, MEM_NOMAP } } },
	{ { { 0, 64 * M } },
	  { { 30 * M, 31 * M, MEM_NOMAP },
	    { 20 * M, 21 * M, MEM_NOMAP },
	    { 10 * M, 11 * M, MEM_NOMAP } } },
	{ { { 0, 64 * M } }, { { 2 * M - 4096, 2 * M + 8 * 4096, MEM_NOMAP } } },
	{ { { 0, 64 * M } }, { { 2 * M + 2 * 4096, 2 * M + 7 * 4096, MEM_NOMAP } } },
};

static void check_holes(bool pages)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(4, 7, false);
		if (pages) {
			fake.leaf = "page";
			fake.max_level = 0;
			fake.piece = 128 * MiB;
		}
		for (unsigned r = 0; r < 4 && rows[i].ram[r][1]; r++)
			ram(rows[i].ram[r][0], rows[i].ram[r][1]);
		for (unsigned h = 0; h < 5 && rows[i].hole[h].to; h++)
			hole(rows[i].hole[h].from, rows[i].hole[h].to, rows[i].hole[h].kind);
		build(0);
		check_linear();
		if (want_failed)
			printf("#   row %u\n", i);
	}
}

/* ---- memory that the linear map does not reach ---- */

static void check_reach(void)
{
	begin(4, 7, false);
	ram(0, 64 * M);
	ram(4096 * M - 8 * M, 4096 * M);
	build(0);
	check_linear();
	WANT(!fake_lines && !fake.removed);
	begin(4, 7, false);
	ram(0, 64 * M);
	ram(4096 * M - 8 * M, 4096 * M + 16 * M);
	build(0);
	check_linear();
	WANT(fake_lines == 1 && fake.removed == 1 && fake.nr_ram == 2);
	WANT_TEXT(fake_line, "boot: RAM at 0x140000000+16M is beyond the linear map of a format "
			     "and left out\n");
	begin(4, 7, false);
	ram(0, 64 * M);
	ram(5000 * M, 5001 * M);
	ram(6000 * M, 6002 * M);
	fake.ram[1].kind = MEM_HOTADDED;
	build(0);
	check_linear();
	WANT(fake_lines == 2 && fake.removed == 2 && fake.nr_ram == 1);
	begin(4, 7, false);
	fake.sticks = true; /* the registry has no room: once, and no endless loop */
	fake.fail_plan = 1;
	ram(0, 64 * M);
	ram(5000 * M, 5001 * M);
	build(-ENOMEM);
	WANT(fake_lines == 1);
}

/* ---- refusals ---- */

static void check_refused(void)
{
	struct why why = { 0 };

	begin(4, 7, false);
	ram(0, 64 * M);
	fake.vmalloc = "three";
	build(-EINVAL);
	WANT(!fake.plans && !fake.loads);
	begin(4, 7, false);
	ram(0, 64 * M);
	fake.no_root = true;
	WANT(kpt_build(&why) == -ENOMEM);
	WANT_TEXT(why.text, "the boot pool has no page for the root");
	WANT(!fake.plans && !fake.loads && !kpt.root);
	for (unsigned plan = 1; plan < 8; plan++) {
		begin(4, 7, true);
		ram(0, 1500 * M);
		ram(2000 * M, 2001 * M);
		fake.fail_plan = plan;
		build(-ENOMEM);
		WANT(fake.plans == plan && fake.loads == (plan > 4));
	}
	for (unsigned fill = 1; fill < 6; fill++) {
		begin(4, 7, true);
		ram(0, 64 * M);
		fake.fail_fill = fill;
		build(-ENOMEM);
		WANT(fake.fills == fill && !fake.loads && !kpt.root_constant);
	}
}

static void check_scheme(void)
{
	begin(4, 7, false);
	ram(0, 64 * M);
	build(0);
	WANT(fake.selected == &schemes[1] && !fake_lines);
	begin(4, 7, false);
	ram(0, 64 * M);
	fake.usable = false;
	build(0);
	WANT(fake.selected == &schemes[0] && fake_lines == 1);
	WANT_TEXT(fake_line, "boot: vmalloc=two: not two here; the default is used\n");
	WANT_TEXT(fake.refused, "vmalloc=two: not two here");
}

/* Who stores: this CPU, for boot, with its locks and those that were lent to it. */
static void check_who(void)
{
	struct pt_event e = { 0 };

	begin(4, 7, false);
	ram(0, 64 * M);
	build(0);
	WANT(pt_tap_who && cpus[0].writer == PT_WRITER_BOOT);
	if (!pt_tap_who)
		return;
	cpus[0].lent = 0x402;
	pt_tap_who(&e);
	WANT(e.cpu == 3 && e.writer == PT_WRITER_BOOT && e.locks == (0x21 | 0x402));
}

int main(void)
{
	const struct rlimit cpu = { SECONDS, SECONDS };

	setrlimit(RLIMIT_CPU, &cpu);
	check_levels();
	check_holes(false);
	check_holes(true);
	check_reach();
	check_refused();
	check_scheme();
	check_who();
	printf("kpt_build: %u not so\n", want_failed);
	return want_failed != 0;
}
