/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio_mmio/main.c - drivers/virtio/virtio_mmio.c: which slots are silent, refused and
 * started; each access by its register and width; the interrupt and its acknowledgement.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/irq/irq.h>
#include <drivers/virtio/virtio_mmio.h>
#include <fakes/log.h>
#include <kern/args.h>
#include <kern/log.h>
#include <mm/hotplug/event.h>
#include <mm/vmalloc/ioremap.h>
#include <stdarg.h>
#include <string.h>
#include <want.h>

#define SLOTS 5
static u8 slots[SLOTS][0x200] __attribute__((aligned(8)));
static unsigned nr_slots, maps, unmaps, started;
static char log[256];
static const struct virtio_transport *transport;
static void (*wire)(void *);
static void *wire_arg;
static unsigned handled, turned_off;
static int irq_code;
static const char *irq_word = "auto";

/* ---- what the file needs ---- */
static void note(const char *how, const volatile void *p, unsigned bytes)
{
	size_t at = strlen(log);

	snprintf(log + at, sizeof(log) - at, " %s%u:%lx", how, bytes * 8,
		 ((uintptr_t)p - (uintptr_t)slots) % sizeof(slots[0]));
}

#define ACCESS(bits)                                                                               \
	u##bits mmio_read##bits(const volatile void *p)                                            \
	{                                                                                          \
		note("r", p, bits / 8);                                                            \
		return *(const volatile u##bits *)p;                                               \
	}                                                                                          \
	void mmio_write##bits(volatile void *p, u##bits v)                                         \
	{                                                                                          \
		note("w", p, bits / 8);                                                            \
		*(volatile u##bits *)p = v;                                                        \
	}
ACCESS(8)
ACCESS(16)
ACCESS(32)

int fdt_next_compatible(const void *fdt, int from, const char *const *compatible)
{
	(void)fdt;
	WANT_TEXT(compatible[0], "virtio,mmio");
	return from + 1 < (int)nr_slots ? from + 1 : -1;
}

int fdt_registers(const void *fdt, int node, struct device *d, struct why *why)
{
	(void)why;
	*d = (struct device) { .fdt = fdt, .node = node, .nr_regs = 1 };
	d->pa[0] = 0x1000 * (u64)node;
	d->len[0] = 0x200;
	return 0;
}

u32 fdt_interrupt(const void *fdt, int node, unsigned n, u32 *flags)
{
	WANT(!fdt && slots[node] && !n);
	*flags = 0;
	return 7;
}

volatile void *kpt_map_device(paddr_t pa, u64 len)
{
	WANT(len == 0x200);
	maps++;
	return slots[pa / 0x1000];
}

void iounmap(volatile void *p)
{
	(void)p;
	unmaps++;
}

int irq_request(u32 irq, u32 flags, const char *name, void (*fn)(void *), void *arg)
{
	WANT(irq == 7 && !flags);
	WANT_TEXT(name, "fake");
	wire = fn;
	wire_arg = arg;
	return irq_code;
}

void irq_turn_off(u32 irq, const char *reason)
{
	WANT(irq == 7 && *reason);
	turned_off++;
}

bool irq_is_off(u32 irq)
{
	return irq == 7 && turned_off;
}

const char *arg_text_of(const char *prefix, enum arg_id id, const char *dflt)
{
	WANT(!dflt);
	WANT_TEXT(prefix, "fake");
	WANT(id == ARG_IRQ);
	return irq_word;
}

bool cpu_pause_within(struct cpu_pause *p, u64 us)
{
	p->rounds++;
	return us == 77;
}

/* ---- the driver ---- */
static bool on_interrupt(void *arg)
{
	const struct virtio_transport *t = arg;

	handled++;
	return t->read(t, VIRTIO_ISR, 0, 1) != 0;
}

static int start(const struct virtio_transport *t, struct why *why)
{
	(void)why;
	transport = t;
	started++;
	return t->listen(t, on_interrupt, (void *)(uintptr_t)t);
}

static const struct virtio_mmio_driver driver = { .name = "fake", .device = 24, .start = start };
VIRTIO_MMIO_DRIVER(fake, driver);

static void put(unsigned slot, unsigned at, u32 v)
{
	memcpy(&slots[slot][at], &v, 4);
}

static void slot(unsigned n, u32 magic, u32 version, u32 id)
{
	put(n, 0, magic);
	put(n, 4, version);
	put(n, 8, id);
}

extern const struct event_source *const __start_reg_events[];

static void find(unsigned nr)
{
	nr_slots = nr;
	maps = unmaps = 0;
	log[0] = '\0';
	fake_log_clear();
	WANT(!__start_reg_events[0]->init(NULL, NULL));
}

/* ---- the cases ---- */
static void discovery(void)
{
	slot(0, 0x74726976, 1, 0);  /* empty and legacy */
	slot(1, 0x74726976, 2, 4);  /* without a driver */
	slot(2, 0x74726976, 1, 24); /* legacy */
	slot(3, 0x12345678, 2, 24);
	find(4);
	WANT_TEXT(fake_log,
		  "virtio-mmio 0x2000: device 24 has registers of version 1, and only 2 is "
		  "supported\n"
		  "virtio-mmio 0x3000: no virtio device: its magic is 0x12345678\n");
	WANT_TEXT(log, " r32:0 r32:4 r32:8 r32:0 r32:4 r32:8 r32:0 r32:4 r32:8 r32:0");
	WANT(maps == 4 && unmaps == 4 && !started);
	slot(3, 0x74726976, 2, 24);
	find(5);
	WANT(started == 1 && maps == 5 && unmaps == 4); /* the device's stays */
}

static void access(enum virtio_structure s, u32 at, unsigned bytes, const char *read,
		   const char *written)
{
	log[0] = '\0';
	transport->read(transport, s, at, bytes);
	WANT_TEXT(log, read);
	log[0] = '\0';
	if (!written)
		return;
	transport->write(transport, s, at, bytes, 0);
	WANT_TEXT(log, written);
}

static void registers(void)
{
	struct cpu_pause p = { 0 };

	access(VIRTIO_COMMON, 0x00, 4, " r32:14", " w32:14");
	access(VIRTIO_COMMON, 0x04, 4, " r32:10", NULL);
	access(VIRTIO_COMMON, 0x08, 4, " r32:24", " w32:24");
	access(VIRTIO_COMMON, 0x0c, 4, " r32:20", " w32:20");
	access(VIRTIO_COMMON, 0x14, 1, " r32:70", " w32:70");
	access(VIRTIO_COMMON, 0x15, 1, " r32:fc", NULL);
	access(VIRTIO_COMMON, 0x16, 2, " r32:30", " w32:30");
	access(VIRTIO_COMMON, 0x18, 2, " r32:44 r32:34", " w32:38");
	access(VIRTIO_COMMON, 0x1c, 2, " r32:44", " w32:44");
	access(VIRTIO_COMMON, 0x1e, 2, "", NULL);
	for (unsigned i = 0; i < 6; i++) {
		char r[16], w[16];
		unsigned at = 0x80 + 0x10 * (i / 2) + 4 * (i % 2);

		snprintf(r, sizeof(r), " r32:%x", at);
		snprintf(w, sizeof(w), " w32:%x", at);
		access(VIRTIO_COMMON, 0x20 + 4 * i, 4, r, w);
	}
	access(VIRTIO_DEVICE, 8, 2, " r16:108", NULL);
	access(VIRTIO_DEVICE, 16, 4, " r32:110", NULL);
	log[0] = '\0';
	transport->write(transport, VIRTIO_NOTIFY, 0, 2, 0);
	WANT_TEXT(log, " w32:50");
	put(3, 0x34, 256);
	WANT(transport->read(transport, VIRTIO_COMMON, 0x18, 2) == 256);
	put(3, 0x44, 1); /* in use already */
	WANT(transport->read(transport, VIRTIO_COMMON, 0x18, 2) == 0);
	WANT(transport->device_len == 0x100 && transport->notify_len >= 2);
	WANT(transport->wait(transport, &p, 77) && !transport->wait(transport, &p, 78));
}

static void interrupts(void)
{
	u32 ack;

	for (u32 status = 0; status < 4; status++) {
		put(3, 0x60, status);
		put(3, 0x64, 0xa5);
		handled = 0;
		wire(wire_arg);
		memcpy(&ack, &slots[3][0x64], 4);
		WANT(handled == 1 && ack == (status ? status : 0xa5));
	}
	__start_reg_events[0]->poll();
	WANT(handled == 1); /* it has a wire */
	put(3, 0x60, 0);
	for (unsigned i = 0; i < 1000; i++) {
		WANT(!turned_off);
		wire(wire_arg);
	}
	WANT(turned_off == 1);
	handled = 0;
	__start_reg_events[0]->poll();
	WANT(handled == 1);
	turned_off = 0;
	for (unsigned i = 0; i < 2; i++) { /* no handler is left, or it is not wanted */
		irq_code = i ? 0 : -ENODEV;
		irq_word = i ? "polled" : "auto";
		transport->listen(transport, on_interrupt, (void *)(uintptr_t)transport);
		handled = 0;
		__start_reg_events[0]->poll();
		WANT(handled == 1);
	}
}

int main(void)
{
	discovery();
	registers();
	interrupts();
	printf("virtio_mmio: %u not so\n", want_failed);
	return want_failed != 0;
}
