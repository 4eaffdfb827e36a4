/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/console.c - selects and drives the console.
 *
 * In this order: stdout-path of the tree; the first UART of the tree that has a driver, only if a
 * probe cannot hang the bus (the clock of a UART that firmware does not use may be off); the
 * console of firmware; serial0.  The receive interrupt or the tick moves input to a ring, so that
 * Ctrl-C is detected while a test runs.  Ctrl-D is the end of input.
 */
#include <arch/arch.h>
#include <drivers/console.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/irq.h>
#include <kern/args.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>

#define EARLYCON_BYTES 256 /* register range of a UART of earlycon= */

/* The console in use, NULL: none.  Written at boot only. */
static const struct uart *uart;
static struct device uart_device;
static char uart_name[32] = "none";

/* A name from the tree is not trusted: it is truncated. */
static void set_name(const char *name)
{
	size_t n = name ? strnlen(name, sizeof(uart_name) - 1) : 0;

	memcpy(uart_name, name, n);
	uart_name[n] = 0;
}

/* The driver with this compatible string, or NULL. */
static const struct uart *driver_of(const char *model)
{
	reg_for_each (uarts, it)
		for (unsigned i = 0; (*it)->compatible && (*it)->compatible[i]; i++)
			if (!strcmp((*it)->compatible[i], model))
				return *it;
	return NULL;
}

/* The list begins with the most specific string (devicetree specification 2.3.1).  A last string
 * without a terminator is ignored. */
static const struct uart *driver_for(const void *fdt, int node)
{
	int len;
	const char *at = fdt_prop(fdt, node, "compatible", &len);
	const struct uart *found = NULL;

	for (size_t n; at && len > 0 && !found; at += n, len -= (int)n) {
		n = strnlen(at, (size_t)len) + 1;
		if (n > (size_t)len)
			break;
		found = driver_of(at);
	}
	return found;
}

/* -ENODEV with the node's first compatible string, for the user to report. */
static int no_driver(const void *fdt, int node, struct why *why)
{
	int len;
	const char *list = fdt_prop(fdt, node, "compatible", &len);
	bool text = list && len > 0 && strnlen(list, (size_t)len) < (size_t)len;

	return refuse(why, ENODEV, "no driver for this UART: compatible = \"%.60s\"",
		      text ? list : "");
}

/* Use this node as the console.  -ENODEV with the reason: disabled, no driver, or its probe failed.
 * uart_device holds the device and its registers even then. */
static int console_attach(const void *fdt, int node, volatile void *(*map)(paddr_t, u64),
			  struct why *why)
{
	const struct uart *u = driver_for(fdt, node);
	const char *name = fdt_get_name(fdt, node, NULL);

	if (!fdt_node_okay(fdt, node))
		return refuse(why, ENODEV, "the status of %.40s is not okay", name);
	if (!u)
		return no_driver(fdt, node, why);
	if ((u->locate ? u->locate : fdt_device)(fdt, node, &uart_device, why))
		return -ENODEV;
	uart_device.regs[0] = map(uart_device.pa[0], uart_device.len[0]);
	if (!uart_device.regs[0] || u->probe(&uart_device))
		return refuse(why, ENODEV, "the driver refuses %.40s, reg %s", name,
			      range_text(uart_device.pa[0], uart_device.len[0]).text);
	uart = u;
	set_name(name);
	return 0;
}

/* Use the console of firmware: a driver without compatible strings needs no device. */
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

/* Use the first node of the tree that has a driver and can be probed. */
static int attach_first(const void *fdt, volatile void *(*map)(paddr_t, u64 len))
{
	unsigned nr = fdt ? fdt_index_nr(fdt) : 0;

	for (unsigned i = 0; i < nr; i++)
		if (driver_for(fdt, (int)fdt_index_at(i)->offset) &&
		    !console_attach(fdt, (int)fdt_index_at(i)->offset, map, NULL))
			return 0;
	return -ENODEV;
}

int console_init(const void *fdt, bool (*may_guess)(void), volatile void *(*map)(paddr_t, u64 len),
		 struct why *why)
{
	struct why first = { 0 };
	int node = fdt ? fdt_stdout(fdt, &first) : -1;
	bool found = (node >= 0 && !console_attach(fdt, node, map, &first)) ||
		     (may_guess() && !attach_first(fdt, map)) || attach_firmware();

