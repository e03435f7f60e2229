// fdt.c: reading a flattened device tree (Devicetree Specification 0.4, chapter 5).
//
// The structure block is a row of 32-bit big-endian tokens; a node is the row from its BEGIN_NODE to the
// END_NODE that matches. token() is the only place that reads it, and never past its end.
#include "lib/fdt.h"

#include "lib/string.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };
enum { MAGIC = 0xd00dfeed, NONE = -1 };

static uint32_t be32(const void *p) {
    const uint8_t *b = p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint64_t be64(const void *p) { return (uint64_t)be32(p) << 32 | be32((const uint8_t *)p + 4); }

static bool inside(uint32_t off, uint32_t size, size_t whole) { return off <= whole && size <= whole - off; }

int fdt_open(struct fdt *fdt, const void *blob, size_t max) {
    enum { HEADER = 40, VERSION = 17 };
    const uint8_t *b = blob;
    if (max < HEADER || be32(b) != MAGIC || be32(b + 4) > max || be32(b + 4) < HEADER)
        return -EINVAL;
    if (be32(b + 20) < VERSION || be32(b + 24) > VERSION) // its version; the oldest that its readers may know
        return -EINVAL;
    *fdt = (struct fdt){.blob = b,
                        .size = be32(b + 4),
                        .structs = be32(b + 8),
                        .structs_size = be32(b + 36),
                        .strings = be32(b + 12),
                        .strings_size = be32(b + 32),
                        .reserved = be32(b + 16)};
    if (!inside(fdt->structs, fdt->structs_size, fdt->size) ||
        !inside(fdt->strings, fdt->strings_size, fdt->size))
        return -EINVAL;
    return fdt_root(fdt) < 0 ? -EINVAL : 0;
}

// The token at off; *next becomes the offset of the one behind it. END for anything that is damaged.
static uint32_t token(const struct fdt *fdt, uint32_t off, uint32_t *next) {
    const uint8_t *s = fdt->blob + fdt->structs;
    if (!inside(off, 4, fdt->structs_size))
        return END;
    uint32_t kind = be32(s + off), left = fdt->structs_size - off - 4, length = 0;
    if (kind == BEGIN_NODE) {
        length = (uint32_t)strnlen((const char *)s + off + 4, left) + 1;
    } else if (kind == PROP) {
        if (left < 8 || be32(s + off + 4) > left - 8)
            return END;
        length = 8 + be32(s + off + 4);
    } else if (kind != END_NODE && kind != NOP) {
        return END;
    }
    if (length > left)
        return END;
    *next = off + 4 + (uint32_t)align_up(length, 4);
    return kind;
}

// From off on, skip no-ops and properties; *at becomes the offset of the token found.
static uint32_t next_structural(const struct fdt *fdt, uint32_t off, uint32_t *at) {
    uint32_t kind, next = off;
    do {
        *at = next;
        kind = token(fdt, *at, &next);
    } while (kind == NOP || kind == PROP);
    return kind;
}

int fdt_root(const struct fdt *fdt) {
    uint32_t at;
    return next_structural(fdt, 0, &at) == BEGIN_NODE ? (int)at : NONE;
}

int fdt_child(const struct fdt *fdt, int node) {
    uint32_t next, at;
    if (node < 0 || token(fdt, (uint32_t)node, &next) != BEGIN_NODE)
        return NONE;
    return next_structural(fdt, next, &at) == BEGIN_NODE ? (int)at : NONE;
}

int fdt_sibling(const struct fdt *fdt, int node) {
    uint32_t at = (uint32_t)node, next;
    int depth = 0;
    if (node < 0)
        return NONE;
    do {
        uint32_t kind = token(fdt, at, &next);
        if (kind == END)
            return NONE;
        depth += kind == BEGIN_NODE ? 1 : kind == END_NODE ? -1 : 0;
        at = next;
    } while (depth > 0);
    return next_structural(fdt, at, &next) == BEGIN_NODE ? (int)next : NONE;
}

int fdt_next(const struct fdt *fdt, int node) {
    uint32_t next, at = (uint32_t)node, kind;
    if (node < 0 || token(fdt, at, &next) != BEGIN_NODE)
        return NONE;
    while ((kind = next_structural(fdt, next, &at)) == END_NODE)
        next = at + 4;
    return kind == BEGIN_NODE ? (int)at : NONE;
}

int fdt_parent(const struct fdt *fdt, int node) {
    int parent = NONE, at = fdt_root(fdt);
    while (at >= 0 && at < node) { // into the last child that begins at or before node
        int child = fdt_child(fdt, at), later;
        while ((later = fdt_sibling(fdt, child)) >= 0 && later <= node)
            child = later;
        parent = at;
        at = child;
    }
    return at == node ? parent : NONE;
}

const char *fdt_name(const struct fdt *fdt, int node) {
    uint32_t next;
    if (node < 0 || token(fdt, (uint32_t)node, &next) != BEGIN_NODE)
        return "";
    return (const char *)fdt->blob + fdt->structs + node + 4;
}

// Does name[0..n) of a path mean this node? Without @unit, what precedes the node's @ is enough.
static bool name_matches(const char *node, const char *name, size_t n) {
    return strncmp(node, name, n) == 0 && (!node[n] || (node[n] == '@' && !memchr(name, '@', n)));
}

int fdt_path(const struct fdt *fdt, const char *path) {
    int node = fdt_root(fdt);
    while (node >= 0 && *path) {
        if (*path == '/') {
            path++;
            continue;
        }
        const char *slash = strchr(path, '/');
        size_t n = slash ? (size_t)(slash - path) : strlen(path);
        for (node = fdt_child(fdt, node); node >= 0; node = fdt_sibling(fdt, node))
            if (name_matches(fdt_name(fdt, node), path, n))
                break;
        path += n;
    }
    return node;
}

int fdt_phandle(const struct fdt *fdt, uint32_t phandle) {
    int node = phandle ? fdt_root(fdt) : NONE;
    while (node >= 0 && fdt_cell(fdt, node, "phandle", 0, 0) != phandle)
        node = fdt_next(fdt, node);
    return node;
}

const void *fdt_prop(const struct fdt *fdt, int node, const char *name, int *len) {
    uint32_t at, next, kind;
    if (node < 0 || token(fdt, (uint32_t)node, &at) != BEGIN_NODE)
        return NULL;
    size_t n = strlen(name);
    for (; (kind = token(fdt, at, &next)) == PROP || kind == NOP; at = next) {
        const uint8_t *p = fdt->blob + fdt->structs + at;
        if (kind == NOP)
            continue;
        uint32_t off = be32(p + 8);
        if (off >= fdt->strings_size || fdt->strings_size - off <= n)
            continue;
        if (memcmp(fdt->blob + fdt->strings + off, name, n + 1) == 0) {
            if (len)
                *len = (int)be32(p + 4);
            return p + 12;
        }
    }
    return NULL;
}

const char *fdt_string(const struct fdt *fdt, int node, const char *name) {
    int len;
    const char *s = fdt_prop(fdt, node, name, &len);
    return s && strnlen(s, (size_t)len) < (size_t)len ? s : NULL;
}

uint32_t fdt_cell(const struct fdt *fdt, int node, const char *name, int i, uint32_t dflt) {
    int len;
    const uint8_t *p = fdt_prop(fdt, node, name, &len);
    return p && i >= 0 && i < len / 4 ? be32(p + 4 * i) : dflt;
}

uint64_t fdt_number(const struct fdt *fdt, int node, const char *name, uint64_t dflt) {
    int len;
    const uint8_t *p = fdt_prop(fdt, node, name, &len);
    return !p || len < 4 ? dflt : len < 8 ? be32(p) : be64(p);
}

// Number of n cells (0, 1 or 2) at p.
static uint64_t cells(const uint8_t *p, uint32_t n) { return n == 0 ? 0 : n == 1 ? be32(p) : be64(p); }

int fdt_reg(const struct fdt *fdt, int node, int i, uint64_t *addr, uint64_t *size) {
    int parent = fdt_parent(fdt, node), len;
    uint32_t na = fdt_cell(fdt, parent, "#address-cells", 0, 2),
             ns = fdt_cell(fdt, parent, "#size-cells", 0, 1);
    const uint8_t *p = fdt_prop(fdt, node, "reg", &len);
    if (!p || i < 0 || na < 1 || na > 2 || ns > 2)
        return -ENOENT;
    int stride = (int)(na + ns) * 4;
    if (i >= len / stride)
        return -ENOENT;
    p += i * stride;
    *addr = cells(p, na);
    *size = cells(p + 4 * na, ns);
    return 0;
}

bool fdt_compatible(const struct fdt *fdt, int node, const char *what) {
    int len;
    const char *s = fdt_prop(fdt, node, "compatible", &len);
    if (!s)
        return false;
    size_t n = strlen(what) + 1, left = (size_t)len;
    while (left >= n) {
        if (memcmp(s, what, n) == 0)
            return true;
        size_t one = strnlen(s, left) + 1;
        if (one >= left)
            break;
        s += one;
        left -= one;
    }
    return false;
}

bool fdt_enabled(const struct fdt *fdt, int node) {
    const char *s = fdt_string(fdt, node, "status");
    return !s || strcmp(s, "okay") == 0 || strcmp(s, "ok") == 0;
}

int fdt_reserved(const struct fdt *fdt, int i, uint64_t *addr, uint64_t *size) {
    enum { ENTRY = 16 };
    if (i < 0 || fdt->reserved > fdt->size || (uint32_t)i >= (fdt->size - fdt->reserved) / ENTRY)
        return -ENOENT;
    for (int k = 0; k <= i; k++) { // an entry of zeros ends the list
        const uint8_t *p = fdt->blob + fdt->reserved + ENTRY * k;
        *addr = be64(p);
        *size = be64(p + 8);
        if (*addr == 0 && *size == 0)
            return -ENOENT;
    }
    return 0;
}
