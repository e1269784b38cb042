/* pe_tool.c: the kernel's reader of driver images as a program of the host, for genuine
 * images: pe_tool show FILE, pe_tool run FILE.
 *
 * `show` prints what the image says, for comparison with other readers. `run` loads it into
 * memory of its own, with the permissions it asks for, and calls its entry point: a driver
 * that only computes and prints runs here, in a process, as it would in the kernel.
 * Refused: exit status 1, and everything that is wrong.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/wdm/pe.h"

#define NT_CALL __attribute__((ms_abi))

static struct pe_image image;
static struct pe_report report;

/* ---- what a driver may call here ---------------------------------------------------------- */

static NT_CALL uint32_t dbg_print(const char *text, ...)
{
    printf("driver: %s\n", text);
    return 0;
}

static NT_CALL uint64_t active_processors(void)
{
    return 0x2222;
}

static uint64_t resolve_to_run(void *context, const char *dll, const char *name,
                               uint16_t hint)
{
    (void)context;
    (void)hint;
    if (strcmp(dll, "ntoskrnl.exe") != 0)
        return 0;
    if (strcmp(name, "DbgPrint") == 0)
        return (uintptr_t)dbg_print;
    bool is_known = strcmp(name, "KeQueryActiveProcessors") == 0;
    return is_known ? (uintptr_t)active_processors : 0;
}

static uint64_t resolve_to_show(void *context, const char *dll, const char *name,
                                uint16_t hint)
{
    (void)context;
    printf("import %s %u %s\n", dll, hint, name);
    return 1;
}

/* ---- reading and telling ------------------------------------------------------------------ */

static void *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    *length = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*length + (*length == 0));
    if (bytes == NULL || fread(bytes, 1, *length, file) != *length) {
        perror(path);
        exit(2);
    }
    (void)fclose(file);
    return bytes;
}

static void refuse(void)
{
    for (size_t i = 0; i < report.finding_count; i++) {
        char text[200];
        (void)pe_finding_text(&report.findings[i], text, sizeof text);
        printf("refused %s %s\n", pe_fault_forms(report.findings[i].fault)->name, text);
    }
    for (size_t i = 0; i < report.missing_count && i < PE_MISSING_LIMIT; i++)
        printf("missing %s %s\n", report.missing[i].dll, report.missing[i].name);
    exit(1);
}

static const char *letters(unsigned permissions)
{
    static const char *const text[] = {"-", "r", "w", "rw", "x", "rx", "wx", "rwx"};
    return text[permissions & 7];
}

static void show(void)
{
    printf("machine %x\nsubsystem %x\nbase %llx\nsize %x\nentry %x\n", image.machine,
           image.subsystem, (unsigned long long)image.base, image.size, image.entry);
    for (size_t i = 0; i < image.section_count; i++) {
        const struct pe_section *s = &image.sections[i];
        printf("section %s %x %x %x %x %s\n", s->name, s->rva, s->size, s->file_offset,
               s->file_size, letters(s->permissions));
    }
    struct pe_range ranges[PE_RANGE_LIMIT];
    size_t count = pe_ranges(&image, ranges);
    for (size_t i = 0; i < count; i++)
        printf("range %x %x %s\n", ranges[i].first, ranges[i].end,
               letters(ranges[i].permissions));
    printf("relocations %zu\nexceptions %zu\nname %s\n", image.relocation_count,
           image.exception_count, image.own_name == NULL ? "-" : image.own_name);
    uint8_t *target = malloc(image.size);
    struct pe_placement placement = {
        .target = target, .base = image.base, .resolve = resolve_to_show};
    if (target == NULL || pe_load(&image, &placement, &report) != IVM_OK)
        refuse();
    free(target);
}

static void protect(uint8_t *target)
{
    struct pe_range ranges[PE_RANGE_LIMIT];
    size_t count = pe_ranges(&image, ranges);
    int wrong = mprotect(target, image.size, PROT_NONE);
    for (size_t i = 0; i < count; i++) {
        unsigned has = ranges[i].permissions;
        int protection = PROT_READ;
        protection |= (has & PE_WRITE) != 0 ? PROT_WRITE : 0;
        protection |= (has & PE_EXECUTE) != 0 ? PROT_EXEC : 0;
        wrong |=
            mprotect(target + ranges[i].first, ranges[i].end - ranges[i].first, protection);
    }
    if (wrong != 0) {
        perror("mprotect");
        exit(2);
    }
}

static void run(void)
{
    uint8_t *target =
        mmap(NULL, image.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (target == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    struct pe_placement placement = {
        .target = target, .base = (uintptr_t)target, .resolve = resolve_to_run};
    if (pe_load(&image, &placement, &report) != IVM_OK)
        refuse();
    protect(target);
    (void)fflush(stdout);
    NT_CALL uint32_t (*entry)(void *driver, void *path);
    uintptr_t address = (uintptr_t)target + image.entry;
    memcpy(&entry, &address, sizeof entry);
    printf("returned %x\n", entry(NULL, NULL));
}

int main(int count, char **arguments)
{
    if (count != 3 ||
        (strcmp(arguments[1], "show") != 0 && strcmp(arguments[1], "run") != 0)) {
        (void)fprintf(stderr, "pe_tool show|run FILE\n");
        return 64;
    }
    size_t length;
    void *bytes = read_file(arguments[2], &length);
    if (pe_parse(bytes, length, &image, &report) != IVM_OK)
        refuse();
    if (arguments[1][0] == 's')
        show();
    else
        run();
    free(bytes);
    return 0;
}
