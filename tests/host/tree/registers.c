/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tree/registers.c - registers of a node, through the `ranges` of each bus above it
 * (devicetree specification 2.3.8), and the other properties of struct device.
 */
#include "queries.h"

#define BUS(ranges, what)                                                                          \
	"{ #address-cells<2 #size-cells<2 {bus #address-cells<1 #size-cells<1 " ranges "{d " what  \
	" } } }"
#define FAR "device tree: reg of d is not reachable"
#define SHORT "device tree: reg of d is too short"
#define UNUSABLE "device tree: d has no usable reg"

static const struct row {
	const char *text;
	const char *is;  /* the registers: PA+LEN, hexadecimal */
	const char *why; /* NULL: no fault */
	const char *path;
} rows[] = {
	{ BUS("ranges ", "reg<1000,10,2000,20"), "1000+10 2000+20 ", NULL },
	{ BUS("", "reg<1000,10"), "", FAR }, /* no `ranges`: no CPU reaches it */
	{ BUS("ranges<1000,8,0,1000 ", "reg<1000,1000"), "800000000+1000 ", NULL },
	{ BUS("ranges<1000,8,0,1000 ", "reg<1800,800,1000,1"), "800000800+800 800000000+1 ", NULL },
	{ BUS("ranges<1000,8,0,1000 ", "reg<1800,801"), "", FAR },
	{ BUS("ranges<1000,8,0,1000 ", "reg<fff,1"), "", FAR },
	{ BUS("ranges<1000,8,0,1000 ", "reg<2000,1"), "", FAR },
	{ BUS("ranges<1000,8,0,1000 ", "reg<1000,10,2000,1"), "800000000+10 ", FAR },
	{ BUS("ranges<1000,8,0,1000,4000,9,0,1000 ", "reg<4004,4"), "900000004+4 ", NULL },
	{ BUS("ranges<1000,8,0,1000,4000,9,0 ", "reg<4004,4"), "", FAR }, /* it is cut off */
	{ BUS("ranges<1000,8,0 ", "reg<1000,4"), "", FAR },
	{ BUS("ranges ", "reg<0,1"), "0+1 ", NULL },
	{ BUS("ranges ", "reg<1000,0"), "", FAR },
	{ BUS("ranges ", ""), "", UNUSABLE },
	{ BUS("ranges ", "reg"), "", SHORT },
	{ BUS("ranges ", "reg<1000"), "", SHORT },
	{ BUS("ranges ", "reg<1000,10,2000"), "1000+10 ", NULL },
	{ "{ {d reg<1,2,3 } }", "100000002+3 ", NULL, "/d" },
	{ "{ #size-cells<2 {d reg<ffffffff,fffff000,0,2000 } }", "", FAR, "/d" },
	{ "{ #size-cells<2 {d reg<ffffffff,fffff000,0,fff } }", "fffffffffffff000+fff ", NULL,
	  "/d" },
	{ "{ #address-cells<0 {d reg<1 } }", "", UNUSABLE, "/d" },
	{ "{ #address-cells<3 {d reg<1,2,3,4 } }", "", UNUSABLE, "/d" },
	{ "{ #size-cells<0 {d reg<1,2 } }", "", UNUSABLE, "/d" },
	{ "{ #size-cells<3 {d reg<1,2,3,4,5 } }", "", UNUSABLE, "/d" },
	/* two buses; the outer one has an address of three cells, of which the low two count */
	{ "{ {o #address-cells<3 #size-cells<2 ranges<42000000,0,1000,9,0,0,1000 {bus "
	  "#address-cells<1 #size-cells<1 ranges<0,0,0,1000,1000 {d reg<8,8 } } } }",
	  "900000008+8 ", NULL, "/o/bus/d" },
	{ "{ {o {bus #address-cells<1 ranges {d reg<8,8 } } } }", "", FAR, "/o/bus/d" },
	{ "{ {bus #address-cells<0 ranges {d {e reg<1,2,3 } } } }", "",
	  "device tree: reg of e is not reachable", "/bus/d/e" },
	{ "{ {bus #size-cells<0 #address-cells<2 ranges {d ranges {e reg<1,2,3 } } } }", "",
	  "device tree: reg of e is not reachable", "/bus/d/e" },
	{ "{ #address-cells<0 {bus ranges {d reg<1,2,3 } } }", "", FAR, "/bus/d" },
};

