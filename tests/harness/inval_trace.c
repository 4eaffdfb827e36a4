/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/inval_trace.c - see inval_trace.h. */
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/harness/inval_trace.h>

static bool inside(vaddr_t va, vaddr_t from, u64 len)
{
	return va - from < len;
}

static bool stores(const struct pt_event *e, const struct pt_fmt *fmt, vaddr_t va)
{
	return e->kind == PT_EV_SET && e->level < fmt->levels &&
	       inside(va, e->va, e->n * pt_span(fmt, e->level));
}

/* The store that removed the leaf: searches back from the end to the map, at the lowest level; a
 * table above it is removed later.  -1: none is known. */
static int store_of(const struct pt_event *e, unsigned nr, const struct pt_fmt *fmt, vaddr_t va)
{
	int at = -1;

	for (unsigned i = nr; i-- > 0;) {
		if (!stores(&e[i], fmt, va))
			continue;
		if (!e[i].old && at >= 0)
			break;
		if (e[i].old && (at < 0 || e[i].level < e[at].level))
			at = (int)i;
	}
	return at;
}

static void take_tlbi(struct inval_trace *o, const struct pt_event *e, vaddr_t va, cpumask_t cpus)
{
	bool here = !e->len || inside(va, e->va, e->len);
	enum inval_done done = !here                      ? DONE_ELSEWHERE
			       : (e->cpus & cpus) != cpus ? DONE_PARTLY
							  : DONE_NO_WAIT;

	if (done < o->done) /* an earlier one reached more CPUs */
		return;
	o->done = done;
	o->tlbi_va = e->va;
	o->tlbi_len = e->len;
	o->tlbi_cpu = e->cpu;
	o->tlbi_cpus = e->cpus;
	o->walk = e->walk;
	o->waited = false;
}

static void take_after(struct inval_trace *o, const struct pt_event *e, vaddr_t va, cpumask_t cpus)
{
	if (e->kind == PT_EV_TLBI)
		take_tlbi(o, e, va, cpus);
	else if (e->kind == PT_EV_WAIT && o->done != DONE_NOTHING && e->cpu == o->tlbi_cpu)
		o->waited = true;
}

void inval_trace_find(const struct pt_event *events, unsigned nr, const struct pt_fmt *fmt,
		      vaddr_t va, cpumask_t cpus, struct inval_trace *o)
{
	int at = store_of(events, nr, fmt, va);
	const struct pt_event *e = &events[at];

	memset(o, 0, sizeof(*o));
	if (at < 0)
		return;
	o->known = true;
	o->level = e->level;
	o->cpu = e->cpu;
	o->duty = e->duty;
	o->span = pt_span(fmt, e->level);
	o->n = e->n;
	o->va = e->va;
	o->old = e->old;
	o->new = e->new;
	for (unsigned i = (unsigned)at + 1; i < nr; i++)
		take_after(o, &events[i], va, cpus);
	if (o->done == DONE_NO_WAIT && o->waited)
		o->done = DONE_ALL;
}

const char *inval_done_word(enum inval_done done)
{
	static const char *const words[] = {
		[DONE_NOTHING] = "nothing", [DONE_ELSEWHERE] = "elsewhere",
		[DONE_PARTLY] = "partly",   [DONE_NO_WAIT] = "no-wait",
		[DONE_ALL] = "all",
	};

	return done < sizeof(words) / sizeof(words[0]) ? words[done] : "?";
}

const char *cpus_text(cpumask_t cpus, char buf[static 64])
{
	size_t at = (size_t)snprintf(buf, 64, "%s ",
				     !cpus               ? "no CPU"
				     : cpus & (cpus - 1) ? "CPUs"
							 : "CPU"),
	       lead = at;

	if (!cpus)
		buf[at - 1] = 0;
	for (unsigned c = 0; c < 64 && at < 56; c++) {
		unsigned last = c;

		if (!(cpus >> c & 1))
			continue;
		while (last < 63 && cpus >> (last + 1) & 1)
			last++;
		at += (size_t)snprintf(buf + at, 64 - at, "%s%u", at > lead ? "," : "", c);
		if (last > c)
			at += (size_t)snprintf(buf + at, 64 - at, "-%u", last);
		c = last;
	}
	return buf;
}

void inval_trace_text(const struct inval_trace *o, cpumask_t cpus, char *buf, size_t size)
{
	char who[64];

	if (!(o->duty & (PT_DUTY_TLBI | PT_DUTY_TLBI_WALK | PT_DUTY_BREAK)))
		snprintf(buf, size, "no invalidation, by the rule of this format");
	else
		snprintf(buf, size, "TLBI of %s on %s, complete before its frame is free",
			 o->duty & PT_DUTY_TLBI_WALK ? "this table and the walks through it"
						     : "this leaf",
			 cpus_text(cpus, who));
}

void done_text(const struct inval_trace *o, char *buf, size_t size)
{
	char what[64], who[64];

	if (o->done == DONE_NOTHING) {
		snprintf(buf, size, "no TLBI after that store");
		return;
	}
	if (o->tlbi_len)
		snprintf(what, sizeof(what), "%s", range_text(o->tlbi_va, o->tlbi_len).text);
	else
		snprintf(what, sizeof(what), "everything");
	snprintf(buf, size, "TLBI of %s%s by CPU %u on %s%s, %s", what,
		 o->walk ? ", walks too," : "", o->tlbi_cpu, cpus_text(o->tlbi_cpus, who),
		 o->done == DONE_PARTLY ? " alone" : "",
		 o->done == DONE_ELSEWHERE ? "which leaves this address out"
		 : o->waited               ? "waited for"
					   : "and no wait for its completion");
}
