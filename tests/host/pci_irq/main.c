/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/pci_irq/main.c - drivers/pci/pci_irq.c: a wire is shared, so each of its handlers is
 * called and it is requested once; an interrupt that no handler claims is turned off, and is polled
 * from then on; a function that sends messages has an interrupt of its own, which is released when
 * it stops.
 */
#include <drivers/irq/irq.h>
#include <drivers/pci/pci_internal.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <mm/kernel/kpt.h>
#include <stdarg.h>
#include <string.h>
#include <want.h>

#define NONE (~0u)
#define NO_INTX 0x400u
#define FUNCTIONS 60u
#define CONTROLLER 7u
#define HANDLERS 48u /* limits of the file */
#define FIRST 100u   /* interrupt of the first message */
#define WIRES 200u   /* more wires */

static const char *word = "auto";

static struct pci_function fn[FUNCTIONS];
static u16 command[FUNCTIONS];
static unsigned called[FUNCTIONS];
static bool claims[FUNCTIONS];
static struct {
	u32 irq;
	void (*fn)(void *);
	void *arg;
	bool off;
} wire[HANDLERS + 4];
static unsigned requests, remarks, given;
static bool full, can_msix, can_msi, aims;
static u32 taken, controller;
static unsigned opened, closed; /* since the function was made */
static paddr_t table;
static char last[120];

/* ---- the controller ---- */
static u32 controller_of(void)
{
	return controller;
}

static u32 take(void)
{
	return taken == NONE ? NONE : taken++;
}

static void give(u32 irq)
{
	WANT(irq >= FIRST);
	given++;
}

static bool aim(u32 irq, unsigned cpu, struct irq_message *m)
{
	*m = (struct irq_message) { 0x1000, irq };
	return aims && cpu == 0;
}

static struct irq_messages messages = { controller_of, take, give, aim, false };
static const struct irqchip chip = { .messages = &messages };
const struct irqchip *irqchip = &chip;

/* ---- what the file needs ---- */

static unsigned wire_of(u32 irq)
{
	unsigned i = 0;

	while (i < ARRAY_SIZE(wire) - 1 && wire[i].irq != irq)
		i++;
	return i;
}

int irq_request(u32 irq, u32 flags, const char *name, void (*handler)(void *), void *arg)
{
	unsigned i = wire_of(0);

	WANT(wire[wire_of(irq)].irq != irq && flags == (irq >= FIRST && irq < WIRES ? 1 : 4));
	requests++;
	if (full)
		return -ENODEV;
	wire[i].irq = irq;
	wire[i].fn = handler;
	wire[i].arg = arg;
	return 0;
}

void irq_release(u32 irq)
{
	unsigned i = wire_of(irq);

	WANT(wire[i].irq == irq);
	memset(&wire[i], 0, sizeof(wire[i]));
}

void irq_turn_off(u32 irq, const char *reason)
{
	WANT(wire[wire_of(irq)].irq == irq && strstr(reason, "no device claims it"));
	wire[wire_of(irq)].off = true;
}

bool irq_is_off(u32 irq)
{
	return irq && wire[wire_of(irq)].irq == irq && wire[wire_of(irq)].off;
}

const char *arg_text_of(const char *source, enum arg_id id, const char *dflt)
{
	WANT(id == ARG_IRQ);
	return word;
}

struct pci_host *pci_host(void)
{
	return NULL;
}

u32 pci_host_messages(const struct pci_host *h, u32 requester)
{
	return requester == (1u << 8 | 2 << 3 | 3) ? CONTROLLER : 1;
}

int pci_capability(const struct pci_config *c, u8 id, unsigned after, struct why *why)
{
	WANT(id == 0x10 && !after);
	return 0x40;
}

struct pci_config pci_registers(volatile void *regs)
{
	return (struct pci_config) { .regs = regs };
}

volatile void *kpt_map_device(paddr_t pa, u64 len)
{
	static u8 page[4096];

	WANT(len == 16 && opened == 1); /* a port shows its entry once MSI-X is enabled */
	table = pa;
	return page + (pa & 0xfff);
}

void pci_remark(const struct pci_function *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last, sizeof(last), fmt, ap);
	va_end(ap);
	remarks++;
}

int pci_find_msi(const struct pci_config *c, struct pci_msi *m, struct why *why)
{
	*m = (struct pci_msi) { .cap = 0x50 };
	return can_msi ? 0 : -ENOENT;
}

int pci_find_msix(const struct pci_config *c, const struct pci_bar bar[PCI_BARS], struct pci_msi *m,
		  struct why *why)
{
	*m = (struct pci_msi) { .cap = 0x60, .table = true, .nr = 3, .bar = 1, .offset = 0x20 };
	return can_msix ? 0 : -ENOENT;
}

