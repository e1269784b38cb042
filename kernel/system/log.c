/* log.c: one line at a time, prefixed, to every sink and into the ring. */
#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <ivm/system.h>

#include "kernel/format.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"

/* All under `lock`, taken at any level with interrupts off; but for `emergency`, set once.
 */
static struct spinlock lock;
static atomic_bool emergency;
static log_sink *sinks[LOG_SINK_LIMIT];
static size_t sink_count;
static char ring[LOG_RING_SIZE];
static uint64_t ring_written; /* bytes ever put in; the next goes to this % LOG_RING_SIZE */

/* Returns what finish() must be given. */
static bool begin(void)
{
    bool were_on = machine_interrupts_save();
    if (!atomic_load_explicit(&emergency, memory_order_relaxed))
        spinlock_take(&lock);
    return were_on;
}

static void finish(bool were_on)
{
    if (!atomic_load_explicit(&emergency, memory_order_relaxed))
        spinlock_release(&lock);
    machine_interrupts_restore(were_on);
}

static void keep(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        ring[ring_written++ % LOG_RING_SIZE] = text[i];
}

static void write_all(const char *text, size_t length)
{
    for (size_t i = 0; i < sink_count; i++)
        sinks[i](text, length);
}

/* Hand the whole lines that the ring holds to a sink. */
static void replay(log_sink *write)
{
    uint64_t first = 0;
    if (ring_written > LOG_RING_SIZE) {
        first = ring_written - LOG_RING_SIZE;
        while (first < ring_written && ring[first++ % LOG_RING_SIZE] != '\n')
            ;
    }
    while (first < ring_written) {
        size_t at = first % LOG_RING_SIZE;
        size_t to_the_edge = LOG_RING_SIZE - at;
        size_t left = (size_t)(ring_written - first);
        size_t length = left < to_the_edge ? left : to_the_edge;
        write(ring + at, length);
        first += length;
    }
}

enum ivm_status log_add_sink(log_sink *write)
{
    enum ivm_status status = IVM_EXHAUSTED;
    bool were_on = begin();
    if (sink_count < LOG_SINK_LIMIT) {
        replay(write);
        sinks[sink_count++] = write;
        status = IVM_OK;
    }
    finish(were_on);
    return status;
}

void log_text(const char *text, size_t length)
{
    bool were_on = begin();
    write_all(text, length);
    finish(were_on);
}

void log_emergency(void)
{
    atomic_store_explicit(&emergency, true, memory_order_relaxed);
}

void ivm_log(const char *format, ...)
{
    enum { PREFIX_LENGTH = sizeof LOG_PREFIX - 1 };
    char line[PREFIX_LENGTH + LOG_LINE_LIMIT + 1] = LOG_PREFIX;
    va_list arguments;
    va_start(arguments, format);
    size_t length =
        format_text_list(line + PREFIX_LENGTH, LOG_LINE_LIMIT + 1, format, arguments);
    va_end(arguments);
    if (length > LOG_LINE_LIMIT)
        length = LOG_LINE_LIMIT;
    length += PREFIX_LENGTH;

    /* A newline out of a name would begin a line without a prefix. */
    for (size_t i = PREFIX_LENGTH; i < length; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7F)
            line[i] = '?';
    line[length++] = '\n';

    bool were_on = begin();
    keep(line, length);
    write_all(line, length);
    finish(were_on);
}
