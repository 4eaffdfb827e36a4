/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio/bars.c - drivers/virtio/bars.c: each structure at its place in its BAR, by
 * accesses of the requested width; the interrupt, and the vector that MSI-X needs for changes of
 * the configuration (Virtio 1.2, 4.1.5.1.2).
 */
#include <drivers/virtio/bars.h>
#include <string.h>
#include <want.h>

static u8 space[PCI_BARS][64];
static struct virtio_caps caps;
static struct pci_function card;
static int caps_code, request_code;
static unsigned bar_gone, requests, polls;
static u32 vector_kept; /* what the device makes of a vector */
static bool paused;
static char access[16]; /* the last: its direction and width */

/* ---- what the file needs ---- */
static const volatile u8 *accessed(const volatile void *p, const char *how)
{
	const volatile u8 *at = p;

	WANT((uintptr_t)at - (uintptr_t)space < sizeof(space));
	snprintf(access, sizeof(access), "%s %u.%u", how,
		 (unsigned)(((uintptr_t)at - (uintptr_t)space) / 64),
		 (unsigned)(((uintptr_t)at - (uintptr_t)space) % 64));
	return at;
}

u8 mmio_read8(const volatile void *p)
{
	return *accessed(p, "r8");
}

u16 mmio_read16(const volatile void *p)
{
	return *(const volatile u16 *)accessed(p, "r16");
}

u32 mmio_read32(const volatile void *p)
{
	return *(const volatile u32 *)accessed(p, "r32");
}

void mmio_write8(volatile void *p, u8 v)
{
	accessed(p, "w8");
	*(volatile u8 *)p = v;
}

void mmio_write16(volatile void *p, u16 v)
{
	accessed(p, "w16");
	*(volatile u16 *)p = p == space[1] + 8 + 0x10 ? (u16)(v | vector_kept) : v;
}

void mmio_write32(volatile void *p, u32 v)
{
	accessed(p, "w32");
	*(volatile u32 *)p = v;
}

int virtio_find_caps(const struct pci_config *c, const struct pci_bar bar[PCI_BARS],
		     struct virtio_caps *v, struct why *why)
{
	WANT(c == &card.config && bar == card.bar);
	*v = caps;
	return caps_code ? refuse(why, -caps_code, "no caps") : 0;
}

volatile void *pci_map_bar(const struct pci_function *f, unsigned bar)
{
	WANT(f == &card && bar < PCI_BARS);
	return bar == bar_gone ? NULL : space[bar];
}

bool cpu_pause_within(struct cpu_pause *p, u64 us)
{
	WANT(us == 77);
	p->rounds++;
	return paused;
}

static bool on_interrupt(void *arg)
{
	return arg != NULL;
}

int pci_irq_request(struct pci_function *f, bool (*handler)(void *), void *arg)
{
	WANT(f == &card && handler == on_interrupt && arg == &card);
	requests++;
	return request_code;
}

void pci_irq_poll(struct pci_function *f, const char *why)
{
	WANT(f == &card);
	WANT_TEXT(why, "virtio: the device accepts no vector for its configuration: polled");
	polls++;
}

/* ---- the cases ---- */
static int open_card(struct virtio_bars *b, struct why *why)
{
	static const struct virtio_caps usual = {
		.at = { [VIRTIO_COMMON] = { true, 1, 8, 0x38 },
			[VIRTIO_NOTIFY] = { true, 2, 4, 24 },
			[VIRTIO_ISR] = { true, 2, 60, 1 },
			[VIRTIO_DEVICE] = { true, 5, 0, 40 } },
		.notify_multiplier = 12,
	};

	caps = usual;
	memset(b, 0xa5, sizeof(*b));
	return virtio_bars_open(b, &card, why);
}

