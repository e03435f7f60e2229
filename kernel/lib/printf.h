// printf.h: the core of formatted output: no state, no device.
//
// Conversions: %d %u %x %c %s %p %% with flags - and 0, a width, and the sizes l and z, which are 64 bits
// wide. %p prints 16 digits after 0x.
#pragma once

#include <stdarg.h>

#include "lib/kernel.h"

// Format, handing every character to put(arg, c).
void format_to(void (*put)(void *arg, char c), void *arg, const char *fmt, va_list args);
// Format into buf, at most size > 0 bytes with the NUL.
void format(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);
