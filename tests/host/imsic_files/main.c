/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/imsic_files/main.c - drivers/irq/imsic.c: which trees are taken, where each hart's
 * interrupt file is, and the hart index that an APLIC sends to.  Expected values are by AIA 1.0,
 * 3.1 (identities), 3.6 (addresses) and 4.9.1 (hart index), and by riscv,imsics.yaml.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/aplic.h>
#include <drivers/irq/imsic.h>
#include <drivers/irq/riscv_intc.h>
#include <fakes/log.h>
#include <libfdt.h>
#include <stdarg.h>
#include <want.h>

#define ABSENT 0xffffffffu
#define NODE 40
#define HARTS 6 /* hwid is 100 + index */
#define BASE 0x28000000ul

/* ---- the tree ---- */
static struct tree {
	u32 ids, guests, hart_bits, group_shift, group_bits;
	u64 len[2]; /* of the two ranges of `reg`; the second is at BASE + 16 MiB */
	unsigned harts;
	bool other, no_parent, no_reg;
} tree;
static const struct tree plain = {
	.ids = 255,
	.guests = ABSENT,
	.hart_bits = ABSENT,
	.group_shift = ABSENT,
	.group_bits = ABSENT,
	.len = { HARTS * 0x1000 },
	.harts = HARTS,
};

u32 fdt_u32(const void *fdt, int node, const char *name, u32 absent)
{
	const struct {
		const char *name;
		u32 v;
	} words[] = {
		{ "riscv,num-ids", tree.ids },
		{ "riscv,guest-index-bits", tree.guests },
		{ "riscv,hart-index-bits", tree.hart_bits },
		{ "riscv,group-index-shift", tree.group_shift },
		{ "riscv,group-index-bits", tree.group_bits },
	};

	if (!strcmp(name, "msi-parent")) {
		WANT(node == 8);
		return tree.no_parent ? absent : 77;
	}
	WANT(node == NODE);
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(name, words[i].name))
			return words[i].v == ABSENT ? absent : words[i].v;
	WANT(!"a property that the binding does not have");
	return absent;
}

int fdt_by_phandle(const void *fdt, u32 phandle)
{
	return phandle == 77 ? NODE : -FDT_ERR_NOTFOUND;
}

uint32_t fdt_get_phandle(const void *fdt, int node)
{
	return node == NODE ? 77 : 0;
}

int fdt_node_check_compatible(const void *fdt, int node, const char *compatible)
{
	return node != NODE || strcmp(compatible, "riscv,imsics") || tree.other;
}

int fdt_device(const void *fdt, int node, struct device *d, struct why *why)
{
	*d = (struct device) {
		.pa = { BASE, BASE + 0x1000000 },
		.len = { tree.len[0], tree.len[1] },
		.nr_regs = tree.len[1] ? 2 : 1,
	};
	return tree.no_reg ? -ENODEV : 0;
}

unsigned riscv_harts_find(const void *fdt, int node)
{
	return tree.harts;
}

u32 riscv_hart_index(u64 hwid)
{
	return hwid >= 100 && hwid < 100 + tree.harts ? (u32)hwid - 100 : RISCV_NO_HART;
}

static u32 find(struct tree t)
{
	const struct device aplic = { .node = 8 };

	tree = t;
	fake_log_clear();
	return imsic_find(&aplic);
}

/* ---- accepted files ---- */

static void identities(void)
{
	static const u32 right[] = { 63, 127, 255, 511, 1023, 1983, 2047 },
			 wrong[] = { 0,   1,   62,  64,   65,   100,  126,
				     128, 254, 256, 1024, 2046, 2048, 2111 };
	struct tree t = plain;
	char number[16];

	for (unsigned i = 0; i < ARRAY_SIZE(right); i++) {
		t.ids = right[i];
		WANT(find(t) == right[i] && !fake_lines);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		t.ids = wrong[i];
		WANT(!find(t) && fake_lines == 1);
		snprintf(number, sizeof(number), " %u;", wrong[i]);
		WANT(strstr(fake_line, "riscv,num-ids") && strstr(fake_line, number));
	}
}

