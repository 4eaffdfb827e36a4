/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/soak_text.c - heartbeats, marks, the statistical bound and the summary of a soak;
 * see soak.h. */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <tlblab/soak_internal.h>

#define COLUMNS 79
#define BEAT_MS 5000
#define LONG_BEAT_MS 60000
#define LONG_MS 600000 /* a longer soak has a heartbeat once a minute */

const char *soak_time(u64 ms)
{
	static char text[4][16];
	static unsigned turn;
	char *t = text[turn++ % ARRAY_SIZE(text)];
	u64 s = ms / 1000;

	snprintf(t, sizeof(text[0]), "%02lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	return t;
}

void soak_mark(const char *text)
{
	struct soak_mark *m = &soak.saved.mark[soak.saved.nr_marks % SOAK_MARKS];

	m->ms = soak_now_ms();
	one_word(text, m->text, sizeof(m->text));
	soak.saved.nr_marks++;
	soak_save();
	kprintf("#: mark t=%s text=%s\n", soak_time(m->ms), m->text);
}

/* The CPU that is silent for the longest time: the first suspect if the machine hangs before the
 * next heartbeat. */
static unsigned quietest(u64 *ms)
{
	u64 now = arch_counter(), longest = 0;
	unsigned nr = 0;

	for (unsigned c = 0; c < cpus_nr; c++) {
		u64 gap = now - cpus[c].last_seen;

		if (!cpus[c].online || (s64)gap <= (s64)longest)
			continue;
		longest = gap;
		nr = c;
	}
	*ms = longest * 1000 / arch_counter_hz();
	return nr;
}

static u64 next_ms, last; /* when a heartbeat is due; the cycle of the last one */

void soak_beat_start(void)
{
	next_ms = soak_now_ms() + BEAT_MS;
	last = 0;
}

void soak_beat(bool now)
{
	u64 t = soak_now_ms(), quiet_ms;
	unsigned quiet;
	u64 step = !soak.saved.limit_ms || soak.saved.limit_ms > LONG_MS ? LONG_BEAT_MS : BEAT_MS;

	if (now ? last == soak.saved.cycles : t < next_ms)
		return;
	last = soak.saved.cycles;
	next_ms = t + (soak.saved.cycles <= 1 ? BEAT_MS : step); /* the second one follows soon */
	quiet = quietest(&quiet_ms);
	kprintf("#: beat t=%s test=soak.mix round=%lu seed=0x%lx fail=%lu ctl=%lu/%lu doing=%s "
		"quiet=%u:%lu geometry=%s\n",
		soak_time(t), soak.saved.cycles, soak.seed, soak.saved.failures, soak.saved.noticed,
		soak.saved.planted, soak.doing, quiet, quiet_ms, layout.fmt->name);
}

/* ---- the end ---- */

const char *soak_verdict(void)
{
	if (soak.no_memory)
		return "error";
	if (soak.saved.failures)
		return "fail";
	return soak.saved.noticed ? "pass" : "vacuous";
}

/* "1,904" */
static const char *thousands(u64 n)
{
	static char text[4][32];
	static unsigned turn;
	char *p = text[turn++ % ARRAY_SIZE(text)] + sizeof(text[0]) - 1;

	*p = 0;
	for (unsigned digits = 0; n || !digits; n /= 10, digits++) {
		if (digits && digits % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
	}
	return p;
}

void soak_wrapped(const char *label, const char *text)
{
	do {
		size_t room = COLUMNS - strlen(label), n = strlen(text);

		if (n > room)
			for (n = room; n && text[n] != ' '; n--)
				;
		n = n ? n : room; /* a word that is longer than a line */
		kprintf("%s%.*s\n", label, (int)n, text);
		text += n;
		text += *text == ' ';
		label = "#        ";
	} while (*text);
}

/* Seen 0 of N: with 95 % confidence the true rate is below 3/N (1 - 0.05^(1/N) is, for every N). */
static void failures(void)
{
	char head[64];

	snprintf(head, sizeof(head), "#   failures          %s", thousands(soak.saved.failures));
	if (soak.saved.failures)
		kprintf("%-30s of %s cycles\n", head, thousands(soak.saved.cycles));
	else if (soak.saved.cycles >= 3)
		kprintf("%-30s so fewer than 1 in %s cycles (95 %%)\n", head,
			thousands(soak.saved.cycles / 3));
	else
		kprintf("%-30s too few cycles for a bound\n", head);
	for (u64 i = 0; i < soak.saved.failures && i < SOAK_FAILURES; i++) {
		snprintf(head, sizeof(head), "#     %lu: ", i + 1);
		soak_wrapped(head, soak.saved.failure[i]);
	}
	if (soak.saved.failures > SOAK_FAILURES)
		kprintf("#     and %s more\n", thousands(soak.saved.failures - SOAK_FAILURES));
}

static void marks(void)
{
	unsigned n = soak.saved.nr_marks < SOAK_MARKS ? soak.saved.nr_marks : SOAK_MARKS;

	for (unsigned i = 0; i < n; i++)
		kprintf("#   mark              %s %s\n", soak_time(soak.saved.mark[i].ms),
			soak.saved.mark[i].text);
}

void soak_report(void)
{
	kprintf("# soak %s: %s cycles, %s failures, controls %lu/%lu, %s checked accesses\n",
		soak_time(soak_now_ms()), thousands(soak.saved.cycles),
		thousands(soak.saved.failures), soak.saved.noticed, soak.saved.planted,
		thousands(soak.saved.loads));
}

static void in_use(void)
{
	const struct soak_saved *k = &soak.saved;

	if (k->uses)
		kprintf("#   in use            %s operations, %s pages had to move\n",
			thousands(k->used), thousands(k->evicted));
	if (k->events)
		kprintf("#   devices           %s events answered, %s of them refused\n",
			thousands(k->events), thousands(k->refused));
	else if (k->uses)
		kprintf("#   devices           none added or removed memory; by hand, %s times\n",
			thousands(k->lives));
}

static void numbers(void)
{
	kprintf("#   controls          %s planted mistakes, %s noticed (every %luth cycle)\n",
		thousands(soak.saved.planted), thousands(soak.saved.noticed), soak.saved.control);
	if (soak.refused)
		kprintf("#   hot-plug          not run: %s\n", soak.refused);
	else
		kprintf("#   hot-plug          under fire %s times\n", thousands(soak.saved.fires));
	in_use();
	kprintf("#   longest silence   %lu ms (CPU %u)\n", soak.saved.silence_ms,
		soak.saved.silent_cpu);
	kprintf("#   clock             counter of %s Hz\n", thousands(arch_counter_hz()));
}

static void lives(void)
{
	const struct soak_saved *k = &soak.saved;

	for (u32 i = 0; i < k->rows; i++)
		if (k->row[i].cycles)
			kprintf("#   %-17s %s cycles\n", k->row[i].geometry,
				thousands(k->row[i].cycles));
	if (k->restarts + k->crashes + k->resets)
		kprintf("#   lives             %lu restart%s, %lu crash%s, %lu reset%s\n",
			k->restarts, k->restarts == 1 ? "" : "s", k->crashes,
			k->crashes == 1 ? "" : "es", k->resets, k->resets == 1 ? "" : "s");
}

void soak_verdict_line(const char *verdict)
{
	const struct soak_saved *k = &soak.saved;

	kprintf("#: soak verdict=%s cycles=%lu fail=%lu ctl=%lu/%lu marks=%u crashes=%lu\n",
		verdict, k->cycles, k->failures, k->noticed, k->planted, k->nr_marks, k->crashes);
}

void soak_summary(void)
{
	u64 ms = soak_now_ms();
	bool complete = soak.saved.limit_ms && ms >= soak.saved.limit_ms;

	kprintf("# soak %s %s: %s cycles, %s TLBIs, %s checked accesses\n", soak_time(ms),
		complete ? "complete" : "stopped", thousands(soak.saved.cycles),
		thousands(soak.saved.tlb_ops), thousands(soak.saved.loads));
	failures();
	numbers();
	lives();
	marks();
	soak_verdict_line(soak_verdict());
}
