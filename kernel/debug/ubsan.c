// ubsan.c: what the compiler calls under CONFIG=ubsan (-fsanitize=undefined) when C leaves undefined what the
// code is about to do. Each is a bug of the kernel: a panic with the place in the source.
//
// The layouts of the records are GCC's (libsanitizer/ubsan/ubsan_handlers.h tells what each call is given).
#include "lib/kernel.h"
#include "riscv/panic.h"

struct place {
    const char *file;
    uint32_t line, column;
};

struct type {
    uint16_t kind; // 0: integer, whose info is log2 of the width << 1 | signed
    uint16_t info;
    char name[];
};

// All records begin with the place, and most have types behind it.
struct record {
    struct place place;
    const struct type *type, *second;
};

// The value as the compiler passes it: by value up to 64 bits.
static int64_t value_of(const struct type *t, uint64_t value) {
    unsigned unused = t->kind == 0 ? 64 - (1u << (t->info >> 1)) : 0;
    if (t->info & 1)
        return (int64_t)(value << unused) >> unused;
    return (int64_t)(value << unused >> unused);
}

static void NORETURN report(const struct place *at, const char *what) {
    panic("undefined behaviour at %s:%u:%u: %s", at->file, at->line, at->column, what);
}

#define OVERFLOW(call, sign)                                                                                 \
    void __ubsan_handle_##call##_overflow(const struct record *r, uint64_t a, uint64_t b);                   \
    void __ubsan_handle_##call##_overflow(const struct record *r, uint64_t a, uint64_t b) {                  \
        panic("undefined behaviour at %s:%u:%u: %ld " sign " %ld does not fit %s", r->place.file,            \
              r->place.line, r->place.column, value_of(r->type, a), value_of(r->type, b), r->type->name);    \
    }
OVERFLOW(add, "+")
OVERFLOW(sub, "-")
OVERFLOW(mul, "*")
OVERFLOW(divrem, "/")

void __ubsan_handle_negate_overflow(const struct record *r, uint64_t a);
void __ubsan_handle_negate_overflow(const struct record *r, uint64_t a) {
    panic("undefined behaviour at %s:%u:%u: -(%ld) does not fit %s", r->place.file, r->place.line,
          r->place.column, value_of(r->type, a), r->type->name);
}

void __ubsan_handle_shift_out_of_bounds(const struct record *r, uint64_t a, uint64_t b);
void __ubsan_handle_shift_out_of_bounds(const struct record *r, uint64_t a, uint64_t b) {
    panic("undefined behaviour at %s:%u:%u: %s %ld shifted by %ld", r->place.file, r->place.line,
          r->place.column, r->type->name, value_of(r->type, a), value_of(r->second, b));
}

void __ubsan_handle_out_of_bounds(const struct record *r, uint64_t index);
void __ubsan_handle_out_of_bounds(const struct record *r, uint64_t index) {
    panic("undefined behaviour at %s:%u:%u: index %ld is outside %s", r->place.file, r->place.line,
          r->place.column, value_of(r->second, index), r->type->name);
}

struct mismatch {
    struct place place;
    const struct type *type;
    uint8_t log_alignment, kind;
};

void __ubsan_handle_type_mismatch_v1(const struct mismatch *m, uint64_t pointer);
void __ubsan_handle_type_mismatch_v1(const struct mismatch *m, uint64_t pointer) {
    const char *what = pointer == 0 ? "a null pointer"
                       : pointer & ((1ul << m->log_alignment) - 1)
                           ? "a misaligned pointer"
                           : "a pointer to fewer bytes than the type has";
    panic("undefined behaviour at %s:%u:%u: %s (%lx) used as %s", m->place.file, m->place.line,
          m->place.column, what, pointer, m->type->name);
}

void __ubsan_handle_pointer_overflow(const struct place *at, uint64_t base, uint64_t result);
void __ubsan_handle_pointer_overflow(const struct place *at, uint64_t base, uint64_t result) {
    panic("undefined behaviour at %s:%u:%u: pointer %lx became %lx", at->file, at->line, at->column, base,
          result);
}

void __ubsan_handle_load_invalid_value(const struct record *r, uint64_t value);
void __ubsan_handle_load_invalid_value(const struct record *r, uint64_t value) {
    panic("undefined behaviour at %s:%u:%u: %lx is no value of %s", r->place.file, r->place.line,
          r->place.column, value, r->type->name);
}

#define PLAIN(call, what)                                                                                    \
    void __ubsan_handle_##call(const struct place *at);                                                      \
    void __ubsan_handle_##call(const struct place *at) { report(at, what); }
PLAIN(builtin_unreachable, "a place that cannot be reached")
PLAIN(nonnull_arg, "a null argument where none may be")
PLAIN(invalid_builtin, "zero given to a count of zeros")
PLAIN(vla_bound_not_positive, "an array of no elements")
