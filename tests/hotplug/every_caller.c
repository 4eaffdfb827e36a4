/* SPDX-License-Identifier: BSD-2-Clause */
/* Any CPU may add and remove, and invalidates the TLBs of all others. */
#include <tests/harness/util.h>

static struct {
	struct range r;
	struct why why;
	int err;
} call;

static void caller_up(void *arg)
{
	struct range *r = &call.r;

	(void)arg;
	call.err = hotplug_add(r->pa, r->len, r->node, &r->opts, NULL, &call.why);
	if (!call.err)
		call.err = hotplug_online(r->pa, r->len, ZONE_MOVABLE, NULL, &call.why);
}

static void caller_down(void *arg)
{
	struct range *r = &call.r;

	(void)arg;
	call.err = hotplug_offline(r->pa, r->len, NULL, &call.why);
	if (!call.err)
		call.err = hotplug_remove(r->pa, r->len, &r->opts, NULL, &call.why);
}

static int on_cpu(unsigned cpu, void (*fn)(void *))
{
	call.err = -EIO;
	cpu_run(cpu_bit(cpu), fn, NULL);
	return call.err;
}

static void one_cycle(struct test_run *t, unsigned cpu, struct probes *p)
{
	if (!CHECK_OK(t, on_cpu(cpu, caller_up), &call.why))
		return;
	PROBES_ALL_PRIMED(t, p);
	CHECK_OK(t, on_cpu(cpu, caller_down), &call.why);
	PROBES_ALL_FAULT(t, p);
}

TEST(hotplug, every_caller,
     .claim = "add, online, offline, remove on any CPU take effect on all others",
     .rows = "S0-01 S0-50", .identity = true, .needs = NEED_RANGE | NEED_SMP | NEED_REMOTE_TLB,
     .rev = 2)
{
	static struct probes p NOINIT;

	if (!range_get(t, &call.r, 1, "block"))
		return;
	p.nr = 0;
	probes_spread(&p, linear_va(call.r.pa), call.r.len, 4);
	probes_add(&p, ptr_va(pa_page(call.r.pa)) + 8);
	for (unsigned c = 0; c < cpus_nr; c++)
		if (cpus_online() & cpu_bit(c))
			one_cycle(t, c, &p);
}
