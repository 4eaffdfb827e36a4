/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/kernel/range_apply.c - see mm/kernel/range_apply.h. */
#include <mm/kernel/kpt.h>
#include <mm/kernel/range_apply.h>
#include <mm/kernel/writer.h>
#include <mm/vmalloc/vmalloc.h>

static int apply_op(enum pt_op op, vaddr_t va, u64 len, unsigned node, pt_apply_fn *fn, void *arg,
		    struct why *why)
{
	enum pt_writer was;
	struct pt_gather g;
	struct pt_plan plan;
	int err;

	vmalloc_enter(); /* no removal frees a table that this CPU walks */
	was = writer_enter(PT_WRITER_APPLY);
	err = pt_plan(&kpt, &plan, op, va, len, 0, node, why);
	if (!err) {
		pt_gather_begin(&g, &kpt, NULL, 0);
		err = pt_apply(&plan, fn, arg, &g, why);
		pt_gather_flush(&g);
		pt_gather_release(&g);
	}
	pt_plan_end(&plan);
	writer_leave(was);
	vmalloc_leave();
	return err;
}

int range_apply(vaddr_t va, u64 len, unsigned node, pt_apply_fn *fn, void *arg, struct why *why)
{
	return apply_op(PT_OP_APPLY, va, len, node, fn, arg, why);
}

int range_apply_existing(vaddr_t va, u64 len, pt_apply_fn *fn, void *arg, struct why *why)
{
	return apply_op(PT_OP_EXISTING, va, len, 0, fn, arg, why);
}
