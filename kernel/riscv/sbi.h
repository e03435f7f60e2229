// sbi.h: calls to the firmware (RISC-V SBI specification 1.0).
#pragma once

#include "lib/kernel.h"

// Early console output (legacy extension; no result).
void sbi_putchar(char c);
// Next timer interrupt at absolute time t: stimecmp with Sstc, else the TIME extension.
void sbi_set_timer(uint64_t t);
extern bool sbi_have_sstc; // set by boot
// Software interrupt on the harts in mask (bit = hart id).
void sbi_send_ipi(uint64_t hart_id_mask);
// sfence.vma for [va, va+size) on the harts in mask; size 0: everything.
void sbi_remote_sfence(uint64_t hart_id_mask, uint64_t va, uint64_t size);
void sbi_remote_fence_i(uint64_t hart_id_mask);
// HSM: start a hart at physical address entry with a1 = arg. 0 or a negative SBI error.
long sbi_hart_start(uint64_t hart_id, uint64_t entry, uint64_t arg);
// SRST: power off or reboot. Returns only if the firmware lacks it.
void sbi_reset(bool reboot);