static const char *registers(const struct device *d)
{
	static char text[200];

	text[0] = 0;
	for (unsigned i = 0; i < d->nr_regs; i++)
		sprintf(text + strlen(text), "%lx+%lx ", d->pa[i], d->len[i]);
	return text;
}

static void one(const struct row *r)
{
	const void *fdt = query_tree(r->text);
	int node = query_node(r->path ? r->path : "/bus/d");
	unsigned failed = want_failed;
	struct why why = { 0 };
	struct device d;

	memset(&d, 0x77, sizeof(d));
	WANT(fdt_registers(fdt, node, &d, &why) == (r->why ? -EINVAL : 0));
	WANT_TEXT(registers(&d), r->is);
	WANT_TEXT(why.text, r->why ? r->why : "");
	WANT(d.fdt == fdt && d.node == node && !d.regs[0] && !d.reg_shift && !d.irq);
	if (failed != want_failed)
		printf("# FAIL ^ %s\n", r->text);
}

static void others(void)
{
	const void *fdt = query_tree("{ {d reg<1,2,3 reg-shift<2 reg-io-width<4 reg-offset<100 "
				     "interrupts<21,4 } {e reg<1 } }");
	struct why why = { 0 };
	struct device d;

	WANT(!fdt_device(fdt, query_node("/d"), &d, &why) && d.nr_regs == 1);
	WANT(d.reg_shift == 2 && d.reg_width == 4 && d.reg_offset == 0x100);
	WANT(d.irq == 0x21 && d.irq_flags == 4);
	WANT(fdt_device(fdt, query_node("/e"), &d, &why) == -EINVAL);
	WANT(!d.reg_shift && d.reg_width == 1 && !d.reg_offset && d.irq == ~0u);
	WANT(fdt_registers(fdt, 0, &d, &why) == -EINVAL && !d.nr_regs);
	WANT_TEXT(why.text, "device tree: no node at offset 0x0");
	WANT(fdt_registers(fdt, 4, &d, &why) == -EINVAL);
	WANT_TEXT(why.text, "device tree: no node at offset 0x4");
}

/* A device keeps so many, and the others are passed over. */
static void most_registers(void)
{
	char text[60 + (DEVICE_REGS + 1) * 16] = "{ #address-cells<1 {d reg<";
	const void *fdt;
	struct device d;

	for (unsigned i = 0; i <= DEVICE_REGS; i++)
		sprintf(text + strlen(text), "%s%x,4", i ? "," : "", 0x1000 + i * 16);
	strcat(text, " } }");
	fdt = query_tree(text);
	WANT(!fdt_registers(fdt, query_node("/d"), &d, NULL));
	WANT(d.nr_regs == DEVICE_REGS && d.pa[DEVICE_REGS - 1] == 0x1000 + (DEVICE_REGS - 1) * 16);
}

static void addresses(void)
{
	static const struct {
		const char *text;
		u64 at, len, is; /* is 0: none */
	} list[] = {
		{ BUS("ranges<1000,8,0,1000 ", ""), 0x1800, 0x800, 0x800000800 },
		{ BUS("ranges<1000,8,0,1000 ", ""), 0x1800, 0x801, 0 },
		{ BUS("ranges<1000,8,0,1000 ", ""), 0x1fff, 1, 0x800000fff },
		{ BUS("ranges<1000,8,0,1000 ", ""), 0x2000, 0, 0 },
		{ BUS("ranges ", ""), 0x1234, 4, 0x1234 },
		{ BUS("", ""), 0x1234, 4, 0 },
	};
	u64 at = 7;

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		const void *fdt = query_tree(list[i].text);

		at = list[i].at;
		WANT(fdt_to_cpu(fdt, query_node("/bus/d"), &at, list[i].len) ==
		     (list[i].is ? 0 : -EINVAL));
		WANT(at == (list[i].is ? list[i].is : list[i].at));
		at = 7; /* of the CPUs already */
		WANT(!fdt_to_cpu(fdt, query_node("/bus"), &at, 4) && at == 7);
		WANT(fdt_to_cpu(fdt, 0, &at, 4) == -EINVAL &&
		     fdt_to_cpu(fdt, 4, &at, 4) == -EINVAL);
	}
}

void register_tests(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		one(&rows[i]);
	others();
	most_registers();
	addresses();
}
