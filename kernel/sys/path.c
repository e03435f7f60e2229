// path.c: path names from user memory.
#include "sys/path.h"

#include "mm/slab.h"
#include "riscv/usercopy.h"
#include "uapi/limits.h"

int path_from_user(struct path_buf *b, const char *path) {
    b->text = b->small;
    ssize_t n = string_from_user(b->small, (uint64_t)path, sizeof(b->small));
    if (n == -ENAMETOOLONG) {
        b->text = kmalloc(UAPI_PATH_MAX, PAGE_WAIT);
        if (!b->text)
            return -ENOMEM;
        n = string_from_user(b->text, (uint64_t)path, UAPI_PATH_MAX);
    }
    if (n > 0)
        return 0;
    path_done(b);
    return n == 0 ? -ENOENT : (int)n;
}

void path_done(struct path_buf *b) {
    if (b->text != b->small)
        kfree(b->text);
}
