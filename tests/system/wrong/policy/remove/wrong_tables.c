/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: no table is freed. */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void wrong_tables_run(struct remove_job *job)
{
	pt_unmap(job->plan, job->gather);
	pt_gather_flush(job->gather);
}

static const struct remove_scheme wrong_tables = {
	.s = { .name = "wrong-tables", .claim = "no table is freed", .promises = PROMISE_TABLES },
	.run = wrong_tables_run,
};
REMOVE_SCHEME(wrong_tables, wrong_tables);
