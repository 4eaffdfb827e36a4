/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/fail.c - see lib/fail.h: the hook, and the names of the points. */
#include <lib/fail.h>

fail_fn *fail_hook;

const char *fail_name(unsigned point)
{
	static const char *const names[FAIL_POINTS] = {
		[FAIL_PAGE] = "page",       [FAIL_PAGES] = "pages",
		[FAIL_TABLE] = "table",     [FAIL_PLAN] = "plan",
		[FAIL_REGION] = "registry", [FAIL_BLOCK] = "blocks",
		[FAIL_RANGES] = "ranges",   [FAIL_SPANS] = "spans",
		[FAIL_VMALLOC] = "vmalloc", [FAIL_NOTIFIER] = "notifier",
		[FAIL_ENTER] = "hotplug",   [FAIL_DEVICE] = "device",
		[FAIL_LOCK] = "lock",       [FAIL_RETRY] = "retry",
		[FAIL_UNLOCK] = "unlock",   [FAIL_POST] = "post",
		[FAIL_AWAIT] = "await",
	};

	return point < FAIL_POINTS ? names[point] : "?";
}
