/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/run_args.c - see run_args.h. */
#include <kern/crew.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/page/buddy.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/run_args.h>

#define WORD_MAX 192

static const struct tlb_scheme *tlb_at_boot;

static const u8 boot_only[] = {
	ARG_EXIT, ARG_CPUS, ARG_GEOMETRY, ARG_PLACEMENT, ARG_BLOCK, ARG_WITHHOLD, ARG_VMALLOC,
	ARG_HANG, ARG_NO,   ARG_CHANNEL,  ARG_ERRATA,    ARG_AS_IF, ARG_CPU,
};

bool run_args_boot_only(enum arg_id id)
{
	return memchr(boot_only, (int)id, sizeof(boot_only)) != NULL;
}

void run_args_init(void)
{
	tlb_at_boot = tlb_selected();
}

void run_args_apply(void)
{
	const struct tlb_scheme *tlb = tlb_at_boot;
	const struct newmap_scheme *newmap;

	if (arg_given(&boot_args, ARG_TLB))
		tlb = tlb_scheme_find(arg_text(&boot_args, ARG_TLB), NULL);
	if (tlb && tlb != tlb_selected())
		tlb_select(tlb);
	tlb_max = (u32)arg_number(&boot_args, ARG_TLB_MAX);
	crew_most = (u32)arg_number(&boot_args, ARG_CREW);
	vmalloc_lazy_max = arg_number(&boot_args, ARG_VMALLOC_LAZY);
	kpt_tables_select(tables_scheme_find(arg_text(&boot_args, ARG_TABLES), NULL));
	newmap = newmap_scheme_find(arg_text(&boot_args, ARG_NEWMAP), NULL);
	if (newmap) /* boot refused another, and uses the default */
		kpt_newmap_select(newmap);
	buddy_poison = arg_flag(&boot_args, ARG_POISON);
}

int run_args_check(enum arg_id id, const char *value, struct why *why)
{
	if (id == ARG_NEWMAP)
		return newmap_scheme_find(value, why) ? 0 : -EINVAL;
	return id != ARG_TLB || tlb_scheme_find(value, why) ? 0 : -EINVAL;
}

int run_args_push(const struct args *extra, struct args *saved, struct why *why)
{
	char word[WORD_MAX];
	int err = 0;

	*saved = boot_args;
	for (unsigned id = 0; id < ARG_NR && !err; id++) {
		if (!extra->at[id])
			continue;
		if (run_args_boot_only(id))
			err = refuse(why, EINVAL, "%s= is chosen at boot", arg_table[id].name);
		else
			err = run_args_check((enum arg_id)id, extra->text + extra->at[id], why);
		snprintf(word, sizeof(word), "%s=%s", arg_table[id].name,
			 extra->text + extra->at[id]);
		if (!err)
			err = args_word(&boot_args, word, why);
	}
	for (unsigned i = ARG_NR; i < ARG_SLOTS && !err; i++)
		if (extra->at[i])
			err = args_word(&boot_args, extra->text + extra->at[i], why);
	if (err)
		boot_args = *saved;
	run_args_apply();
	return err;
}

void run_args_pop(const struct args *saved)
{
	boot_args = *saved;
	run_args_apply();
}
