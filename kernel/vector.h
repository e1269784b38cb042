/* vector.h: the free device vectors of one CPU: one of a level, or an aligned block. */
#ifndef KERNEL_VECTOR_H
#define KERNEL_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/status.h>

/* Sixteen bits for each class; a set bit is a free vector. All under the configuration
 * lock. */
struct vector_pool {
    uint16_t free[16];    /* by class */
    uint16_t open;        /* classes with a free vector */
    uint16_t used;        /* vectors taken */
    uint8_t next_class;   /* where the next allocation in any class begins: spreads over
                           classes */
    uint8_t first_offset; /* where the search within a class begins */
};

/* Make every vector free that the map gives to devices or leaves spare. */
void vector_pool_start(struct vector_pool *pool);

/* Let the search of a CPU's pool begin elsewhere in each class than other CPUs' do: a source keeps its
 * number when it moves, so numbers in use should differ from CPU to CPU as long as they can. */
void vector_pool_stagger(struct vector_pool *pool, uint32_t cpu);

/* Keep free what is free in another pool, too. */
void vector_pool_limit(struct vector_pool *pool, const struct vector_pool *other);

/* Take a free vector, and store it.
 *
 * allowed  what is free there, too, or NULL; it is not changed
 * level    a device level; 0: any of them, in turn; IVM_ANY_LEVEL: then the other classes, too
 * errors  IVM_EXHAUSTED     none is free there; nothing changed
 *         IVM_BAD_ARGUMENT  not a device level
 */
IVM_MUST_CHECK enum ivm_status vector_allocate(struct vector_pool *pool,
                                               const struct vector_pool *allowed,
                                               uint8_t level, uint8_t *vector);

/* Whether vector_allocate() would find one. */
bool vector_has_free(const struct vector_pool *pool, const struct vector_pool *allowed,
                     uint8_t level);

/* Take `count` neighbours that begin at a multiple of `count`, as multi-message MSI needs
 * them.
 *
 * count   1, 2, 4, 8 or 16: a block lies within one class
 * errors  as vector_allocate(); IVM_BAD_ARGUMENT also for another count
 */
IVM_MUST_CHECK enum ivm_status vector_allocate_block(struct vector_pool *pool,
                                                     uint8_t level, unsigned count,
                                                     uint8_t *first);

/* Whether vector_allocate_block() would find one. */
bool vector_has_block(const struct vector_pool *pool, uint8_t level, unsigned count);

/* Take this very vector.
 *
 * errors  IVM_ACCESS_DENIED      it is the system's
 *         IVM_ALREADY_CONNECTED  it is taken
 */
IVM_MUST_CHECK enum ivm_status vector_reserve(struct vector_pool *pool, uint8_t vector);

/* Give a taken vector back. */
void vector_free(struct vector_pool *pool, uint8_t vector);

bool vector_is_free(const struct vector_pool *pool, uint8_t vector);

/* How many vectors are free at a level; 0: at all device levels; IVM_ANY_LEVEL: at all. */
unsigned vector_free_count(const struct vector_pool *pool, uint8_t level);

/* How many are free at a device level that are allowed, too; `allowed` as in vector_allocate(). */
unsigned vector_free_in_both(const struct vector_pool *pool,
                             const struct vector_pool *allowed, uint8_t level);

enum { VECTOR_SUGGESTIONS = 4 };

/* Store some free vectors, of `level` first, then one of each other device class; returns how many.
 * `allowed` as in vector_allocate().
 */
unsigned vector_suggest(const struct vector_pool *pool, const struct vector_pool *allowed,
                        uint8_t level, uint8_t out[VECTOR_SUGGESTIONS]);

#endif
