// namecache.c: a hash table of names with second-chance replacement.
#include "fs/namecache.h"

#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/spinlock.h"

// A longer name is looked up in its directory each time: rare enough, and all entries have one size.
enum { NAME_INLINE = 50, ENTRIES_MAX = 1 << 16, PER_LOCK = 64 };

struct entry {
    struct entry *next; // in its bucket
    struct list age;    // in `ages`
    uint64_t dir;       // name_id of the directory
    uint64_t ino;       // 0: no such name
    uint32_t hash;
    bool used; // found since the replacement last looked
    uint8_t len;
    char name[NAME_INLINE];
};

// set once
static struct slab_cache *entry_slab;
static struct entry **buckets;
static uint32_t bucket_mask, max_entries;

static struct spinlock lock = SPINLOCK(RANK_NAMECACHE, "namecache");
// guarded by lock
static struct list ages = LIST_INIT(ages); // newest first
static uint32_t entry_count;
static uint64_t removals; // atomic, written under lock

// A directory's number here is given at its first entry and never used again, so names of a removed directory
// are never found; they leave with age.
static uint64_t next_name_id;

static uint32_t hash_of(uint64_t dir, const char *name, int len) {
    return hash_word(hash_bytes(name, len) ^ dir << 32);
}

// Place of the pointer to the entry; it points to NULL if there is none. lock held.
static struct entry **place_of(uint64_t dir, const char *name, int len, uint32_t hash) {
    struct entry **at = &buckets[hash & bucket_mask];
    for (; *at; at = &(*at)->next) {
        struct entry *e = *at;
        if (e->hash == hash && e->dir == dir && e->len == len && memcmp(e->name, name, len) == 0)
            break;
    }
    return at;
}

// Take the entry that has gone unused longest out of the cache. lock held, the cache is not empty.
static struct entry *take_oldest(void) {
    struct entry *e = list_last(&ages, struct entry, age);
    while (e->used) {
        e->used = false;
        list_remove(&e->age);
        list_push(&ages, &e->age);
        e = list_last(&ages, struct entry, age);
    }
    list_remove(&e->age);
    *place_of(e->dir, e->name, e->len, e->hash) = e->next;
    entry_count--;
    return e;
}

bool namecache_find(struct inode *dir, const char *name, int len, uint64_t *ino) {
    uint64_t id = __atomic_load_n(&dir->name_id, __ATOMIC_ACQUIRE);
    if (id == 0 || len > NAME_INLINE)
        return false;
    uint32_t hash = hash_of(id, name, len);
    spin_lock(&lock);
    struct entry *e = *place_of(id, name, len, hash);
    if (e) {
        e->used = true;
        *ino = e->ino;
    }
    spin_unlock(&lock);
    return e != NULL;
}

void namecache_enter(struct inode *dir, const char *name, int len, uint64_t ino) {
    if (len > NAME_INLINE)
        return;
    if (dir->name_id == 0)
        __atomic_store_n(&dir->name_id, __atomic_add_fetch(&next_name_id, 1, __ATOMIC_RELAXED),
                         __ATOMIC_RELEASE);
    uint32_t hash = hash_of(dir->name_id, name, len);
    spin_lock(&lock);
    struct entry *e = *place_of(dir->name_id, name, len, hash);
    if (e) {
        e->ino = ino;
        spin_unlock(&lock);
        return;
    }
    if (entry_count < max_entries) {
        spin_unlock(&lock); // nobody else enters names of dir meanwhile: its lock is held
        e = slab_alloc(entry_slab, PAGE_NOFS);
        if (!e)
            return;
        spin_lock(&lock);
    } else {
        e = take_oldest();
    }
    *e = (struct entry){.dir = dir->name_id, .ino = ino, .hash = hash, .len = len};
    memcpy(e->name, name, len);
    e->next = buckets[hash & bucket_mask];
    buckets[hash & bucket_mask] = e;
    list_push(&ages, &e->age);
    entry_count++;
    spin_unlock(&lock);
}

void namecache_remove(struct inode *dir, const char *name, int len) {
    namecache_enter(dir, name, len, 0);
    __atomic_add_fetch(&removals, 1, __ATOMIC_RELEASE);
}

uint64_t namecache_removals(void) { return __atomic_load_n(&removals, __ATOMIC_ACQUIRE); }

uint64_t namecache_shrink(uint64_t want, int how) {
    enum { PER_FRAME = PAGE_SIZE / sizeof(struct entry) };
    uint64_t freed = 0;
    bool more = true;
    while (more && freed < want * PER_FRAME) {
        spin_lock(&lock);
        for (int i = 0; i < PER_LOCK && (more = entry_count > 0); i++, freed++)
            slab_free(entry_slab, take_oldest());
        spin_unlock(&lock);
    }
    return freed / PER_FRAME;
}

void namecache_init(void) {
    struct page_stats memory;
    page_stats(&memory);
    entry_slab = slab_create("name", sizeof(struct entry));
    // 1/256 of memory in entries, and up to one entry a bucket
    max_entries = min(memory.total * PAGE_SIZE / 256 / sizeof(struct entry), (uint64_t)ENTRIES_MAX);
    int order = 0;
    while ((PAGE_SIZE << order) / sizeof(*buckets) < max_entries)
        order++;
    buckets = page_va(page_alloc(order, PAGE_KERNEL, PAGE_WAIT | PAGE_ZERO));
    bucket_mask = (PAGE_SIZE << order) / sizeof(*buckets) - 1;
}
