/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/log.c - the ring in RAM and the way to the console.
 *
 * The ring is in `.noinit`, which is never cleared, so the log of the previous boot survives a warm
 * reset: it is copied aside before the first byte of this boot is written.  One lock around
 * formatting, ring and console keeps a message whole; it is the last lock class, so any context may
 * print.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <lib/atomic.h>
#include <lib/printf.h>
#include <lib/string.h>

#define RING_MAGIC "HOTPLATE-LOG-1"
#define RING_BYTES (64 * KiB)
#define RING_HEAD 64
#define RING_TEXT (RING_BYTES - RING_HEAD)

struct log_ring {
	char magic[16];
	u64 size;    /* of text */
	u64 at;      /* offset of the next byte */
	u64 written; /* bytes in all; if less than size, the rest of text was never written */
	u64 unused[3];
	char text[RING_TEXT];
};
_Static_assert(sizeof(struct log_ring) == RING_BYTES, "the ring is found in dumps by this layout");

static struct log_ring log_ring NOINIT
	__attribute__((aligned(64))); /* tools/hotplate ringdump looks up this name */
static char previous[RING_TEXT] NOINIT __attribute__((aligned(64)));
static size_t previous_len;
static bool ready;

static struct spinlock log_lock = SPINLOCK_INIT(LOCK_LOG, "log");
static void (*console)(const char *, size_t);
static u64 first_line;
static u32 emergency; /* CPU number + 1 of the one that may still print */

static char line[1024]; /* under the lock */

/* ---- ring ---- */

/* Does the ring hold a log of the previous boot?  At power-on its contents are arbitrary. */
static bool ring_plausible(void)
{
	return !memcmp(log_ring.magic, RING_MAGIC, sizeof(RING_MAGIC)) &&
	       log_ring.size == RING_TEXT && log_ring.written && log_ring.written < TiB &&
	       log_ring.at == log_ring.written % RING_TEXT;
}

static char to_printable(char c)
{
	return c == '\n' || (c >= ' ' && c <= '~') ? c : '?';
}

/* RAM may have lost bits while the machine was down: characters that are not printable become '?'.
 */
static void ring_recover(void)
{
	size_t len = log_ring.written < RING_TEXT ? log_ring.written : RING_TEXT;
	size_t from = log_ring.written < RING_TEXT ? 0 : log_ring.at;

	for (size_t i = 0; i < len; i++) {
		previous[i] = to_printable(log_ring.text[from]);
		from = from + 1 == RING_TEXT ? 0 : from + 1;
	}
	previous_len = len;
}

static void ring_append(const char *s, size_t n)
{
	while (n) {
		size_t room = RING_TEXT - log_ring.at, part = n < room ? n : room;

		memcpy(log_ring.text + log_ring.at, s, part);
		log_ring.at = part == room ? 0 : log_ring.at + part;
		log_ring.written += part;
		s += part;
		n -= part;
	}
}

void log_init(void)
{
	if (ready)
		return;
	if (ring_plausible())
		ring_recover();
	memset(&log_ring, 0, RING_HEAD);
	log_ring.size = RING_TEXT;
	memcpy(log_ring.magic, RING_MAGIC, sizeof(RING_MAGIC));
	ready = true;
}

const char *log_previous(size_t *len)
{
	*len = previous_len;
	return previous_len ? previous : NULL;
}

size_t log_tail(char *buf, size_t size)
{
	u64 flags = spin_lock_irqsave(&log_lock);
	size_t have = log_ring.written < RING_TEXT ? log_ring.written : RING_TEXT;
	size_t n = !size ? 0 : have < size - 1 ? have : size - 1;
	size_t from = log_ring.at >= n ? log_ring.at - n : log_ring.at + RING_TEXT - n;

	for (size_t i = 0; i < n; i++) {
		buf[i] = log_ring.text[from];
		from = from + 1 == RING_TEXT ? 0 : from + 1;
	}
	if (size)
		buf[n] = '\0';
	spin_unlock_irqrestore(&log_lock, flags);
	return n;
}

const void *log_place(size_t *bytes)
{
	*bytes = sizeof(log_ring);
	return &log_ring;
}

