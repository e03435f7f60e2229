// flush.c: writing everything to disk: on request, at the end, and by a thread within a second.
#include "fs/txn.h"
#include "riscv/panic.h"
#include "sched/thread.h"

int vfs_sync(void) {
    inode_write_dirty();
    return txn_commit(root_fs);
}

void vfs_shutdown(void) {
    inode_write_dirty();
    if (root_fs->ops->unmount(root_fs))
        kalert("%s: could not be written completely; run e2fsck -p on it\n", root_fs->dev->name);
}

static void flush_forever(void *arg) {
    for (;;) {
        cache_wait_flush();
        vfs_sync();
    }
}

void flusher_start(void) {
    struct thread *t = thread_create("flusher", flush_forever, NULL, NULL);
    if (!t)
        panic("no memory for the flusher");
    thread_start(t);
}