static void refusals(void)
{
	static const struct {
		u32 guests, hart_bits, group_shift, group_bits;
		bool taken;
	} places[] = {
		{ 0, ABSENT, ABSENT, ABSENT, true },
		{ 7, 14, ABSENT, ABSENT, true },
		{ 8, ABSENT, ABSENT, ABSENT, false },
		{ 0, 15, ABSENT, ABSENT, false },
		{ 0, 14, 40, 1, false },
		{ 0, 10, 40, 4, true },
		{ 0, 10, 40, 5, false },
		{ 0, 3, 55, 2, true },
		{ 0, 3, 56, 2, false },
		{ 0, 3, 40, ABSENT - 1, false },
	};
	struct tree t;

	for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
		t = plain;
		t.guests = places[i].guests;
		t.len[0] = HARTS * 0x1000ul << min_u32(t.guests, 8);
		t.hart_bits = places[i].hart_bits;
		t.group_shift = places[i].group_shift;
		t.group_bits = places[i].group_bits;
		WANT(!!find(t) == places[i].taken);
	}
	t = plain, t.no_parent = true;
	WANT(!find(t));
	t = plain, t.other = true;
	WANT(!find(t));
	t = plain, t.no_reg = true;
	WANT(!find(t));
	t = plain, t.harts = 0;
	WANT(!find(t));
	t = plain, t.len[0] = 2 * 0x1000; /* this CPU is the third hart */
	WANT(!find(t));
	WANT(find(plain) == 255 && imsic_phandle() == 77);
}

/* ---- addresses ---- */

static void files(void)
{
	struct tree t = plain;
	u32 target = 0;

	find(t);
	for (unsigned i = 0; i < HARTS; i++) {
		WANT(imsic_file(100 + i) == BASE + i * 0x1000);
		WANT(imsic_target(100 + i, &target) && target == i << 18);
	}
	WANT(imsic_file(99) == PA_NONE && !imsic_target(99, &target));
	t.guests = 2; /* a file of the supervisor and three of guests for each hart */
	t.len[0] = 3 * 0x4000;
	t.len[1] = 2 * 0x4000 + 0x1000; /* the last hart has no guests */
	find(t);
	for (unsigned i = 0; i < HARTS; i++)
		WANT(imsic_file(100 + i) ==
		     (i < 3 ? BASE : BASE + 0x1000000 - 3 * 0x4000) + i * 0x4000);
	WANT(imsic_target(102, &target) && target == 2u << 18);
	t.len[1] -= 1;
	find(t);
	WANT(imsic_file(104) != PA_NONE && imsic_file(105) == PA_NONE);
}

/* Two groups, 16 MiB apart: the group's number is above the hart's. */
static void groups(void)
{
	struct tree t = plain;
	u32 target = 0;

	t.hart_bits = 2;
	t.group_shift = ABSENT; /* 24 */
	t.group_bits = 1;
	t.len[0] = t.len[1] = 3 * 0x1000;
	find(t);
	for (unsigned i = 0; i < HARTS; i++)
		WANT(imsic_target(100 + i, &target) && target == (i / 3 << 2 | i % 3) << 18);
	t.group_shift = 23; /* that bit of these addresses is 0 */
	find(t);
	WANT(imsic_target(104, &target) && target == 1u << 18);
}

/* Without riscv,hart-index-bits: as many as the numbers of all harts need. */
static void bits_of_harts(void)
{
	static const struct {
		unsigned harts, bits;
	} rows[] = { { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 5, 3 }, { 8, 3 }, { 9, 4 } };
	struct tree t = plain;
	u32 target;

	t.group_shift = 27; /* 1 in these addresses */
	t.group_bits = 1;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		t.harts = rows[i].harts;
		t.len[0] = rows[i].harts * 0x1000ul;
		cpus[0].hwid = 100;
		WANT(find(t) == 255);
		WANT(imsic_target(100, &target) && target == (1u << rows[i].bits) << 18);
	}
}

int main(void)
{
	cpus[0].hwid = 102;
	identities();
	refusals();
	files();
	groups();
	bits_of_harts();
	printf("imsic files: %u not so\n", want_failed);
	return want_failed != 0;
}
