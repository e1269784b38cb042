/* log.h: where the lines of ivm_log() go: sinks, and a memory of the last 16 KiB.
 *
 * Lines logged before a sink exists are not lost: they are kept in a ring, and a new sink
 * is given them first.
 */
#ifndef SYSTEM_LOG_H
#define SYSTEM_LOG_H

#include <stddef.h>

#include <ivm/status.h>

/* Begins every line, so that a reader of a serial port can tell ours from firmware's. */
#define LOG_PREFIX "ivm| "

enum {
    LOG_LINE_LIMIT = 1000, /* bytes of a line, its prefix and newline not counted */
    LOG_RING_SIZE = 16384,
    LOG_SINK_LIMIT = 4,
};

/* Write this text out. context  interrupts off, any level; it must not log */
typedef void log_sink(const char *text, size_t length);

/* Send all further lines to `write` too, after those that the ring still holds.
 *
 * errors   IVM_EXHAUSTED  there are LOG_SINK_LIMIT sinks already; nothing changed
 * context  any
 */
IVM_MUST_CHECK enum ivm_status log_add_sink(log_sink *write);

/* Write text to every sink as it stands: no prefix, no newline, not kept in the ring. For a
 * console's prompt and echo.
 * context  any
 */
void log_text(const char *text, size_t length);

/* From now on, lines are written without waiting for one that is half written: its writer
 * may be what was interrupted for good. For panic() and the exception report.
 */
void log_emergency(void);

#endif
