// panic.h: the kernel's own voice: log lines, assertions, the end.
//
// Everything printed goes to the log ring (dmesg) and, above the quiet level, to the console last registered.
// May be called from anywhere, with any lock held.
#pragma once

#include "lib/kernel.h"

// A line (or piece of one) of the kernel log.
void kprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
// As kprintf, but on the console even when quiet: what the user must see.
void kalert(const char *fmt, ...) PRINTF_LIKE(1, 2);
// Print reason, hart, thread, registers and backtrace; then power off or halt (boot argument panic=). One
// hart wins, the others stop.
void panic(const char *fmt, ...) PRINTF_LIKE(1, 2) NORETURN;

// The console: puts a character out by polling; takes no lock.
void console_register(void (*put)(char c));
void console_set_quiet(bool quiet);
// Copy up to n bytes of log text from *off on, which is moved up to the oldest byte kept. Returns how many.
size_t klog_copy(uint64_t *off, char *buf, size_t n);

// Called by panic: prints what upper floors know. Set by boot.
extern void (*panic_report)(void);
// How the machine ends after a panic: power off with a status or halt. Set by boot.
extern void (*panic_end)(void) NORETURN;
extern volatile bool panicking;
// The trap that led to the panic, for the report; NULL: there was none.
struct trap_frame;
extern struct trap_frame *panic_frame;

#ifdef NDEBUG
#define assert(x) ((void)sizeof(x)) // names stay used, nothing is computed
#else
#define assert(x) (likely(x) ? (void)0 : panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #x))
#endif
