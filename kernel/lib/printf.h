// printf.h: the core of formatted output: no state, no device.
//
// Conversions: %d %i %u %x %X %o %c %s %p %% with flags - 0 + space #, width, precision, * for both, and the
// sizes hh h l ll z t j. %p prints 16 digits after 0x. No floating point.
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>

#include "lib/kernel.h"

// Format into buf, at most size bytes with the NUL. Returns the length that the whole text would have.
int vformat(char *buf, size_t size, const char *fmt, va_list args);
int format(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

// Format, handing every character to put(arg, c).
void format_to(void (*put)(void *arg, char c), void *arg, const char *fmt, va_list args);

#endif
