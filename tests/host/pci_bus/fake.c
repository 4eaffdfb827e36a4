/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/pci_bus/fake.c - what the four files call, drivers included, and the log. */
#include "world.h"
#include <acts.h>
#include <drivers/fdt/fdt.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <mm/hotplug/event_history.h>
#include <mm/page/region.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <want.h>

unsigned pauses, claims_fail;
int place_code, switch_code, parse_code, node_is;
bool vanish_at_start;
u8 last_bus_is = 12;
static bool starting, booting;
static char text[6000], taken[6000];

void log_text(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	acts_add(text, sizeof(text), fmt, ap);
	va_end(ap);
}

const char *take_log(void)
{
	strcpy(taken, text);
	text[0] = '\0';
	return taken;
}

void kprintf(const char *fmt, ...)
{
	char line[250];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	WANT(line[0] && line[strlen(line) - 1] == '\n');
	line[strlen(line) - 1] = '\0';
	log_text("\"%s\"", line);
}

void event_remark(const char *source, const char *fmt, ...)
{
	char line[250];
	va_list ap;

	WANT_TEXT(source, "pcie");
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_text("remark \"%s\"", line);
}

bool cpu_pause_within(struct cpu_pause *p, u64 us)
{
	WANT(us == 1000000);
	pauses++;
	for (unsigned i = 0; i < world_nr; i++)
		world[i].not_ready -= world[i].not_ready != 0;
	return p->rounds++ < 5;
}

/* ---- the bridge, and the other files of the directory ---- */
int fdt_next_compatible(const void *fdt, int node, const char *const *compatible)
{
	WANT(fdt == world && node == -1);
	WANT_TEXT(compatible[0], "pci-host-ecam-generic");
	WANT(!compatible[1]);
	return node_is;
}

int pci_host_parse(const void *fdt, int node, struct pci_host *h, struct why *why)
{
	WANT(fdt == world && node == node_is);
	if (parse_code)
		return refuse(why, -parse_code, "no bridge");
	*h = (struct pci_host) { .fdt = fdt,
				 .ecam = ECAM,
				 .bus_first = FIRST,
				 .bus_last = last_bus_is,
				 .low = { .pa = 0x1000, .len = 0x20 },
				 .high = { .pa = 0x3000, .len = 0x40 } };
	return 0;
}

u32 pci_host_irq(const struct pci_host *h, unsigned slot, unsigned pin, u32 *flags)
{
	WANT(h->ecam == ECAM);
	*flags = 4;
	return slot << 4 | pin;
}

int region_claim(paddr_t pa, u64 len, enum region_claim kind, const char *name)
{
	WANT(kind == CLAIM_WINDOW && pci_bridge());
	WANT_TEXT(name, "the PCI bridge");
	log_text("claim %lx+%lx", pa, len);
	return claims_fail && !--claims_fail ? -ENOMEM : 0;
}

int pci_place_alone(struct pci_function *f, struct why *why)
{
	log_text("place %s", f->name);
	WANT(f->bar[0].len == (world[f->device - 0x100].bar ? 4096 : 0)); /* it is sized */
	return place_code ? refuse(why, -place_code, "no room") : 0;
}

int pci_place_behind(struct pci_port *p, struct why *why)
{
	struct pci_function *f;

	log_text("behind %u", p->bus);
	for (unsigned i = 0; (f = pci_nth(i)); i++)
		if (f->behind == p)
			WANT(f->bar[0].len ==
			     (f->driver && world[f->device - 0x100].bar ? 4096 : 0));
	return place_code ? refuse(why, -place_code, "no room") : 0;
}

/* BARs that were placed are found in the functions, which are known until then. */
void pci_unplace(struct pci_port *p)
{
	struct pci_function *f;
	unsigned n = 0;

	for (unsigned i = 0; (f = pci_nth(i)); i++)
		n += f->behind == p;
	WANT(p->low == PA_NONE && p->high == PA_NONE);
	/* no bridge forwards before its windows are closed */
	WANT(!booting || p->occupied || !(word_of(p->bridge->device - 0x100, 4, 2) & 2));
	log_text("unplace %u (%u)", p->bus, n);
}

int pci_place_switch(struct pci_port *port, struct pci_port *up, struct why *why)
{
	log_text("switch %u %u", port->bus, up->bus);
	WANT(port->upstream == up && port->occupied);
	return switch_code ? refuse(why, -switch_code, "too many") : 0;
}

void slot_begin(struct pci_port *p)
{
	log_text("slot %u", p->bus);
}

void slot_unbound(struct pci_port *p, int code, const char *reason)
{
	log_text("left %u %d \"%s\"", p->bus, code, code ? reason : "");
}

void pci_irq_release(struct pci_function *f)
{
	const struct fake *w = &world[f->device - 0x100];

	/* the table of MSI-X is behind a BAR, which decodes until then */
	WANT(!(f->started || starting) || w->space[4] & 2 || w->absent);
	starting = false;
	log_text("release %s", f->name);
}

/* ---- drivers ---- */
bool of_class(const struct pci_function *f, u32 class)
{
	return f->class == class;
}

static bool match_a(const struct pci_function *f)
{
	return of_class(f, CLASS_A) || of_class(f, CLASS_C);
}

static bool match_d(const struct pci_function *f)
{
	return of_class(f, CLASS_D);
}

int driver_start(struct pci_function *f, struct why *why)
{
	u32 command = word_of(f->device - 0x100, 4, 2);

	log_text("start %s", f->name);
	WANT(command == 0x406); /* it decodes */
	if (vanish_at_start)
		world[f->device - 0x100].absent = true;
	f->private = f->name;
	starting = of_class(f, CLASS_C) || vanish_at_start;
	if (of_class(f, CLASS_C) || vanish_at_start)
		return refuse(why, EIO, "no start of %s", f->name);
	return 0;
}

static void leave(struct pci_function *f)
{
	log_text("leave %s", f->name);
}

static void leave_at_once(struct pci_function *f)
{
	log_text("leave %s", f->name);
	pci_unbound(f, 0, "");
}

void driver_gone(void *private)
{
	log_text("gone %.7s", (const char *)private);
}

static const struct pci_driver a = { "a", match_a, driver_start, leave, driver_gone },
			       d = { "d", match_d, driver_start, leave_at_once, NULL };
PCI_DRIVER(a, a);
PCI_DRIVER(d, d);

/* ---- scenarios ---- */
void begin(void)
{
	booting = true;
	pci_init(world);
	booting = false;
}

struct pci_function *function_at(const char *name)
{
	struct pci_function *f;

	for (unsigned i = 0; (f = pci_nth(i)); i++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

void alone(void (*scenario)(void))
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		want_failed = 0;
		node_is = 3;
		scenario();
		fflush(stdout);
		_exit(want_failed != 0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		want_failed++;
}
