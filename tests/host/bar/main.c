/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/bar/main.c - drivers/pci/bar_source.c: the BAR of a card that is memory, its kind, its
 * addition and removal; up to sixteen cards; the values that a window may read while the power is
 * off.
 */
#include <drivers/pci/pci.h>
#include <kern/args.h>
#include <kern/emulator.h>
#include <kern/probe.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/stale.h>
#include <mm/vmalloc/vmalloc.h>
#include <stdarg.h>
#include <string.h>
#include <want.h>

#define BLOCK (128 * MiB)
#define BANKS 16u
#define PAGE 4096ul
#define VA 0x1230000ul

static const struct pt_fmt format = { .page_shift = 12 };

static struct pci_function cards[BANKS + 1], bridges[3];
static struct pci_port ports[3];
static unsigned ports_nr, posts, lefts, stale, primed, va_taken, mapped;
static struct event *posted;
static const struct pci_function *left;
static int left_code;
static char left_why[40], remark[120];
static bool word_given, word, emulated, no_va, no_map, faults;
static u64 reads;

/* ---- functions that the file calls ---- */
bool arg_given(const struct args *a, enum arg_id id)
{
	WANT(!a && id == ARG_BAR_IS_RAM);
	return word_given;
}

bool arg_flag(const struct args *a, enum arg_id id)
{
	WANT(word_given && id == ARG_BAR_IS_RAM);
	return word;
}

bool emulated_board(void)
{
	return emulated;
}

bool event_post(struct event *e)
{
	WANT(!e->pending && e->source == *__start_reg_events);
	e->pending = 1;
	posted = e;
	posts++;
	return true;
}

bool event_pending(const struct event *e)
{
	return e->pending;
}

void event_remark(const char *source, const char *fmt, ...)
{
	va_list ap;

	WANT(!strcmp(source, PCI_SOURCE));
	va_start(ap, fmt);
	vsnprintf(remark, sizeof(remark), fmt, ap);
	va_end(ap);
}

void stale_prime(paddr_t pa, u64 len)
{
	WANT(pa == posted->range[0].pa && len == posted->range[0].len);
	primed++;
}

unsigned stale_check(void)
{
	WANT(!lefts); /* before the power is turned off */
	return stale;
}

void pci_unbound(struct pci_function *f, int code, const char *reason)
{
	left = f;
	left_code = code;
	snprintf(left_why, sizeof(left_why), "%s", reason);
	lefts++;
}

struct pci_port *pci_port_nth(unsigned n)
{
	return n < ports_nr ? &ports[n] : NULL;
}

const char *pci_irq_name(const struct pci_function *f)
{
	static const char *const names[] = { "polled", "INTx", "MSI", "MSI-X" };

	return names[f->how];
}

vaddr_t vmalloc_va_alloc(u64 pages)
{
	WANT(pages == 1);
	va_taken += !no_va;
	return no_va ? 0 : VA;
}

void vmalloc_va_free(vaddr_t va, u64 pages)
{
	WANT(va == VA && pages == 1 && va_taken && !mapped);
	va_taken--;
}

int vmalloc_map(vaddr_t va, const paddr_t *pa, u64 n, enum pt_prot prot)
{
	WANT(va == VA && n == 1 && *pa % PAGE == 0 && va_taken);
	WANT(prot == (PT_R | PT_DEVICE | PT_GLOBAL));
	mapped += !no_map;
	return no_map ? -ENOMEM : 0;
}

void vmalloc_unmap(vaddr_t va, u64 n)
{
	WANT(va == VA && n == 1 && mapped);
	mapped--;
}

int probe_load64(vaddr_t va, u64 *value)
{
	WANT(va == VA && mapped);
	*value = faults ? 5 : reads;
	return faults ? 3 : 0;
}

/* ---- cards ---- */
static const struct pci_driver *driver(void)
{
	return *__start_reg_pci_drivers;
}

static const struct event_source *source(void)
{
	return *__start_reg_events;
}

static void bar(unsigned card, unsigned n, u64 len, bool prefetch)
{
	cards[card].bar[n].len = len;
	cards[card].bar[n].prefetch = prefetch;
	cards[card].bar[n].pa = 0x1000000000 * (card + 1) + n * 0x100000000;
}

