/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: marked unsafe, but keeps its promise */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static const struct tlb_scheme *other(void)
{
	return tlb_scheme_find("ipi", NULL);
}

static u32 unsafe_but_sound_issue(const struct pt_inval *req, const struct pt_fmt *fmt,
				  cpumask_t cpus, u32 max_ops)
{
	return other()->issue(req, fmt, cpus, max_ops);
}

static void unsafe_but_sound_sync(void)
{
	other()->sync();
}

static void unsafe_but_sound_wait(void)
{
	other()->wait();
}

static void unsafe_but_sound_ctx(void)
{
	other()->ctx();
}

static const struct tlb_scheme unsafe_but_sound = {
	.s = { .name = "unsafe-but-sound",
	       .claim = "marked unsafe, but keeps its promise",
	       .unsafe = "wrong: no promise is broken",
	       .promises = PROMISE_ALL_CPUS },
	.issue = unsafe_but_sound_issue,
	.sync = unsafe_but_sound_sync,
	.wait = unsafe_but_sound_wait,
	.ctx = unsafe_but_sound_ctx,
};
TLB_SCHEME(unsafe_but_sound, unsafe_but_sound);