static void places(void)
{
	struct virtio_bars b;
	struct why why = { 0 };
	const struct virtio_transport *t = &b.t;

	for (unsigned bar = 0; bar < PCI_BARS; bar++)
		for (unsigned i = 0; i < 64; i++)
			space[bar][i] = (u8)(bar << 4 ^ i);
	WANT(!open_card(&b, &why));
	WANT(t->device_len == 40 && t->notify_len == 24 && t->notify_multiplier == 12);
	WANT(b.f == &card);
	WANT(t->read(t, VIRTIO_COMMON, 0x14, 1) == (0x10 ^ 0x1c));
	WANT_TEXT(access, "r8 1.28");
	WANT(t->read(t, VIRTIO_COMMON, 0x18, 2) == ((0x10 ^ 0x20) | (0x10 ^ 0x21) << 8));
	WANT_TEXT(access, "r16 1.32");
	WANT(t->read(t, VIRTIO_DEVICE, 4, 4) == 0x57565554);
	WANT_TEXT(access, "r32 5.4");
	WANT(t->read(t, VIRTIO_ISR, 0, 1) == (0x20 ^ 60));
	t->write(t, VIRTIO_NOTIFY, 12, 2, 0x1234);
	WANT_TEXT(access, "w16 2.16");
	WANT(space[2][16] == 0x34 && space[2][17] == 0x12);
	t->write(t, VIRTIO_COMMON, 0x14, 1, 4);
	WANT_TEXT(access, "w8 1.28");
	t->write(t, VIRTIO_COMMON, 0x20, 4, 0x12345678);
	WANT_TEXT(access, "w32 1.40");
	WANT(space[1][40] == 0x78 && space[1][43] == 0x12);
}

static void faults(void)
{
	struct virtio_bars b;
	struct why why = { 0 };
	struct cpu_pause p = { 0 };

	caps_code = -ENOENT;
	WANT(open_card(&b, &why) == -ENOENT);
	WANT_TEXT(why.text, "no caps");
	caps_code = 0;
	for (unsigned bar = 0; bar < PCI_BARS; bar++) {
		bool used = bar == 1 || bar == 2 || bar == 5;
		char wanted[48];

		bar_gone = bar;
		why = (struct why) { 0 };
		WANT(open_card(&b, &why) == (used ? -ENOMEM : 0));
		snprintf(wanted, sizeof(wanted), "virtio: BAR %u cannot be mapped", bar);
		WANT_TEXT(why.text, used ? wanted : "");
	}
	bar_gone = PCI_BARS;
	WANT(!open_card(&b, &why));
	for (unsigned i = 0; i < 2; i++) {
		paused = i;
		WANT(b.t.wait(&b.t, &p, 77) == paused && p.rounds == i + 1);
	}
}

/* A device that accepts no vector returns 0xffff; one whose handler was refused is not accessed. */
static void interrupts(void)
{
	static const struct {
		enum pci_irq_kind how;
		int code;
		u16 kept;
		unsigned polls, vector;
	} rows[] = {
		{ PCI_MSIX, 0, 0, 0, 0 },          { PCI_MSIX, 0, 0xffff, 1, 0xffff },
		{ PCI_MSI, 0, 0xffff, 0, 0xa5a5 }, { PCI_INTX, 0, 0xffff, 0, 0xa5a5 },
		{ PCI_POLLED, 0, 0, 0, 0xa5a5 },   { PCI_MSIX, -ENOMEM, 0, 0, 0xa5a5 },
	};
	struct virtio_bars b;
	struct why why = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		WANT(!open_card(&b, &why));
		memset(space[1], 0xa5, sizeof(space[1]));
		card.how = (u8)rows[i].how;
		request_code = rows[i].code;
		vector_kept = rows[i].kept;
		requests = polls = 0;
		WANT(b.t.listen(&b.t, on_interrupt, &card) == rows[i].code);
		WANT(requests == 1 && polls == rows[i].polls);
		WANT((space[1][24] | space[1][25] << 8) == (int)rows[i].vector);
	}
}

void bars_tests(void); /* for main.c */

void bars_tests(void)
{
	bar_gone = PCI_BARS;
	places();
	faults();
	interrupts();
}
