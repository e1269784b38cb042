/* stop.c: bug checks: the kernel stops, and says which driver, where, and why.
 *
 * Source: [WDM] "KeBugCheckEx", "RtlAssert", "Bug Check Code Reference".
 */
#include "stop.h"

#include "caller.h"
#include "kernel/format.h"
#include "kernel/system/panic.h"
#include "objects.h"
#include "print.h"
#include "stop_calls.h"

enum { PLACE_SIZE = 64 };

/* " KMODE_EXCEPTION_NOT_HANDLED"; "" of a code that is not in the list. */
static const char *name_of(uint32_t code)
{
    static const struct {
        uint32_t code;
        const char *name;
    } names[] = {
#define X(name, code) {code, " " #name},
        BUG_CHECK_LIST(X)
#undef X
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].code == code)
            return names[i].name;
    }
    return "";
}

/* ", called from 0x1402b7, edu.sys+0x2b7"; "" of a place that is not known. */
static void tell_place(char out[PLACE_SIZE], const void *place)
{
    uint64_t address = (uintptr_t)place;
    const struct image *image = image_of(place);
    out[0] = '\0';
    if (image != NULL)
        format_text(out, PLACE_SIZE, ", called from 0x%lx, %s+0x%lx", address, image->name,
                    address - image->base);
    else if (place != NULL)
        format_text(out, PLACE_SIZE, ", called from 0x%lx", address);
}

struct stop {
    const struct image *image;
    const void *place;
    uint32_t code;
    const uint64_t *parameters;
};

static _Noreturn void stop(const struct stop *why)
{
    char place[PLACE_SIZE];
    const uint64_t *p = why->parameters;
    print_flush(why->image);
    tell_place(place, why->place);
    panic("bug check 0x%08X%s (0x%lx, 0x%lx, 0x%lx, 0x%lx) by %s%s", why->code,
          name_of(why->code), p[0], p[1], p[2], p[3], caller_name(why->image), place);
}

_Noreturn void bug_check(const struct image *image, uint32_t code,
                         const uint64_t parameters[4])
{
    stop(&(struct stop){.image = image, .code = code, .parameters = parameters});
}

NT_API _Noreturn void KeBugCheck(uint32_t code)
{
    const void *place = __builtin_return_address(0);
    static const uint64_t none[4];
    stop(&(struct stop){
        .image = image_of(place), .place = place, .code = code, .parameters = none});
}

NT_API _Noreturn void KeBugCheckEx(uint32_t code, uint64_t parameter1, uint64_t parameter2,
                                   uint64_t parameter3, uint64_t parameter4)
{
    const void *place = __builtin_return_address(0);
    const uint64_t parameters[4] = {parameter1, parameter2, parameter3, parameter4};
    stop(&(struct stop){
        .image = image_of(place), .place = place, .code = code, .parameters = parameters});
}

static const char *or_unknown(const char *text)
{
    return text != NULL ? text : "?";
}

NT_API _Noreturn void RtlAssert(const char *expression, const char *file, uint32_t line,
                                const char *message)
{
    char place[PLACE_SIZE];
    const struct image *image = image_of(__builtin_return_address(0));
    print_flush(image);
    tell_place(place, __builtin_return_address(0));
    panic("assertion of %s failed: %s, at %s:%u%s%s%s", caller_name(image),
          or_unknown(expression), or_unknown(file), line, message != NULL ? ": " : "",
          message != NULL ? message : "", place);
}