static int start(unsigned card, struct why *why)
{
	*why = (struct why) { 0 };
	return driver()->start(&cards[card], why);
}

static int answer(int code, const char *why)
{
	const struct event_answer a = { .code = code, .why = why };

	WANT(posted->pending);
	posted->pending = 0;
	lefts = 0;
	return source()->answer(posted, &a);
}

static bool is_left(unsigned card, int code, const char *why)
{
	return lefts == 1 && left == &cards[card] && left_code == code && !strcmp(left_why, why);
}

static bool describes(const char *wanted)
{
	char text[60];

	source()->describe(text, sizeof(text));
	if (strcmp(text, wanted))
		printf("# %s, wanted %s\n", text, wanted);
	return !strcmp(text, wanted);
}

/* Card n is removed in any state, and its power is turned off. */
static void leaves(unsigned n)
{
	lefts = 0;
	driver()->unbind(&cards[n]);
	if (posted->pending && posted->op == EVENT_REMOVE)
		answer(0, "");
	WANT(is_left(n, 0, ""));
	driver()->removed(cards[n].private);
}

/* ---- cases ---- */
static void classes(void)
{
	const struct pci_function ram = { .class = 0x050000 }, other = { .class = 0x058000 };

	WANT(driver()->match(&ram) && !driver()->match(&other));
}

static void largest(void)
{
	struct why why;

	memset(cards, 0, sizeof(cards));
	WANT(start(0, &why) == -EINVAL && !posts);
	WANT_TEXT(why.text, "the card has no prefetchable memory");
	bar(0, 0, 4 * GiB, false);
	WANT(start(0, &why) == -EINVAL);
	for (unsigned n = 0; n < PCI_BARS; n++) {
		memset(cards, 0, sizeof(cards));
		for (unsigned i = 0; i < PCI_BARS; i++)
			bar(0, i, i == n ? GiB : i & 1 ? 0 : MiB, true);
		bar(0, (n + 1) % PCI_BARS, 8 * GiB, false);
		posts = 0;
		WANT(start(0, &why) == 0 && posts == 1 && posted->nr_ranges == 1);
		WANT(posted->range[0].len == GiB && posted->range[0].pa == cards[0].bar[n].pa);
		WANT(posted->op == EVENT_ADD && posted->brings && !posted->here);
		WANT(answer(0, "") == EVENT_NO_OST && !lefts);
		leaves(0);
	}
}

/* RAM under an emulator or by an argument; less than a block is added as sub-sections. */
static void kinds(void)
{
	static const struct {
		bool emulated, given, word, ram;
	} rows[] = {
		{ false, false, false, false },
		{ true, false, false, true },
		{ true, true, false, false },
		{ false, true, true, true },
	};
	static const u64 lengths[] = { BLOCK / 2, BLOCK, 2 * BLOCK };
	struct why why;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned k = 0; k < ARRAY_SIZE(lengths); k++) {
			emulated = rows[i].emulated;
			word_given = rows[i].given;
			word = rows[i].word;
			memset(cards, 0, sizeof(cards));
			bar(0, 2, lengths[k], true);
			WANT(start(0, &why) == 0 && posted->uncached == !rows[i].ram);
			WANT(posted->kind == (!rows[i].ram ? EVENT_DEVICE
					      : k          ? EVENT_BLOCKS
							   : EVENT_SUBSECTIONS));
			answer(0, "");
			driver()->unbind(&cards[0]);
			WANT(posted->op == EVENT_REMOVE && posted->here);
			WANT(posted->kind == (!rows[i].ram ? EVENT_DEVICE
					      : k          ? EVENT_BLOCKS
							   : EVENT_SUBSECTIONS));
			answer(0, "");
			driver()->removed(cards[0].private);
		}
}

static void one_card(void)
{
	struct why why;

	memset(cards, 0, sizeof(cards));
	bar(0, 2, BLOCK, true);
	start(0, &why);
	WANT(describes("none (PCIE_SLOTS=2)"));
	answer(0, "");
	posts = 0;
	driver()->unbind(&cards[0]);
	WANT(posts == 1 && posted->op == EVENT_REMOVE && posted->range[0].len == BLOCK);
	primed = 0;
	source()->begin(posted);
	WANT(primed == 1);
	WANT(answer(-EBUSY, "in use") == EVENT_NO_OST && is_left(0, -EBUSY, "in use"));
	driver()->unbind(&cards[0]);
	WANT(posts == 2 && posted->here);
	remark[0] = 0;
	stale = 3;
	WANT(answer(0, "") == EVENT_NO_OST && is_left(0, 0, ""));
	WANT_TEXT(remark, "STALE: 3 of the addresses that CPUs used still read");
	stale = 0;
	driver()->removed(cards[0].private);
}

