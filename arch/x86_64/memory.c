/* memory.c: the four functions that compilers call by themselves.
 *
 * By string instructions, so that no compiler can turn the loop inside into a call of the function
 * around it.
 */
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>

void *memset(void *to, int value, size_t count);
void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
int memcmp(const void *left, const void *right, size_t count);

void *memset(void *to, int value, size_t count)
{
    cpu_rep_stosb(to, (uint8_t)value, count);
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    cpu_rep_movsb(to, from, count);
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    /* Upwards is safe unless the target begins inside the source. */
    if ((uintptr_t)to - (uintptr_t)from >= count)
        cpu_rep_movsb(to, from, count);
    else
        cpu_rep_movsb_down(to, from, count);
    return to;
}

int memcmp(const void *left, const void *right, size_t count)
{
    const uint8_t *a = left, *b = right;
    for (size_t i = 0; i < count; i++) {
        if (a[i] != b[i])
            return a[i] - b[i];
    }
    return 0;
}
