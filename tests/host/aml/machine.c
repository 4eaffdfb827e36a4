/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/aml/machine.c - the tables of the machine are read once; without tables every query
 * fails. */
#include "interpreter.h"
#include <drivers/acpi/acpi_firmware.h>
#include <drivers/acpi/acpi_machine.h>

#define RSDP 0x7890ul
#define SRAT_AT 0xabc0ul

static int rsdp_code, read_code;
static bool ged, srat;
static unsigned finds, reads, forgets;
static u8 srat_bytes[50];
static const int tree;

/* ---- functions that the file calls ---- */
int firmware_rsdp(const void *fdt, paddr_t *rsdp, struct why *why)
{
	WANT(fdt == &tree);
	*rsdp = RSDP;
	finds++;
	return rsdp_code ? refuse(why, -rsdp_code, "no RSDP") : 0;
}

static const u8 *at(paddr_t pa, u64 len)
{
	WANT(pa == SRAT_AT && len == sizeof(srat_bytes));
	return srat_bytes;
}

int firmware_read(struct tables *t, paddr_t rsdp, paddr_t *root, struct why *why)
{
	WANT(rsdp == RSDP);
	reads++;
	t->at = at;
	t->nr = 4;
	*root = 0x11;
	return read_code ? refuse(why, -read_code, "bad tables") : 0;
}

void firmware_forget(void)
{
	forgets++;
}

bool tables_mention(const struct tables *t, const char *text)
{
	WANT(t == &acpi_machine()->tables);
	return ged && !strcmp(text, "ACPI0013");
}

const struct table *tables_find(const struct tables *t, const char *name, unsigned n)
{
	static const struct table found = { "SRAT", SRAT_AT, sizeof(srat_bytes) };

	WANT(t == &acpi_machine()->tables && !n);
	return srat && !strcmp(name, "SRAT") ? &found : NULL;
}

void srat_read(struct srat *s, const u8 *table, u32 len)
{
	WANT(table == srat_bytes && len == sizeof(srat_bytes));
	s->nr = 3;
	s->bad = 1;
}

/* ---- tests ---- */
static void is_empty(void)
{
	const struct acpi_machine *m = acpi_machine();

	WANT(m && !m->has_tables && !m->has_ged && !m->srat.nr && !m->tables.nr);
}

static void is(bool with_ged, unsigned ranges)
{
	const struct acpi_machine *m = acpi_machine();

	WANT(m->has_tables && m->has_ged == with_ged && m->srat.nr == ranges);
	WANT(m->srat.bad == (ranges ? 1 : 0) && m->tables.nr == 4 && m->root == 0x11);
}

void machine_tests(void)
{
	struct why why = { 0 };

	is_empty();
	rsdp_code = -ENODEV;
	WANT(acpi_machine_find(&tree, &why) == -ENODEV && finds == 1 && !reads);
	is_empty();
	rsdp_code = 0;
	read_code = -EINVAL;
	WANT(acpi_machine_find(&tree, &why) == -EINVAL && finds == 2 && reads == 1);
	is_empty();
	read_code = 0;
	ged = srat = true;
	WANT(!acpi_machine_find(&tree, &why) && finds == 3 && reads == 2);
	is(true, 3);
	WANT(!acpi_machine_find(&tree, &why) && finds == 3 && reads == 2); /* read once */
	/* another RSDP, of a test, replaces all data of the first */
	ged = srat = false;
	WANT(!acpi_machine_read(RSDP, &why) && reads == 3);
	is(false, 0);
	ged = srat = true;
	WANT(!acpi_machine_read(RSDP, &why));
	is(true, 3);
	read_code = -EINVAL;
	WANT(acpi_machine_read(RSDP, &why) == -EINVAL);
	is_empty();
	read_code = 0;
	WANT(!acpi_machine_find(&tree, &why) && finds == 4);
	is(true, 3);
	WANT(!forgets);
	acpi_machine_forget();
	WANT(forgets == 1);
	is_empty();
	WANT(!acpi_machine_find(&tree, &why) && finds == 5);
	is(true, 3);
}