void pci_msix_open(const struct pci_config *c, const struct pci_msi *m)
{
	WANT(m->cap == 0x60);
	opened++;
}

int pci_msi_aim(const struct pci_config *c, const struct pci_msi *m, const struct irq_message *to,
		struct why *why)
{
	WANT(wire[wire_of(to->data)].irq == to->data); /* the handler is there before */
	return 0;
}

void pci_msi_close(const struct pci_config *c, const struct pci_msi *m)
{
	closed++;
}

/* ---- functions ---- */
static u32 get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	unsigned i = (unsigned)((const struct pci_function *)(const void *)c - fn);

	return at == PCI_COMMAND ? command[i] : at == 0x42 ? 1u << 9 : 0;
}

static void set(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	unsigned i = (unsigned)((const struct pci_function *)(const void *)c - fn);

	WANT(at == PCI_COMMAND && bytes == 2);
	command[i] = (u16)v;
}

static bool handler(void *arg)
{
	unsigned i = (unsigned)((struct pci_function *)arg - fn);

	called[i]++;
	return claims[i];
}

static bool calls(const char *wanted)
{
	char is[FUNCTIONS + 1] = "";

	for (unsigned i = 0; wanted[i]; i++)
		is[i] = (char)('0' + called[i]);
	memset(called, 0, sizeof(called));
	return !strcmp(is, wanted);
}

static void fresh(void)
{
	for (unsigned i = 0; i < FUNCTIONS; i++)
		if (fn[i].irq_used && fn[i].irq_used != NONE)
			pci_irq_release(&fn[i]);
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		fn[i] = (struct pci_function) { .config = { get, set, NULL },
						.irq = i < 2    ? 40
						       : i == 2 ? 41
								: NONE,
						.irq_flags = 4,
						.irq_used = NONE,
						.header = i == 3 };
		command[i] = NO_INTX | 6;
		claims[i] = false;
	}
	memset(called, 0, sizeof(called));
	requests = remarks = given = opened = closed = 0;
	word = "auto";
	full = can_msi = can_msix = false;
	aims = true;
	taken = FIRST;
	controller = CONTROLLER;
	messages.preferred = false;
}

static int ask(unsigned i)
{
	return pci_irq_request(&fn[i], handler, &fn[i]);
}

static void fires(u32 irq)
{
	unsigned i = wire_of(irq);

	WANT(wire[i].irq == irq && wire[i].fn);
	if (wire[i].fn)
		wire[i].fn(wire[i].arg);
}

/* Two share a wire, one has its own, one has none. */
static void wires(void)
{
	fresh();
	for (unsigned i = 0; i < 4; i++)
		WANT(!ask(i));
	WANT(requests == 2 && command[0] == 6 && command[2] == 6 && command[3] == (NO_INTX | 6));
	WANT(!strcmp(pci_irq_name(&fn[0]), "INTx") && !strcmp(pci_irq_name(&fn[3]), "polled"));
	fires(40);
	WANT(calls("1100"));
	fires(41);
	WANT(calls("0010"));
	pci_poll();
	WANT(calls("0001"));
	pci_irq_poll(&fn[0], "it is polled");
	WANT(remarks == 1 && command[0] == (NO_INTX | 6) && fn[0].irq_used == NONE);
	fires(40);
	WANT(calls("0100"));
	pci_poll();
	WANT(calls("1001"));
	for (unsigned i = 0; i < 4; i++)
		pci_irq_release(&fn[i]);
	fires(40);
	pci_poll();
	WANT(calls("0000"));
}

/* 1000 in a row that no handler claims: off, and polled from then on. */
static void unclaimed(void)
{
	fresh();
	for (unsigned i = 0; i < 4; i++)
		WANT(!ask(i));
	for (unsigned again = 0; again < 3; again++) {
		claims[again & 1] = true;
		fires(40);
		claims[again & 1] = false;
		for (unsigned n = 0; n < 999; n++)
			fires(40);
		WANT(!irq_is_off(40));
	}
	memset(called, 0, sizeof(called));
	pci_poll();
	WANT(calls("0001"));
	fires(40);
	WANT(irq_is_off(40) && !irq_is_off(41));
	memset(called, 0, sizeof(called));
	pci_poll();
	WANT(calls("1101"));
	for (unsigned i = 0; i < 4; i++)
		pci_irq_release(&fn[i]);
	memset(wire, 0, sizeof(wire));
}

static void chosen(void)
{
	fresh();
	word = "polled";
	WANT(!ask(0) && fn[0].how == PCI_POLLED && !requests);
	fresh();
	memset(wire, 0, sizeof(wire));
	full = true;
	fn[5].irq = 55;
	WANT(!ask(5) && fn[5].how == PCI_POLLED && command[5] == (NO_INTX | 6));
	full = false;
	WANT(!ask(5) && fn[5].how == PCI_INTX && requests == 2);
	pci_irq_release(&fn[5]);
	pci_irq_release(&fn[0]);
}

