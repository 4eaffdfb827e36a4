/* SPDX-License-Identifier: BSD-2-Clause */
/* Events about device memory: it is added as DAX with its contents, and removed as a whole. */
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/devmem.h>
#include <mm/page/region.h>
#include <tests/events/events.h>

static const char *const schemes[] = { "host", "device", NULL };

struct device_bench {
	struct test_run *t;
	struct range r;
	struct event e;
	struct args saved;
	struct why why;
};
static struct device_bench bench NOINIT;

static struct device_bench *device_begin(struct test_run *t, unsigned blocks)
{
	static char word[32];
	struct device_bench *b = &bench;

	memset(b, 0, sizeof(*b));
	b->t = t;
	b->saved = boot_args;
	if (!range_get(t, &b->r, blocks, t->param))
		return NULL;
	snprintf(word, sizeof(word), "test.memmap=%s", t->param);
	if (!CHECK_OK(t, args_word(&boot_args, word, &b->why), &b->why))
		return NULL;
	test_event(&b->e, EVENT_ADD, &b->r);
	b->e.kind = EVENT_DEVICE;
	return b;
}

static void device_end(struct device_bench *b)
{
	boot_args = b->saved;
}

static bool done(struct device_bench *b, enum event_op op)
{
	b->e.op = op;
	return CHECK_OK(b->t, test_event_run(b->t, &b->e, &b->why), &b->why);
}

static void device_refused_by(struct device_bench *b, enum event_op op, int code, const char *about)
{
	struct digest before, after;

	digest_take(&before);
	b->e.op = op;
	CHECK_REFUSED(b->t, test_event_run(b->t, &b->e, &b->why), code, &b->why);
	if (!strstr(b->why.text, about))
		test_fail(b->t, __FILE__, __LINE__, "`%s` does not contain `%s`", b->why.text,
			  about);
	digest_take(&after);
	CHECK_OK(b->t, digest_compare(&before, &after, &b->why), &b->why);
}

static const struct devmem *range_of(const struct device_bench *b)
{
	return devmem_find(b->r.pa >> page_shift(), b->r.len >> page_shift());
}

static volatile u64 *last_word(const struct device_bench *b)
{
	return pa_ptr(b->r.pa + b->r.len - sizeof(u64)); /* the front may hold the memmap */
}

TEST(events, device,
     .claim = "memory of a device is added as dax by its source's policy, and has the same "
	      "contents when it is added again",
     .rows = "S1-28 S2-24", .identity = true, .needs = NEED_RANGE, .params = schemes)
{
	struct device_bench *b = device_begin(t, 1);

	if (!b)
		return;
	b->e.brings = range_known(&b->r, false) == 0;
	if (done(b, EVENT_ADD) && CHECK(t, range_of(b) != NULL)) {
		CHECK_EQ(t, range_of(b)->mode, DEVMEM_DAX);
		CHECK(t, range_of(b)->opts.memmap == b->r.opts.memmap);
		CHECK(t, !range_block(&b->r, 0));
		*last_word(b) = b->r.pa;
		done(b, EVENT_REMOVE);
		CHECK(t, !range_of(b) && !region_find(MEM_WITHHELD, b->r.pa, b->r.len));
		if (done(b, EVENT_ADD))
			CHECK_EQ(t, *last_word(b), b->r.pa);
		done(b, EVENT_REMOVE);
	}
	range_known(&b->r, true);
	device_end(b);
}

TEST(events, device_of_a_bus,
     .claim = "memory of a bus has its struct pages elsewhere for any memmap=, and a source's "
	      "argument that places them in it is refused",
     .rows = "S1-28 S2-24", .identity = true, .needs = NEED_RANGE)
{
	struct device_bench *b = &bench;

	memset(b, 0, sizeof(*b));
	b->t = t;
	b->saved = boot_args;
	if (!range_get(t, &b->r, 1, "block"))
		return;
	test_event(&b->e, EVENT_ADD, &b->r);
	b->e.kind = EVENT_DEVICE;
	b->e.uncached = true;
	if (done(b, EVENT_ADD) && CHECK(t, range_of(b) != NULL)) {
		CHECK(t, range_of(b)->opts.uncached);
		CHECK(t, !strcmp(range_of(b)->opts.memmap->s.name, "host"));
		*last_word(b) = b->r.pa;
		done(b, EVENT_REMOVE);
	}
	CHECK_OK(t, args_word(&boot_args, "test.memmap=device", &b->why), &b->why);
	device_refused_by(b, EVENT_ADD, EINVAL, "memory of a bus");
	device_end(b);
}