	node = !found && fdt ? fdt_serial0(fdt) : -1;
	found |= node >= 0 && !console_attach(fdt, node, map, NULL);

	if (first.code)
		refuse(why, -first.code, "console: %s; %s is used%s", first.text, uart_name,
		       found || !fdt ? "" : " (earlycon=first tries every UART of the tree)");
	return found ? 0 : -ENODEV;
}

/* Parse the next comma-separated number; false: the end of the list, or no number. */
static bool next_number(const char **text, u64 *value)
{
	const char *end = strchr(*text, ',');
	size_t n = end ? (size_t)(end - *text) : strlen(*text);
	char word[24] = "";

	if (!n || n >= sizeof(word))
		return false;
	memcpy(word, *text, n);
	*text += n + (end != NULL);
	return !parse_number(word, value);
}

/* -ENODEV with the names that earlycon= accepts. */
static int wrong_name(const char *text, struct why *why)
{
	char names[128] = "";
	size_t n = 0;

	reg_for_each (uarts, it)
		if ((*it)->name && n < sizeof(names))
			n += (size_t)snprintf(names + n, sizeof(names) - n, " %s,", (*it)->name);
	return refuse(why, ENODEV, "earlycon=%.20s: first, or one of%s and an address", text,
		      names);
}

static const struct uart *driver_named(const char *text, size_t n)
{
	reg_for_each (uarts, it)
		if ((*it)->name && strlen((*it)->name) == n && !memcmp((*it)->name, text, n))
			return *it;
	return NULL;
}

int console_earlycon(const void *fdt, const char *text, volatile void *(*map)(paddr_t, u64 len),
		     struct why *why)
{
	const char *comma = strchr(text, ','), *at = comma ? comma + 1 : "";
	const struct uart *u = comma ? driver_named(text, (size_t)(comma - text)) : NULL;
	u64 pa, shift = 0, width = 1;

	if (!strcmp(text, "first"))
		return attach_first(fdt, map)
			       ? refuse(why, ENODEV,
					"earlycon=first: the tree has no UART with a driver")
			       : 0;
	if (!u)
		return wrong_name(text, why);
	if (!next_number(&at, &pa) || (*at && !next_number(&at, &shift)) ||
	    (*at && !next_number(&at, &width)) || *at || shift > 4 || width > 4)
		return refuse(why, EINVAL, "earlycon=%.40s: wanted NAME,ADDRESS[,SHIFT[,WIDTH]]",
			      text);
	uart_device = (struct device) {
		.node = -1,
		.pa = { pa },
		.len = { EARLYCON_BYTES },
		.nr_regs = 1,
		.reg_shift = (u32)shift,
		.reg_width = (u32)width,
		.irq = ~0u,
	};
	uart_device.regs[0] = map(pa, EARLYCON_BYTES);
	if (!uart_device.regs[0] || u->probe(&uart_device))
		return refuse(why, ENODEV, "earlycon=%.40s: the driver refuses it", text);
	uart = u;
	set_name(text);
	return 0;
}

void console_remap(volatile void *(*map)(paddr_t, u64 len))
{
	if (!uart || !uart_device.nr_regs)
		return;
	uart_device.regs[0] = map(uart_device.pa[0], uart_device.len[0]);
	if (!uart_device.regs[0] || uart->probe(&uart_device))
		uart = NULL;
}

static u32 receive_irq;

/* Receive interrupt, boot CPU. */
static void receive(void *arg)
{
	(void)arg;
	if (uart->irq_ack)
		uart->irq_ack();
	switch (console_receive(uart)) {
	case RX_SOME:
		irq_served(receive_irq);
		break;
	case RX_ENDLESS:
		irq_turn_off(receive_irq, "receives characters without end");
		break;
	case RX_NOTHING:
		break;
	}
}

void console_irq_init(const void *fdt)
{
	struct device d;

	if (!uart || !uart->irq_enable || !uart_device.nr_regs)
		return;
	if (fdt_device(fdt, uart_device.node, &d, NULL) || d.irq == ~0u)
		return;
	receive_irq = d.irq;
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
	/* The device receives the characters before the caller releases its lock: a release orders
	 * only memory, not I/O (RVWMO), so the next holder might otherwise read an old FIFO
	 * state. */
	arch_io_mb();
}

void console_poll(void)
{
	if (uart)
		console_fill(uart);
}

const char *console_name(void)
{
	return uart_name;
}
