// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/console.c - the console: whatever stdout-path names, else the first UART that answers,
 * else the firmware's own.  Input goes through a ring filled by the receive interrupt or the tick,
 * so that Ctrl-C is noticed while a test runs.  Ctrl-D is the end of input.
 */
#include <drivers/console.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/init.h>
#include <lib/string.h>
#include <libfdt.h>

#define RING 4096 /* a pasted script must not be lost */
#define CTRL_C 0x03
#define CTRL_D 0x04

static const struct uart *uart;
static struct device uart_device;
static char uart_name[32] = "none";
static volatile u32 head, tail;
static char ring[RING] NOINIT;
static volatile bool interrupted;

static void set_name(const char *name)
{
	size_t n = name ? strnlen(name, sizeof(uart_name) - 1) : 0;

	memcpy(uart_name, name, n);
	uart_name[n] = 0;
}

static const struct uart *driver_for(const void *fdt, int node)
{
	int len;
	const char *list = fdt_prop(fdt, node, "compatible", &len);

	reg_for_each (uarts, it)
		for (unsigned i = 0; list && (*it)->compatible && (*it)->compatible[i]; i++)
			if (fdt_stringlist_contains(list, len, (*it)->compatible[i]))
				return *it;
	return NULL;
}

static bool attach(const void *fdt, int node, volatile void *(*map)(paddr_t, u64))
{
	const struct uart *u = driver_for(fdt, node);

	if (!u || !fdt_node_okay(fdt, node) || fdt_device(fdt, node, &uart_device, NULL))
		return false;
	uart_device.regs[0] = map(uart_device.pa[0], uart_device.len[0]);
	if (!uart_device.regs[0] || u->probe(&uart_device))
		return false;
	uart = u;
	set_name(fdt_get_name(fdt, node, NULL));
	return true;
}

/* A driver without a compatible string needs no device: the firmware's console. */
static bool attach_firmware(void)
{
	reg_for_each (uarts, it) {
		memset(&uart_device, 0, sizeof(uart_device));
		uart_device.node = -1;
		if (!(*it)->compatible && !(*it)->probe(&uart_device)) {
			uart = *it;
			set_name("firmware");
			return true;
		}
	}
	return false;
}

int console_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len))
{
	int node = fdt ? fdt_stdout(fdt) : -1;
	unsigned nr = fdt ? fdt_index_nr(fdt) : 0;

	if (node >= 0 && attach(fdt, node, map))
		return 0;
	for (unsigned i = 0; i < nr; i++)
		if (attach(fdt, (int)fdt_index_at(i)->offset, map))
			return 0;
	return attach_firmware() ? 0 : -ENODEV;
}

void console_remap(volatile void *(*map)(paddr_t, u64 len))
{
	if (!uart || !uart_device.nr_regs)
		return;
	uart_device.regs[0] = map(uart_device.pa[0], uart_device.len[0]);
	if (!uart_device.regs[0] || uart->probe(&uart_device))
		uart = NULL;
}

static void receive(void *arg)
{
	(void)arg;
	if (uart->irq_ack)
		uart->irq_ack();
	console_poll();
}

void console_irq_init(const void *fdt)
{
	struct device d;

	if (!uart || !uart->irq_enable || !uart_device.nr_regs)
		return;
	if (fdt_device(fdt, uart_device.node, &d, NULL) || d.irq == ~0u)
		return;
	if (!irq_request(d.irq, d.irq_flags, "console", receive, NULL))
		uart->irq_enable();
}

void console_write(const char *text, size_t n)
{
	for (size_t i = 0; uart && i < n; i++) {
		if (text[i] == '\n')
			uart->putc('\r');
		uart->putc(text[i]);
	}
}

/* Single producer by construction: only the boot CPU's tick and receive interrupt call this. */
void console_poll(void)
{
	int c;

	while (uart && (c = uart->getc()) >= 0) {
		if (c == CTRL_C)
			interrupted = true;
		if (head - tail < RING)
			ring[head++ % RING] = (char)c;
	}
}

int console_getc(void)
{
	int c;

	if (head == tail)
		return -1;
	c = (u8)ring[tail++ % RING];
	return c == CTRL_D ? -2 : c;
}

bool console_interrupted(void)
{
	return interrupted;
}

void console_clear_interrupt(void)
{
	interrupted = false;
}

const char *console_name(void)
{
	return uart_name;
}
