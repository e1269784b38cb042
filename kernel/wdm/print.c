/* print.c: what images print, line by line in the log.
 *
 * Source: [WDM] "DbgPrint", "DbgPrintEx"; [CRT] "_snprintf".
 */
#include "print.h"

#include <ivm/system.h>

#include "caller.h"
#include "image_slot.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"
#include "print_calls.h"

enum {
    CALL_SIZE = 513, /* DbgPrint() sends 512 characters at most */
    LINE_SIZE = 256,
    CUT = -1,
};

/* Lines that wait for their ends, one for each image. Taken with interrupts off: routines print, too. */
static struct spinlock lock;
static struct line {
    char text[LINE_SIZE];
    size_t length;
} lines[IMAGE_SLOTS];

/* Nothing that a terminal would obey, and no line in a line. */
static char printable(char c)
{
    return (c >= ' ' && c <= '~') || c == '\t' ? c : '?';
}

static void take_line(struct line *line, char out[LINE_SIZE])
{
    __builtin_memcpy(out, line->text, line->length);
    out[line->length] = '\0';
    line->length = 0;
}

/* Add to a line up to its end, which is then in `out`; "" when it has none yet. Returns the rest. */
static const char *add(struct line *line, const char *text, char out[LINE_SIZE])
{
    out[0] = '\0';
    while (*text != '\0') {
        char c = *text++;
        if (c == '\r')
            continue;
        if (c != '\n')
            line->text[line->length++] = printable(c);
        if (c == '\n' || line->length == LINE_SIZE - 1) {
            take_line(line, out);
            break;
        }
    }
    return text;
}

void print_text(const struct image *image, const char *text)
{
    struct line *line = &lines[image_slot(image)];
    while (*text != '\0') {
        char whole[LINE_SIZE];
        bool were_on = machine_interrupts_save();
        spinlock_take(&lock);
        text = add(line, text, whole);
        spinlock_release(&lock);
        machine_interrupts_restore(were_on);
        if (whole[0] != '\0')
            ivm_log("%s: %s", caller_name(image), whole);
    }
}

void print_flush(const struct image *image)
{
    if (lines[image_slot(image)].length != 0)
        print_text(image, "\n");
}

static void print(const struct image *image, const char *prefix, const char *format,
                  const uint64_t *arguments)
{
    char text[CALL_SIZE];
    size_t length = print_characters(text, CALL_SIZE - 1, format, arguments);
    text[length < CALL_SIZE ? length : CALL_SIZE - 1] = '\0';
    print_text(image, prefix);
    print_text(image, text);
}

static const uint64_t *words_of(__builtin_ms_va_list list)
{
    return (const uint64_t *)(const void *)list;
}

NT_API uint32_t DbgPrint(const char *format, ...)
{
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, format);
    print(image_of(__builtin_return_address(0)), "", format, words_of(list));
    __builtin_ms_va_end(list);
    return (uint32_t)NT_SUCCESS;
}

NT_API uint32_t DbgPrintEx(uint32_t component, uint32_t level, const char *format, ...)
{
    (void)component, (void)level;
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, format);
    print(image_of(__builtin_return_address(0)), "", format, words_of(list));
    __builtin_ms_va_end(list);
    return (uint32_t)NT_SUCCESS;
}

NT_API uint32_t vDbgPrintEx(uint32_t component, uint32_t level, const char *format,
                            const uint64_t *arguments)
{
    (void)component, (void)level;
    print(image_of(__builtin_return_address(0)), "", format, arguments);
    return (uint32_t)NT_SUCCESS;
}

NT_API uint32_t vDbgPrintExWithPrefix(const char *prefix, uint32_t component,
                                      uint32_t level, const char *format,
                                      const uint64_t *arguments)
{
    (void)component, (void)level;
    print(image_of(__builtin_return_address(0)), prefix, format, arguments);
    return (uint32_t)NT_SUCCESS;
}

NT_API int32_t wdm__vsnprintf(char *out, size_t size, const char *format,
                              const uint64_t *arguments)
{
    size_t length = print_characters(out, size, format, arguments);
    if (length < size)
        out[length] = '\0';
    return length <= size ? (int32_t)length : CUT;
}

NT_API int32_t wdm__snprintf(char *out, size_t size, const char *format, ...)
{
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, format);
    int32_t length = wdm__vsnprintf(out, size, format, words_of(list));
    __builtin_ms_va_end(list);
    return length;
}
