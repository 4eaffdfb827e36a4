/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/probe_check.c - check the results of a round of probes; a failure names the CPU and
 * the address.
 */
#include <tests/harness/util.h>

struct missed { /* the probes with a wrong result */
	u32 nr, tried;
	unsigned cpu, at; /* the first */
	cpumask_t cpus;
};

static void check_probe(struct missed *m, const struct probes *p, unsigned cpu, bool fault)
{
	for (unsigned i = 0; i < p->nr; i++) {
		m->tried++;
		if ((p->kind[cpu][i] != 0) == fault)
			continue;
		if (!m->nr++) {
			m->cpu = cpu;
			m->at = i;
		}
		m->cpus |= cpu_bit(cpu);
	}
}

static struct missed missed_of(const struct probes *p, cpumask_t cpus, bool fault)
{
	struct missed m = { 0 };

	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus & cpu_bit(c))
			check_probe(&m, p, c, fault);
	return m;
}

bool probes_want_faults(struct test_run *t, const char *file, int line, const struct probes *p,
			cpumask_t cpus)
{
	struct missed m = missed_of(p, cpus, true);

	if (!m.nr)
		return true;
	if (!t->failed && !t->twin)
		t->stale = (struct test_stale) {
			.known = true,
			.cpu = m.cpu,
			.va = p->va[m.at],
			.value = p->value[m.cpu][m.at],
			.asked = cpus,
			.reading = m.cpus,
			.tried = m.tried,
			.reads = m.nr,
		};
	test_fail(t, file, line, "stale translation: CPU %u reads 0x%lx (%u of %u probes)", m.cpu,
		  p->va[m.at], m.nr, m.tried);
	return false;
}

bool probes_want_reads(struct test_run *t, const char *file, int line, const struct probes *p,
		       cpumask_t cpus)
{
	struct missed m = missed_of(p, cpus, false);

	if (!m.nr)
		return true;
	test_fail(t, file, line, "CPU %u faults at 0x%lx, which is mapped (%u of %u probes)", m.cpu,
		  p->va[m.at], m.nr, m.tried);
	return false;
}
