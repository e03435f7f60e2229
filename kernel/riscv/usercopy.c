// usercopy.c: range checks around the copies of usercopy.S.
#include "riscv/usercopy.h"

#include "riscv/spinlock.h"

uint64_t usercopy_bytes(uint64_t to, uint64_t from, uint64_t n);
int64_t usercopy_string(uint64_t to, uint64_t from, uint64_t max);

struct ex_entry {
    uint64_t at, fixup;
};
extern const struct ex_entry __ex_table_start[], __ex_table_end[];

static inline void open_user_memory(void) {
    check_may_sleep("copying", "user memory", NULL);
    lockdep_copy();
    if (!SSTATUS_OPEN)
        csr_set(sstatus, SSTATUS_SUM);
}
static inline void close_user_memory(void) {
    if (!SSTATUS_OPEN)
        csr_clear(sstatus, SSTATUS_SUM);
}

// user: which of to and from is the user's.
static int copy(uint64_t to, uint64_t from, size_t n, uint64_t user) {
    open_user_memory();
    bool bad = user > USER_END || n > USER_END - user || usercopy_bytes(to, from, n);
    close_user_memory();
    return bad ? -EFAULT : 0;
}

int copy_from_user(void *to, uint64_t from, size_t n) { return copy((uint64_t)to, from, n, from); }
int copy_to_user(uint64_t to, const void *from, size_t n) { return copy(to, (uint64_t)from, n, to); }

ssize_t string_from_user(char *to, uint64_t from, size_t size) {
    size_t max = from < USER_END ? min(size, USER_END - from) : 0;
    open_user_memory();
    int64_t n = usercopy_string((uint64_t)to, from, max);
    close_user_memory();
    if (n < 0)
        return -EFAULT;
    if ((size_t)n == max) // no NUL so far: the string leaves user space, or is too long
        return max < size ? -EFAULT : -ENAMETOOLONG;
    return n;
}

uint64_t usercopy_fixup(uint64_t pc) {
    for (const struct ex_entry *e = __ex_table_start; e < __ex_table_end; e++)
        if (e->at == pc)
            return e->fixup;
    return 0;
}