static void sends(unsigned i, const char *with, bool wired, const char *how)
{
	fresh();
	can_msi = can_msix = true;
	can_msix = how[3] == '-' || how[0] == 'I' || how[0] == 'p';
	word = with;
	fn[i].bus = 1;
	fn[i].slot = 2;
	fn[i].fn = 3;
	fn[i].irq = wired ? 41 : NONE;
	fn[i].bar[1].pa = 0x5000;
	WANT(!ask(i));
	if (strcmp(pci_irq_name(&fn[i]), how)) {
		printf("# FAIL %s by %s, wanted %s\n", with, pci_irq_name(&fn[i]), how);
		want_failed++;
	}
	if (fn[i].how < PCI_MSI)
		return;
	WANT(fn[i].irq_used == FIRST && requests == 1);
	if (fn[i].how == PCI_MSIX) /* a port's Express capability has the number of its entry */
		WANT(table == (i == 3 ? 0x5000 + 0x20 + 16 : 0x5000 + 0x20));
	opened = 0;
	fires(FIRST);
	WANT(called[i] == 1);
	pci_poll();
	WANT(called[i] == 1);
	pci_irq_release(&fn[i]);
	WANT(given == 1 && wire[wire_of(FIRST)].irq != FIRST && fn[i].irq_used == NONE);
	WANT(closed == 1 && fn[i].how == PCI_POLLED);
	WANT(!ask(i) && fn[i].irq_used == FIRST + 1); /* its source was free again */
	pci_irq_release(&fn[i]);
}

static void by_messages(void)
{
	memset(wire, 0, sizeof(wire));
	sends(2, "msi", true, "MSI-X");
	sends(3, "msi", true, "MSI-X");
	sends(2, "msi", true, "MSI");
	sends(2, "auto", false, "MSI-X");
	sends(2, "auto", true, "INTx");
	sends(2, "intx", true, "INTx");
	sends(2, "intx", false, "polled");
}

/* A message that cannot be used is reported and released. */
static void no_messages(void)
{
	fresh();
	memset(wire, 0, sizeof(wire));
	word = "msi";
	can_msix = can_msi = true;
	fn[2].bus = 1;
	fn[2].slot = 2;
	fn[2].fn = 3;
	fn[2].bar[1].pa = PA_NONE;
	WANT(!ask(2) && fn[2].how == PCI_MSI && remarks == 1);
	WANT(!strcmp(last, "MSI-X is not used: its table cannot be mapped"));
	pci_irq_release(&fn[2]);
	given = remarks = 0;
	aims = can_msix = false;
	WANT(!ask(2) && fn[2].how == PCI_INTX && remarks == 1 && given == 1);
	WANT(!strcmp(last, "MSI is not used: CPU 0 takes no messages"));
	pci_irq_release(&fn[2]);
	fn[2].irq = NONE;
	given = remarks = 0;
	WANT(!ask(2) && fn[2].how == PCI_POLLED && fn[2].irq_used == NONE && given == 1);
	pci_irq_release(&fn[2]);
	fn[2].irq = 41;
	taken = NONE;
	given = remarks = 0;
	WANT(!ask(2) && fn[2].how == PCI_INTX && remarks == 1 && !given);
	WANT(!strcmp(last, "MSI is not used: no interrupt is left for its messages"));
	pci_irq_release(&fn[2]);
	controller = 0;
	remarks = 0;
	WANT(!ask(2) && fn[2].how == PCI_INTX && !remarks);
	pci_irq_release(&fn[2]);
}

/* 48 wires and messages: the three wires requested above are still in use. */
static void sources(void)
{
	for (unsigned i = 0; i < HANDLERS - 2; i++) {
		if (i % 40 == 0) {
			fresh();
			memset(wire, 0, sizeof(wire));
		}
		fn[i].irq = WIRES + i;
		WANT(!ask(i) && fn[i].how == (i < HANDLERS - 3 ? PCI_INTX : PCI_POLLED));
	}
	fresh();
}

static void limits(void)
{
	fresh();
	memset(wire, 0, sizeof(wire));
	for (unsigned i = 0; i < HANDLERS; i++)
		WANT(!ask(i));
	WANT(ask(HANDLERS) == -ENOMEM);
	called[HANDLERS - 1] = 0;
	pci_poll();
	WANT(called[HANDLERS - 1] == 1);
	pci_irq_release(&fn[7]);
	WANT(!ask(HANDLERS));
	for (unsigned i = 0; i <= HANDLERS; i++)
		pci_irq_release(&fn[i]);
}

int main(void)
{
	wires();
	unclaimed();
	chosen();
	by_messages();
	no_messages();
	limits();
	sources();
	printf("pci_irq: %u not so\n", want_failed);
	return want_failed != 0;
}
