/* system.c: the log, the clock and the device memory of the host tests: see system.h. */
#include "system.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <hw/cpu.h>
#include <ivm/system.h>

#include "hardware.h"
#include "mp_lines.h"

static char text[65536];
static size_t text_length;

struct fake_system fake_system;

uint32_t machine_apic_id(uint32_t cpu);

void fake_system_reset(void)
{
    text_length = 0;
    text[0] = '\0';
    fake_system = (struct fake_system){.step_ns = 1000};
    fake_mp_reset(); /* so that the linker takes this ivm_mp_line(), too */
    for (uint32_t cpu = 0; cpu < 8; cpu++)
        fake_system.apic_id[cpu] = cpu;
}

const char *fake_log_text(void)
{
    return text;
}

size_t fake_log_text_count(const char *wanted)
{
    size_t count = 0;
    for (const char *at = strstr(text, wanted); at != NULL; at = strstr(at + 1, wanted))
        count++;
    return count;
}

void ivm_log(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(text + text_length, sizeof text - text_length, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length + 2 > sizeof text - text_length) {
        text[text_length] = '\0';
        fake_complain("the captured log is full");
        return;
    }
    if (memchr(text + text_length, '\n', (size_t)length) != NULL)
        fake_complain("a log line holds a newline: %s", text + text_length);
    text_length += (size_t)length;
    text[text_length++] = '\n';
    text[text_length] = '\0';
}

uint64_t ivm_clock_ns(void)
{
    uint64_t now = fake_system.now_ns;
    fake_system.now_ns += fake_system.step_ns;
    return now;
}

bool ivm_wait_until(bool (*condition)(void *context), void *context, uint64_t ns)
{
    uint64_t end = ivm_clock_ns() + ns;
    while (!condition(context)) {
        if (ivm_clock_ns() >= end)
            return condition(context);
        cpu_pause();
    }
    return true;
}

uintptr_t ivm_map_device(uint64_t physical, size_t size)
{
    if (fake_system.refuse_to_map || size == 0 || physical + size < physical)
        return 0;
    fake_system.maps++;
    return (uintptr_t)physical;
}

uint32_t machine_apic_id(uint32_t cpu)
{
    if (cpu >= sizeof fake_system.apic_id / sizeof fake_system.apic_id[0]) {
        fake_complain("CPU %u has no APIC id", (unsigned)cpu);
        return 0;
    }
    return fake_system.apic_id[cpu];
}
