/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/handover.c - see handover.h. */
#include <boot/boot.h>
#include <boot/handover.h>
#include <lib/init.h>

#define MAGIC "HOTPLATE-UEFI-1"

struct handover handover_record PERSISTENT __attribute__((aligned(64)));
_Static_assert(sizeof(struct handover) % 8 == 0, "the checksum is over words");

const struct handover *handover(void)
{
	return boot_info.entry == ENTRY_EFI ? &handover_record : NULL;
}

const char *boot_uefi_vendor(u32 *revision)
{
	const struct handover *h = handover();

	*revision = h ? h->vendor_revision : 0;
	return h ? h->vendor : NULL;
}

const char *handover_damage(void)
{
	if (handover() && !persist_valid(&handover_record.head, MAGIC, sizeof(handover_record)))
		return "the record of UEFI's data in memory was changed";
	return NULL;
}

/* Only the first boot seals the record: after a restart handover_damage() compares with it. */
void handover_adopt(void)
{
	boot_info.rsdp_pa = PA_NONE;
	if (!handover())
		return;
	if (!handover_record.head.bytes)
		persist_seal(&handover_record.head, MAGIC, sizeof(handover_record));
	boot_info.words_from = handover_record.words_from;
	if (handover_record.rsdp_pa)
		boot_info.rsdp_pa = handover_record.rsdp_pa;
}
