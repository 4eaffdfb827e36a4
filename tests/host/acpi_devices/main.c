/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_devices/main.c - the functions of other files that the sources of ACPI call:
 * events, memory, tables.
 */
#include "fake.h"
#include <drivers/acpi/madt.h>
#include <drivers/acpi/tree.h>
#include <drivers/device.h>
#include <drivers/memory/pmem.h>
#include <kern/log.h>
#include <mm/page/region.h>
#include <stdarg.h>
#include <string.h>

paddr_t irqchip_pa;

unsigned posts, claims, releases;
struct acpi_machine machine;
bool ram_at_boot, withheld, has_windows, claimed_elsewhere;
const struct srat_range *window;
char said[400];
struct event *posted, *posted_all[128];
static struct event as_posted[ARRAY_SIZE(posted_all)];
static unsigned machines;
static struct work *queue[4];
static unsigned queued;

/* ---- tables, memory ---- */
unsigned arch_pa_bits(void)
{
	return 40;
}

const struct acpi_machine *acpi_machine(void)
{
	return &machine;
}

int acpi_machine_find(const void *fdt, struct why *why)
{
	return machine.has_tables ? 0 : refuse(why, ENODEV, "no tables");
}

bool madt_read(struct madt *m, const struct tables *t)
{
	WANT(t->log == tables_discard && t->left_out == machine.tables.left_out);
	m->nr_cpus = t->left_out;
	return true;
}

u32 madt_irq(const struct madt *m, u32 gsi, paddr_t controller)
{
	WANT(m->nr_cpus == machine.tables.left_out);
	return controller == irqchip_pa ? gsi + 1000 : 0;
}

void tables_discard(const char *sentence)
{
}

const struct srat_range *srat_window(const struct srat *s, paddr_t pa, u64 len)
{
	WANT(s == &machine.srat);
	return window && pa >= window->pa && pa + len <= window->pa + window->len ? window : NULL;
}

bool srat_has_windows(const struct srat *s)
{
	return has_windows;
}

const struct mem_range *region_find(enum region_kind array, paddr_t pa, u64 len)
{
	static const struct mem_range ram = { 0, ~0ul, MEM_RAM, 0 };

	WANT(pa >= len); /* the arguments are not swapped */
	if (array == MEM_WITHHELD)
		return withheld ? &ram : NULL;
	WANT(array == MEM_RAM);
	return ram_at_boot ? &ram : NULL;
}

bool region_is_ram(paddr_t pa, u64 len)
{
	WANT(pa >= len);
	return ram_at_boot;
}

const struct table *tables_find(const struct tables *t, const char *name, unsigned n)
{
	WANT(t == &machine.tables && !strcmp(name, "NFIT") && !n);
	return t->nr ? &t->table[0] : NULL;
}

u64 table_u64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, 8);
	return v;
}

u32 table_u32(const u8 *p)
{
	return (u32)table_u64(p);
}

u16 table_u16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

int pmem_claim(const struct event_source *s, paddr_t pa, u64 len, struct why *why)
{
	WANT(s == source_of("pmem") && pa && len && pa >= len);
	claims++;
	return claimed_elsewhere ? refuse(why, EEXIST, "claimed elsewhere") : 0;
}

void pmem_release(const struct event_source *s, paddr_t pa, u64 len)
{
	WANT(s == source_of("pmem") && (!len || pa >= len));
	claims = len ? claims : 0;
	releases += !!len;
}

/* ---- events and works ---- */
bool event_post(struct event *e)
{
	WANT(e->source && e->cookie);
	if (e->pending)
		return false;
	e->pending = 1;
	WANT(posts < ARRAY_SIZE(posted_all));
	as_posted[posts] = *e;
	posted_all[posts++] = posted = e;
	return true;
}

bool event_pending(const struct event *e)
{
	return e->pending;
}

bool work_post(struct work *w)
{
	for (unsigned i = 0; i < queued; i++)
		if (queue[i] == w)
			return false;
	WANT(queued < ARRAY_SIZE(queue));
	queue[queued++] = w;
	return true;
}

static void log_line(const char *sentence)
{
	size_t at = strlen(said);

	snprintf(said + at, sizeof(said) - at, "%s|", sentence);
}

void event_remark(const char *source, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	WANT(source_of(source) != NULL);
	log_line(text);
}

void log_wrapped(const char *label, const char *rest, unsigned indent, const char *text)
{
	char line[200];

	snprintf(line, sizeof(line), "%s %s", label, text);
	log_line(line);
}

void kprintf(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[strcspn(text, "\n")] = 0;
	if (strcmp(text, "aml starts"))
		log_line(text);
}

/* ---- for the tests ---- */
static void answer_all(int code)
{
	for (unsigned i = 0; i < posts; i++)
		if (posted_all[i]->pending) {
			posted = posted_all[i];
			answered(code);
		}
}

/* Removes the devices, so that the sources can stop. */
static void all_leave(void)
{
	answer_all(-EINVAL);
	posts = 0;
	for (unsigned i = 0; i < devices_nr; i++) {
		devices[i].sta_code = devices[i].ost_code = 0;
		devices[i].sta = 0;
	}
	acpi_source_look();
	fit = "";
	fit_bytes = fit_code = 0;
	if (has_nvdimms && !no_nvdimm_handler)
		notify_nvdimms(0x80);
	works();
	answer_all(0);
	works();
	WANT(acpi_source_stop(NULL) == 0);
}

void fake_begin(void)
{
	if (acpi_source_running())
		all_leave();
	aml_begin();
	memset(&machine, 0, sizeof(machine));
	machine.tables.left_out = ++machines; /* distinguishes the machines */
	machine.root = 0x7000;
	machine.has_tables = true;
	posts = claims = releases = queued = 0;
	ram_at_boot = withheld = has_windows = claimed_elsewhere = false;
	window = NULL;
	posted = NULL;
	said[0] = 0;
}

/* The core owns an event from its post to its answer. */
static bool untouched(const struct event *e)
{
	unsigned n = posts;

	while (n && posted_all[n - 1] != e)
		n--;
	return n && !memcmp(&as_posted[n - 1].source, &e->source,
			    sizeof(*e) - offsetof(struct event, source));
}

int answered(int code)
{
	const struct event_answer a = { .code = code, .why = "" };

	WANT(posted && posted->pending && untouched(posted));
	posted->pending = 0;
	return posted->source->answer(posted, &a);
}

void works(void)
{
	while (queued) {
		struct work *w = queue[--queued];

		w->fn(w);
	}
}

const struct event_source *source_of(const char *name)
{
	reg_for_each (events, it)
		if (!strcmp((*it)->name, name))
			return *it;
	return NULL;
}

bool is_said(const char *sentences)
{
	bool right = !strcmp(said, sentences);

	if (!right)
		printf("# said \"%s\", wanted \"%s\"\n", said, sentences);
	said[0] = 0;
	return right;
}

int main(void)
{
	irqchip_pa = 0x8000000;
	look_tests();
	dimm_tests();
	request_tests();
	nvdimm_tests();
	nfit_tests();
	printf("acpi_devices: %u not so\n", want_failed);
	return want_failed != 0;
}
