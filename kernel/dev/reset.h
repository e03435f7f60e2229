// reset.h: the end of the machine: off, with a status for whoever started it, or again from the start.
//
// Everything must be on disk and all output sent (tty_drain). May be called from anywhere, also by panic:
// takes no lock.
#pragma once

#include "lib/kernel.h"

// Start the machine again, through SBI SRST, or switch the power off. status: its low 8 bits become QEMU's
// exit status where the machine has a sifive,test1 device; SBI SRST, which can only say 0, does it elsewhere.
void machine_end(bool restart, int status) NORETURN;
