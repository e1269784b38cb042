/* vector.c: who owns which vector: the map, and each CPU's free device vectors.
 *
 * Every operation is a handful of bit operations on one class or on the set of open
 * classes, so that its cost does not grow as the table fills.
 */
#include "vector.h"

#include <stddef.h>

#include <ivm/level.h>
#include <ivm/vector.h>

struct range {
    uint16_t first, end;
    enum ivm_vector_kind kind;
    const char *reason;
};

static const struct range map[] = {
#define X(from, to, what, why)                                                             \
    {.first = from, .end = to, .kind = IVM_VECTOR_IS_##what, .reason = why},
    IVM_VECTOR_MAP(X)
#undef X
};

static const struct range *range_of(uint8_t vector)
{
    const struct range *range = map;
    while (vector >= range->end)
        range++;
    return range;
}

enum ivm_vector_kind ivm_vector_kind(uint8_t vector)
{
    return range_of(vector)->kind;
}

const char *ivm_vector_reason(uint8_t vector)
{
    return range_of(vector)->reason;
}

/* Classes 3 to 12, a bit each. */
enum { DEVICE_CLASSES = 0x1FF8 };

static bool is_device_level(uint8_t level)
{
    return level >= IVM_DEVICE_FIRST && level < IVM_DEVICE_END;
}

/* What an allocation may ask for. */
static bool is_level_asked(uint8_t level)
{
    return level == 0 || level == IVM_ANY_LEVEL || is_device_level(level);
}

static uint8_t vector_at(uint8_t level, unsigned offset)
{
    return (uint8_t)((unsigned)level << 4 | offset);
}

void vector_pool_start(struct vector_pool *pool)
{
    *pool = (struct vector_pool){.next_class = IVM_DEVICE_FIRST};
    for (const struct range *range = map; range < map + sizeof map / sizeof map[0];
         range++) {
        if (range->kind != IVM_VECTOR_IS_DEVICE && range->kind != IVM_VECTOR_IS_SPARE)
            continue;
        for (unsigned vector = range->first; vector < range->end; vector++) {
            pool->free[vector >> 4] |= (uint16_t)(1u << (vector & 15));
            pool->open |= (uint16_t)(1u << (vector >> 4));
        }
    }
}

/* The low four bits of the index, reversed: 0, 8, 4, 12, ...: few CPUs are far apart. */
void vector_pool_stagger(struct vector_pool *pool, uint32_t cpu)
{
    pool->first_offset =
        (uint8_t)((cpu & 1) << 3 | (cpu & 2) << 1 | (cpu & 4) >> 1 | (cpu & 8) >> 3);
}

void vector_pool_limit(struct vector_pool *pool, const struct vector_pool *other)
{
    for (unsigned level = 0; level < IVM_LEVEL_COUNT; level++) {
        pool->free[level] &= other->free[level];
        bool is_empty = pool->free[level] == 0;
        pool->open &= (uint16_t) ~((unsigned)is_empty << level);
    }
}

static unsigned count_bits(unsigned bits)
{
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

static void take(struct vector_pool *pool, uint8_t level, unsigned bits)
{
    pool->free[level] &= (uint16_t)~bits;
    if (pool->free[level] == 0)
        pool->open &= (uint16_t) ~(1u << level);
    pool->used = (uint16_t)(pool->used + count_bits(bits));
}

/* The first class of `classes` at or after the turn, wrapping; 0 when there is none. */
static uint8_t class_in_turn(const struct vector_pool *pool, unsigned classes)
{
    unsigned ahead = classes & (0xFFFFu << pool->next_class);
    if (ahead == 0)
        ahead = classes;
    return ahead == 0 ? 0 : (uint8_t)__builtin_ctz(ahead);
}

/* The first of some bits at or after the pool's own beginning, wrapping. */
static unsigned offset_in_turn(const struct vector_pool *pool, unsigned bits)
{
    unsigned ahead = bits & (0xFFFFu << pool->first_offset);
    return (unsigned)__builtin_ctz(ahead != 0 ? ahead : bits);
}

/* The free vectors of a class in both pools. */
static unsigned free_in_both(const struct vector_pool *pool,
                             const struct vector_pool *allowed, uint8_t level)
{
    return allowed != NULL ? pool->free[level] & allowed->free[level] : pool->free[level];
}

/* The first of these classes, in turn, with a free vector that is allowed; 0: none. Classes whose free
 * vectors are not the ones allowed are passed over: with one CPU there are none. */
static uint8_t choose_among(const struct vector_pool *pool,
                            const struct vector_pool *allowed, unsigned classes)
{
    while (classes != 0) {
        uint8_t chosen = class_in_turn(pool, classes);
        if (free_in_both(pool, allowed, chosen) != 0)
            return chosen;
        classes &= ~(1u << chosen);
    }
    return 0;
}

/* The class to take from; 0 when there is none. */
static uint8_t choose_class(const struct vector_pool *pool,
                            const struct vector_pool *allowed, uint8_t level)
{
    if (is_device_level(level))
        return choose_among(pool, allowed, pool->open & 1u << level);
    uint8_t chosen = choose_among(pool, allowed, pool->open & DEVICE_CLASSES);
    if (chosen != 0 || level != IVM_ANY_LEVEL)
        return chosen;
    return choose_among(pool, allowed, pool->open & ~(unsigned)DEVICE_CLASSES);
}

bool vector_has_free(const struct vector_pool *pool, const struct vector_pool *allowed,
                     uint8_t level)
{
    return choose_class(pool, allowed, level) != 0;
}

enum ivm_status vector_allocate(struct vector_pool *pool, const struct vector_pool *allowed,
                                uint8_t level, uint8_t *vector)
{
    if (!is_level_asked(level))
        return IVM_BAD_ARGUMENT;
    uint8_t chosen = choose_class(pool, allowed, level);
    if (chosen == 0)
        return IVM_EXHAUSTED;
    unsigned offset = offset_in_turn(pool, free_in_both(pool, allowed, chosen));
    take(pool, chosen, 1u << offset);
    if (!is_device_level(level))
        pool->next_class = (uint8_t)(chosen + 1);
    *vector = vector_at(chosen, offset);
    return IVM_OK;
}

/* Bits at which an aligned run of `count` free vectors begins. */
static unsigned block_starts(unsigned available, unsigned count)
{
    unsigned starts = available;
    for (unsigned run = 1; run < count; run *= 2)
        starts &= starts >> run;
    for (unsigned at = 0; at < 16; at++) {
        if (at % count != 0)
            starts &= ~(1u << at);
    }
    return starts;
}

static bool is_block_asked(uint8_t level, unsigned count)
{
    bool is_power = count != 0 && count <= 16 && (count & (count - 1)) == 0;
    return is_power && (level == 0 || is_device_level(level));
}

/* The device classes that hold such a block, a bit each. */
static unsigned block_classes(const struct vector_pool *pool, uint8_t level, unsigned count)
{
    unsigned fitting = 0;
    for (uint8_t at = IVM_DEVICE_FIRST; at < IVM_DEVICE_END; at++) {
        if ((level == 0 || at == level) && block_starts(pool->free[at], count) != 0)
            fitting |= 1u << at;
    }
    return fitting;
}

bool vector_has_block(const struct vector_pool *pool, uint8_t level, unsigned count)
{
    return is_block_asked(level, count) && block_classes(pool, level, count) != 0;
}

enum ivm_status vector_allocate_block(struct vector_pool *pool, uint8_t level,
                                      unsigned count, uint8_t *first)
{
    if (!is_block_asked(level, count))
        return IVM_BAD_ARGUMENT;
    uint8_t chosen = class_in_turn(pool, block_classes(pool, level, count));
    if (chosen == 0)
        return IVM_EXHAUSTED;
    unsigned offset = offset_in_turn(pool, block_starts(pool->free[chosen], count));
    take(pool, chosen, ((1u << count) - 1) << offset);
    if (level == 0)
        pool->next_class = (uint8_t)(chosen + 1);
    *first = vector_at(chosen, offset);
    return IVM_OK;
}

enum ivm_status vector_reserve(struct vector_pool *pool, uint8_t vector)
{
    if (!ivm_vector_is_device(vector) && ivm_vector_kind(vector) != IVM_VECTOR_IS_SPARE)
        return IVM_ACCESS_DENIED;
    if (!vector_is_free(pool, vector))
        return IVM_ALREADY_CONNECTED;
    take(pool, ivm_vector_level(vector), 1u << (vector & 15));
    return IVM_OK;
}

void vector_free(struct vector_pool *pool, uint8_t vector)
{
    uint8_t level = ivm_vector_level(vector);
    pool->free[level] |= (uint16_t)(1u << (vector & 15));
    pool->open |= (uint16_t)(1u << level);
    pool->used--;
}

bool vector_is_free(const struct vector_pool *pool, uint8_t vector)
{
    return (pool->free[ivm_vector_level(vector)] >> (vector & 15) & 1) != 0;
}

unsigned vector_free_count(const struct vector_pool *pool, uint8_t level)
{
    unsigned count = 0;
    for (uint8_t at = 0; at < IVM_LEVEL_COUNT; at++) {
        bool counts =
            level == 0 ? is_device_level(at) : level == IVM_ANY_LEVEL || level == at;
        count += counts ? count_bits(pool->free[at]) : 0;
    }
    return count;
}

unsigned vector_free_in_both(const struct vector_pool *pool,
                             const struct vector_pool *allowed, uint8_t level)
{
    return count_bits(free_in_both(pool, allowed, level));
}

unsigned vector_suggest(const struct vector_pool *pool, const struct vector_pool *allowed,
                        uint8_t level, uint8_t out[VECTOR_SUGGESTIONS])
{
    unsigned given = 0;
    unsigned here = is_device_level(level) ? free_in_both(pool, allowed, level) : 0;
    for (; here != 0 && given < VECTOR_SUGGESTIONS; here &= here - 1)
        out[given++] = vector_at(level, (unsigned)__builtin_ctz(here));
    for (uint8_t other = IVM_DEVICE_FIRST; other < IVM_DEVICE_END; other++) {
        unsigned there = free_in_both(pool, allowed, other);
        if (other != level && there != 0 && given < VECTOR_SUGGESTIONS)
            out[given++] = vector_at(other, (unsigned)__builtin_ctz(there));
    }
    return given;
}