/* The slot requests the removal before the add is answered. */
static void asked_meanwhile(int code)
{
	struct why why;

	memset(cards, 0, sizeof(cards));
	bar(0, 2, BLOCK, true);
	start(0, &why);
	posts = lefts = 0;
	driver()->unbind(&cards[0]);
	WANT(!posts && !lefts);
	WANT(answer(code, "") == EVENT_NO_OST && posts == !code);
	if (!code) {
		WANT(posted->op == EVENT_REMOVE && posted->here && !lefts);
		answer(0, "");
	}
	WANT(is_left(0, 0, ""));
	driver()->removed(cards[0].private);
}

/* A refused card is not in use and can be removed at once. */
static void refused(void)
{
	struct why why;

	memset(cards, 0, sizeof(cards));
	bar(0, 2, BLOCK, true);
	start(0, &why);
	answer(-EINVAL, "misaligned");
	posts = 0;
	WANT(!lefts);
	leaves(0);
	WANT(!posts);
}

static void sixteen(void)
{
	struct why why;

	memset(cards, 0, sizeof(cards));
	for (unsigned again = 0; again < 2; again++) {
		for (unsigned i = 0; i <= BANKS; i++) {
			bar(i, 2, BLOCK, true);
			WANT(start(i, &why) == (i < BANKS ? 0 : -ENOMEM));
			if (i < BANKS)
				answer(0, "");
		}
		WANT_TEXT(why.text, "there are 16 memory BARs already");
		ports_nr = 1;
		WANT(describes("1 slot, 16 in use, MSI"));
		ports_nr = 0;
		for (unsigned i = 0; i < BANKS; i++)
			WANT(cards[i].private != cards[(i + 1) % BANKS].private);
		for (unsigned i = BANKS; i--;)
			leaves(i);
	}
}

/* While the power is off, reads return all ones or fault. */
static void window(u64 pa, bool fault, u64 value, const char *wanted)
{
	struct why why;

	memset(cards, 0, sizeof(cards));
	bar(0, 2, BLOCK, true);
	cards[0].bar[2].pa = pa;
	start(0, &why);
	answer(-EINVAL, "");
	faults = fault;
	reads = value;
	remark[0] = 0;
	leaves(0);
	WANT(!va_taken && !mapped);
	WANT_TEXT(remark, wanted);
}

static void windows(void)
{
	window(0x80000000, false, ~0ul, "");
	window(0x80000000, true, 0, "");
	window(0x80000000, false, 7, "0x80000000 still reads 0x7 with the power off");
	window(0x80000100, false, 7, "0x80000000 still reads 0x7 with the power off");
	no_map = true;
	window(0x80000000, false, 7, "");
	no_map = false;
	no_va = true;
	window(0x80000000, false, 7, "");
	no_va = false;
}

static void slots(void)
{
	WANT(describes("none (PCIE_SLOTS=2)"));
	ports_nr = 3;
	WANT(describes("2 slots, 0 in use, MSI/INTx"));
	bridges[2].how = PCI_MSI;
	WANT(describes("2 slots, 0 in use, MSI"));
	ports[2].hotplug = false;
	WANT(describes("1 slot, 0 in use, MSI"));
	ports_nr = 0;
}

int main(void)
{
	layout.fmt = &format;
	layout.block_bytes = BLOCK;
	for (unsigned i = 0; i < 3; i++)
		ports[i] = (struct pci_port) { .bridge = &bridges[i], .hotplug = i != 1 };
	bridges[0].how = PCI_MSI;
	bridges[1].how = PCI_MSIX; /* not in a slot */
	bridges[2].how = PCI_INTX;
	classes();
	largest();
	kinds();
	one_card();
	asked_meanwhile(0);
	asked_meanwhile(-EINVAL);
	refused();
	sixteen();
	windows();
	slots();
	printf("bar: %u not so\n", want_failed);
	return want_failed != 0;
}
