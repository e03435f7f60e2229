// <err.h>: complaints on standard error, as "program: text: meaning of errno" (without the meaning in the x
// ones).
#ifndef _ERR_H
#define _ERR_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vwarn(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
void vwarnx(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
void err(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
void errx(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
void verr(int status, const char *format, va_list args) __attribute__((noreturn, format(printf, 2, 0)));
void verrx(int status, const char *format, va_list args) __attribute__((noreturn, format(printf, 2, 0)));
const char *getprogname(void); // last component of argv[0]
#ifdef __cplusplus
}
#endif

#endif