void log_sync(void)
{
	arch_dcache_clean_inval(ptr_va(&log_ring), sizeof(log_ring));
}

/* ---- console ---- */

static void console_line(const char *s, size_t n)
{
	console(s, n);
	if (s[n - 1] == '\n' && !first_line)
		first_line = arch_instret_since_entry();
	/* A slow UART is not a hang: interrupts are off here for as long as it takes */
	atomic_store_relaxed(&this_cpu()->last_seen, arch_counter());
}

static void console_text(const char *s, size_t n)
{
	while (n) {
		const char *end = memchr(s, '\n', n);
		size_t part = end ? (size_t)(end - s) + 1 : n;

		console_line(s, part);
		s += part;
		n -= part;
	}
}

void log_set_console(void (*write)(const char *, size_t))
{
	u64 flags = spin_lock_irqsave(&log_lock);

	console = write;
	spin_unlock_irqrestore(&log_lock, flags);
}

u64 log_first_line_instret(void)
{
	return first_line;
}

/* ---- printing ---- */

/* Unshown (release fence): it selects the CPU that prints, and publishes nothing. */
void log_emergency(void)
{
	atomic_store_release(&emergency, this_cpu()->nr + 1);
}

/*
 * False: another CPU is reporting a crash, so this one must not print.
 * Unshown (acquire fence): only a crash sets `emergency`. A CPU that reads it late prints one more
 * line, under the lock.
 */
static bool log_enter(u64 *flags)
{
	u32 owner = atomic_load_acquire(&emergency);

	if (owner) {
		*flags = arch_irq_save();
		if (owner == this_cpu()->nr + 1)
			return true;
		arch_irq_restore(*flags);
		return false;
	}
	*flags = spin_lock_irqsave(&log_lock);
	return true;
}

static void log_leave(u64 flags)
{
	if (atomic_load_relaxed(&log_lock.owner) == this_cpu()->nr + 1)
		spin_unlock_irqrestore(&log_lock, flags);
	else
		arch_irq_restore(flags);
}

/* ---- the transient line ---- */

static size_t transient; /* its width, on the console now */

static void transient_erase(void)
{
	static const char blanks[] = "                                                            "
				     "                    ";

	if (!transient)
		return;
	console("\r", 1);
	console(blanks, transient);
	console("\r", 1);
	transient = 0;
}

void log_transient(const char *text)
{
	u64 flags;

	if (!log_enter(&flags))
		return;
	if (console) {
		transient_erase();
		transient = text ? strnlen(text, 79) : 0;
		if (transient)
			console(text, transient);
	}
	log_leave(flags);
}

static void log_put(const char *s, size_t n)
{
	log_init();
	if (console)
		transient_erase();
	ring_append(s, n);
	if (console)
		console_text(s, n);
	else
		log_sync(); /* memory is the only way to read it, from outside or after a reset */
}

void kputs(const char *text)
{
	u64 flags;

	if (!log_enter(&flags))
		return;
	log_put(text, strlen(text));
	log_leave(flags);
}

void log_coloured(const char *code, const char *text)
{
	static const char reset[] = "\033[0m";
	u64 flags;

	if (!console)
		return kputs(text);
	if (!log_enter(&flags))
		return;
	transient_erase();
	console(code, strlen(code));
	log_put(text, strlen(text));
	console(reset, sizeof(reset) - 1);
	log_leave(flags);
}

void log_console(const char *codes, const char *text)
{
	u64 flags;

	if (!log_enter(&flags))
		return;
	if (console) {
		transient_erase();
		console(codes, strlen(codes));
	}
	ring_append(text, strlen(text));
	log_leave(flags);
}

void kvprintf(const char *fmt, va_list ap)
{
	static const char cut[] = "...\n";
	u64 flags;
	size_t n;

	if (!log_enter(&flags))
		return;
	n = (size_t)vsnprintf(line, sizeof(line), fmt, ap);
	if (n >= sizeof(line)) {
		n = sizeof(line) - 1;
		memcpy(line + sizeof(line) - sizeof(cut), cut, sizeof(cut));
	}
	log_put(line, n);
	log_leave(flags);
}

void kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvprintf(fmt, ap);
	va_end(ap);
}
