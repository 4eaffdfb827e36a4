/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unfinished.c - an entry that another CPU sees in parts is left out (mm/pt/pt_tap.h).
 *
 * In two ways: a writer is stopped in the middle, because the rest of its event is in a page that
 * is not readable yet; and each word of an entry is stored late (the program finds the ring by an
 * owner value that no other memory holds).
 */
#define _GNU_SOURCE
#include "taps.h"
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LAST_CPU (PT_TAP_CPUS - 1)
#define WORDS (sizeof(struct pt_event) / sizeof(u64))
#define OWNER 0x5afe0fe7a9c41d33ul /* of the event that is looked for */

static char *area; /* two pages; the second cannot be read before the fault */
static size_t page;
static unsigned faults, nr_known, writer, interrupt;
static struct pt_event known[2 * PT_TRACE_LAST];

/* The complete entries, while one is incomplete. */
static void check_known(void)
{
	static struct pt_event is[ARRAY_SIZE(known) + 1];

	WANT(pt_trace_copy(is, ARRAY_SIZE(is)) == nr_known);
	WANT(!memcmp(is, known, nr_known * sizeof(*is)));
}

static void record(unsigned cpu, unsigned kind)
{
	struct pt_event e = { .kind = (u8)kind, .n = 1, .va = nr_known };

	taps_cpu = cpu;
	taps_event(&e);
	known[nr_known++] = e;
}

static void on_fault(int nr, siginfo_t *info, void *context)
{
	(void)context;
	if ((char *)info->si_addr < area + page || (char *)info->si_addr >= area + 2 * page)
		abort();
	WANT(nr == SIGSEGV && ++faults == 1);
	check_known();
	if (interrupt) /* takes an entry of its own */
		record(writer, PT_EV_WAIT);
	check_known();
	WANT(!mprotect(area + page, page, PROT_READ | PROT_WRITE));
}

/*
 * The writer is stopped before the last word of its event, whose number is the entry's before the
 * last reset: the words stored until then are those that the entry had, and its sum was right once.
 */
static void stopped(unsigned cpu, unsigned before)
{
	struct pt_event *e = (void *)(area + page - sizeof(*e) + sizeof(u64)), whole;

	for (unsigned round = 0; round < 2; round++) {
		WANT(!pt_tap_enable("trace", true));
		nr_known = 0;
		for (unsigned i = 0; i < before; i++)
			record(cpu, PT_EV_SET);
		taps_cpu = writer = cpu;
		WANT(!mprotect(area + page, page, PROT_READ | PROT_WRITE));
		memset(e, 0, sizeof(*e));
		e->kind = PT_EV_TLBI;
		pt_tap_run_before(e);
		whole = *e;
		faults = 0;
		if (round)
			WANT(!mprotect(area + page, page, PROT_NONE));
		pt_tap_run_after(e);
		WANT(faults == round);
		if (round && interrupt) {
			known[nr_known] =
				known[nr_known - 1]; /* claimed after the one that waited */
			known[nr_known - 1] = whole;
			nr_known++;
		} else {
			known[nr_known++] = whole;
		}
		check_known();
	}
}

static __attribute__((no_sanitize("address"))) u64 *find(u64 *from, u64 *to)
{
	for (; from < to; from++)
		if (*from == OWNER)
			return from;
	return NULL;
}

/* Once: the program's own memory, no library's. */
static int look(struct dl_phdr_info *info, size_t size, void *found)
{
	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum && !*(u64 **)found; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		u64 at = (info->dlpi_addr + p->p_vaddr + 7) & ~7ul;

		if (p->p_type == PT_LOAD && p->p_flags & PF_W)
			*(u64 **)found = find((u64 *)at, (u64 *)(at + p->p_memsz - 8));
	}
	return 1;
}

static void late_words(void)
{
	struct pt_event e = { .kind = PT_EV_SET, .owner = (const char *)OWNER };
	u64 *ring = NULL;

	WANT(!pt_tap_enable("trace", true));
	nr_known = 0;
	record(0, PT_EV_SET);
	record(LAST_CPU, PT_EV_SET);
	taps_cpu = 0;
	taps_event(&e);
	record(LAST_CPU, PT_EV_SET);
	dl_iterate_phdr(look, &ring);
	WANT(ring);
	if (!ring)
		return;
	ring -= offsetof(struct pt_event, owner) / sizeof(u64);
	for (unsigned i = 0; i < WORDS; i++) {
		ring[i] ^= 1ul << (11 * i % 64);
		check_known();
		ring[i] ^= 1ul << (11 * i % 64);
	}
	known[3] = known[2];
	known[2] = e;
	nr_known = 4;
	check_known();
}

void check_unfinished(void)
{
	static const unsigned cpus[] = { 0, 1, LAST_CPU };
	struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	page = (size_t)sysconf(_SC_PAGESIZE);
	area = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	WANT(area != MAP_FAILED && !sigaction(SIGSEGV, &act, NULL));
	for (interrupt = 0; interrupt < 2; interrupt++)
		for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++)
			for (unsigned before = 0; before < PT_TRACE_LAST - 1; before++)
				stopped(cpus[i], before);
	interrupt = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++)
		stopped(cpus[i], PT_TRACE_LAST - 1);
	late_words();
	WANT(!pt_tap_enable("trace", false));
}