/* ---- refusals ---- */

static void refuse_shapes(struct device_bench *b)
{
	struct event_range whole = b->e.range[0];

	device_refused_by(b, EVENT_REMOVE, ENXIO, "no device range");
	b->e.range[0].pa += page_size();
	device_refused_by(b, EVENT_ADD, EINVAL, "sub-sections");
	b->e.range[0] = whole;
	b->e.range[0].len = 0;
	device_refused_by(b, EVENT_ADD, EINVAL, "empty");
	b->e.range[0].pa = block_next(NULL)->first_pfn << page_shift();
	b->e.range[0].len = layout.block_bytes;
	device_refused_by(b, EVENT_ADD, EEXIST, "boot memory");
	device_refused_by(b, EVENT_REMOVE, ENXIO, "no device range");
	b->e.range[0] = whole;
}

/* A second range that cannot be added: the first is removed again. */
static void refuse_second(struct device_bench *b)
{
	b->e.nr_ranges = 2;
	b->e.range[1] = b->e.range[0];
	device_refused_by(b, EVENT_ADD, EEXIST, "overlaps the device range");
	b->e.nr_ranges = 1;
}

static void refuse_present(struct device_bench *b)
{
	struct event_range whole = b->e.range[0];

	device_refused_by(b, EVENT_ADD, EEXIST, "overlaps the device range");
	b->e.range[0].len = layout.subsection_bytes;
	device_refused_by(b, EVENT_REMOVE, EINVAL, "only all of it");
	b->e.range[0] = whole;
	b->e.source = &quiet_source;
	device_refused_by(b, EVENT_REMOVE, EPERM, "not added by test-quiet");
	b->e.source = &test_source;
}

TEST(events, device_refused,
     .claim = "a range that cannot be a device range, or that this source did not add, is refused "
	      "and changes nothing",
     .rows = "V-08 X-09", .identity = true, .needs = NEED_RANGE, .params = schemes)
{
	struct device_bench *b = device_begin(t, 1);

	if (!b)
		return;
	refuse_shapes(b);
	refuse_second(b);
	if (done(b, EVENT_ADD)) {
		refuse_present(b);
		done(b, EVENT_REMOVE);
	}
	args_word(&boot_args, "test.memmap=block", &b->why);
	device_refused_by(b, EVENT_ADD, EINVAL, "has no blocks");
	device_end(b);
}

TEST(events, device_busy,
     .claim = "a removal of a device range that the operator uses as RAM is refused while it is "
	      "online, and succeeds afterwards",
     .rows = "V-03 S1-28", .identity = true, .needs = NEED_RANGE, .params = schemes)
{
	struct device_bench *b = device_begin(t, 1);

	if (!b || !done(b, EVENT_ADD))
		return;
	CHECK_OK(t, devmem_set_mode(b->r.pa, b->r.len, DEVMEM_KMEM, NULL, &b->why), &b->why);
	range_online(t, &b->r, ZONE_MOVABLE);
	device_refused_by(b, EVENT_REMOVE, EBUSY, "online");
	range_offline(t, &b->r);
	done(b, EVENT_REMOVE);
	device_end(b);
}

/* ---- by hand ---- */

TEST(events, device_by_hand,
     .claim = "a device range that the operator removed does not keep its device; memory that the "
	      "operator added there does",
     .rows = "X-09", .identity = true, .needs = NEED_RANGE, .params = schemes)
{
	struct device_bench *b = device_begin(t, 1);
	struct devmem_opts opts;

	if (!b || !done(b, EVENT_ADD))
		return;
	CHECK_OK(t, devmem_remove(b->r.pa, b->r.len, NULL, &b->why), &b->why);
	device_refused_by(b, EVENT_REMOVE, ENXIO,
			  "no device range"); /* `here` is false: nothing was added */
	b->e.here = true;
	opts = (struct devmem_opts) { .memmap = b->r.opts.memmap };
	if (CHECK_OK(t, devmem_add(b->r.pa, b->r.len, b->r.node, &opts, NULL, &b->why), &b->why))
		device_refused_by(b, EVENT_REMOVE, EPERM, "not added by test");
	devmem_remove(b->r.pa, b->r.len, NULL, NULL);
	if (range_add(t, &b->r))
		device_refused_by(b, EVENT_REMOVE, EBUSY, "is offline");
	range_remove(t, &b->r);
	done(b, EVENT_REMOVE);
	device_end(b);
}
