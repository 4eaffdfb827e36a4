/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/intact.c - are the image and the device tree in memory unchanged since power-on?
 *
 * A restart enters the image again without a load.  tools/hotplate imagesum computes the checksums
 * of the image at the link, by the same arithmetic; boot computes that of the device tree after its
 * check. Boot-only code is mapped only during boot, so the next boot checks it; the rest is checked
 * before a restart, also in a crash.
 */
#include <boot/boot.h>
#include <boot/handover.h>
#include <kern/hooks.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/page/page.h>

/* Not in the sum: UEFI's loader writes to the header, and does not load its padding. */
extern char pe_header_start[], pe_header_end[], image_sum_end[];
const u64 image_sum[2] __attribute__((section(".image_sum"), used)) = { 0, 0 };

static u64 tree_sum;
static bool init_damaged;

struct sums {
	u64 a, b;
};

/* The sum depends on the position of each word, so swapped words change it. */
static void sum_add(struct sums *s, const void *from, const void *to)
{
	for (const u64 *w = from; w < (const u64 *)to; w++) {
		s->a += *w;
		s->b += s->a;
	}
}

/*
 * A change of one word always changes a.  hash_u64() XORs its operands, and a and b may change in
 * the same bits, so a is hashed before b is added.
 */
static u64 sum_result(const struct sums *s)
{
	return hash_u64(hash_u64(0, s->a), s->b);
}

/* volatile: tools/hotplate imagesum replaces the zeros, which the compiler must not assume. */
static u64 stored_sum(unsigned i)
{
	return ((const volatile u64 *)image_sum)[i];
}

bool intact_init_code(void)
{
	struct sums s = { 0 };

	sum_add(&s, init_start, init_end);
	init_damaged = sum_result(&s) != stored_sum(0);
	return !init_damaged;
}

static u64 sum_of_image(void)
{
	struct sums s = { 0 };

	sum_add(&s, image_start, pe_header_start);
	sum_add(&s, pe_header_end, init_start);
	sum_add(&s, init_end, image_sum);
	sum_add(&s, image_sum_end, data_pristine_end);
	return sum_result(&s);
}

/* The sum of the structure and strings blocks, which may be unaligned. */
static u64 sum_of_tree(const void *fdt)
{
	const char *part[] = { (const char *)fdt + fdt_off_dt_struct(fdt),
			       (const char *)fdt + fdt_off_dt_strings(fdt) };
	const u32 bytes[] = { fdt_size_dt_struct(fdt), fdt_size_dt_strings(fdt) };
	struct sums s = { 0 };

	for (unsigned p = 0; p < ARRAY_SIZE(part); p++)
		for (u32 i = 0; i + 8 <= bytes[p]; i += 8) {
			u64 word;

			memcpy(&word, part[p] + i, sizeof(word));
			sum_add(&s, &word, &word + 1);
		}
	return sum_result(&s);
}

void intact_remember(const void *fdt)
{
	tree_sum = sum_of_tree(fdt);
}

/* The header is checked first, because sum_of_tree() uses its offsets. */
static bool tree_damaged(void)
{
	const void *fdt = pa_ptr(boot_info.fdt_pa);

	return fdt_check_header(fdt) || sum_of_tree(fdt) != tree_sum;
}

const char *intact_damage(void)
{
	if (init_damaged)
		return "boot-only code differs from the linked image";
	if (sum_of_image() != stored_sum(1))
		return "the image in memory differs from the linked one";
	return tree_damaged() ? "the device tree in memory was changed" : handover_damage();
}
