// fdt.h: reading a flattened device tree (Devicetree Specification 0.4, chapter 5).
//
// fdt_open goes through the blob once, checks every offset and length, and notes the nodes in a table. What
// comes after trusts the blob, which therefore must stay as it is. Where a node is asked for, NULL is a node
// without properties, so that a look-up may be used unchecked.
#pragma once

#include "lib/kernel.h"

enum { FDT_NODES = 256 };

struct fdt_node {
    const struct fdt *tree;
    const struct fdt_node *parent; // NULL: this is the root
    const char *name;              // with @unit
    const uint8_t *props;          // its first property, if it has one
};

struct fdt {
    const uint8_t *blob;
    uint32_t size;                   // of the whole blob
    uint32_t strings;                // offset of the names of properties
    uint32_t reserved;               // offset of the memory reservation block
    int count;                       // of nodes
    struct fdt_node node[FDT_NODES]; // in the tree's order: parents before children; the root first
};

// 0, or -EINVAL: no device tree of version 17, a damaged one, or one of too many nodes. max: bytes that may
// be looked at.
int fdt_open(struct fdt *fdt, const void *blob, size_t max);

// Each node, in the tree's order.
#define fdt_for_each(var, fdt)                                                                               \
    for (const struct fdt_node *var = (fdt)->node; var < (fdt)->node + (fdt)->count; var++)
// The node at an absolute path like "/cpus/cpu@0", or NULL.
const struct fdt_node *fdt_path(const struct fdt *fdt, const char *path);
const struct fdt_node *fdt_phandle(const struct fdt *fdt, uint32_t phandle);

// Property value and its length, or NULL.
const void *fdt_prop(const struct fdt_node *node, const char *name, int *len);
const char *fdt_string(const struct fdt_node *node, const char *name);
// The i-th 32-bit cell of a property; dflt when there is none.
uint32_t fdt_cell(const struct fdt_node *node, const char *name, int i, uint32_t dflt);
// A property of one or two cells as a number.
uint64_t fdt_number(const struct fdt_node *node, const char *name, uint64_t dflt);
// The i-th (address, size) pair of "reg", by the parent's #address-cells and #size-cells. 0 or -ENOENT.
int fdt_reg(const struct fdt_node *node, int i, uint64_t *addr, uint64_t *size);
// Does a property, which is a string or a list of strings, hold this one?
bool fdt_has(const struct fdt_node *node, const char *name, const char *text);
// False only when "status" is there and is neither "okay" nor "ok".
bool fdt_enabled(const struct fdt_node *node);
// The i-th entry of the memory reservation block. 0 or -ENOENT.
int fdt_reserved(const struct fdt *fdt, int i, uint64_t *addr, uint64_t *size);
