// wait.h: waitpid(2): options, and how a wait status is read.
//
// The status word holds 0 in bits 0-6 for an exit and bits 8-15 the low byte of the exit value; for an end by
// a signal bits 0-6 hold its number. waitpid also reports the whole exit value, through its last argument.
#pragma once

enum { UAPI_WNOHANG = 1, UAPI_WUNTRACED = 2 };
