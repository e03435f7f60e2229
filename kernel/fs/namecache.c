// namecache.c: a table of names; each has one place where it can stand.
#include "fs/namei.h"

// A longer name is looked up in its directory each time: rare enough, and all entries have one size.
enum { NAME_INLINE = 47, PART_OF_MEMORY = 512, LOCKS = 16 };

struct entry {
    uint64_t dir; // name_id of the directory; 0: nobody
    uint64_t ino; // 0: no such name
    uint8_t len;
    char name[NAME_INLINE];
};

// set once
static struct entry *entries;
static uint32_t mask;

static struct part {
    struct spinlock lock; // RANK_NAMECACHE: guards every 16th entry
} __attribute__((aligned(64))) parts[LOCKS];

static struct entry *place_of(struct inode *dir, const char *name, int len) {
    return &entries[hash_word(hash_bytes(name, len) ^ dir->name_id << 32) & mask];
}

static struct spinlock *lock_of(const struct entry *e) { return &parts[(e - entries) % LOCKS].lock; }

bool namecache_find(struct inode *dir, const char *name, int len, uint64_t *ino) {
    struct entry *e = place_of(dir, name, len);
    spin_lock(lock_of(e));
    bool found = e->dir == dir->name_id && e->len == len && memcmp(e->name, name, len) == 0;
    *ino = e->ino;
    spin_unlock(lock_of(e));
    return found;
}

void namecache_enter(struct inode *dir, const char *name, int len, uint64_t ino) {
    struct entry *e = place_of(dir, name, len);
    if (len > NAME_INLINE)
        return;
    spin_lock(lock_of(e));
    *e = (struct entry){.dir = dir->name_id, .ino = ino, .len = len};
    memcpy(e->name, name, len);
    spin_unlock(lock_of(e));
}

void namecache_init(void) {
    struct mem_info memory;
    page_stats(&memory);
    int order = 0;
    while (order < PAGE_MAX_ORDER && 1UL << order < memory.total / PART_OF_MEMORY)
        order++;
    entries = page_va(page_alloc(order, PAGE_KERNEL, PAGE_WAIT | PAGE_ZERO));
    mask = (PAGE_SIZE << order) / sizeof(*entries) - 1;
    for (int i = 0; i < LOCKS; i++)
        spin_init(&parts[i].lock, RANK_NAMECACHE, "namecache");
}
