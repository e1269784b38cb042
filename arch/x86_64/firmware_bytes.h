/* firmware_bytes.h: the bytes of a firmware table: read, summed, and what is wrong with
 * them said.
 *
 * Pure: a parser is handed bytes and fills a struct; what it cannot accept it describes in
 * a struct table_fault, which names the table and the offset.
 */
#ifndef ARCH_FIRMWARE_BYTES_H
#define ARCH_FIRMWARE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

enum { ACPI_HEADER_SIZE = 36, ACPI_HEADER_LENGTH = 4, ACPI_HEADER_REVISION = 8 };

struct table_fault {
    char table[8];    /* "MADT", zero-terminated */
    const char *what; /* one clause; static text */
    uint64_t value;   /* the number that is wrong */
    uint32_t offset;  /* in the table */
};

/* Describe what is wrong in a table; answers IVM_BAD_ARGUMENT, for the parser to return. */
enum ivm_status table_fault_set(struct table_fault *fault, size_t offset, const char *what,
                                uint64_t value);

/* Bytes that should be a table. */
struct table_bytes {
    const uint8_t *bytes;
    size_t available;      /* readable */
    const char *signature; /* four characters: "APIC" */
    size_t least;          /* that this kind needs, ACPI_HEADER_SIZE or more */
};

/* Check what every ACPI table begins with: signature, length, checksum.
 *
 * fault    its `table` is set to the signature in any case
 * length   set to the table's own length, in [least, available]
 * errors   IVM_BAD_ARGUMENT  malformed: `fault` says where
 * source   [ACPI] "System Description Table Header"
 */
IVM_MUST_CHECK enum ivm_status table_check(const struct table_bytes *table,
                                           struct table_fault *fault, size_t *length);

/* "MADT, offset 0x2c: an entry shorter than its type needs (4)". As snprintf. */
size_t table_fault_text(const struct table_fault *fault, char *out, size_t size);

/* Little-endian, at any alignment. */
static inline uint16_t bytes_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t bytes_u32(const uint8_t *bytes)
{
    return bytes_u16(bytes) | (uint32_t)bytes_u16(bytes + 2) << 16;
}

static inline uint64_t bytes_u64(const uint8_t *bytes)
{
    return bytes_u32(bytes) | (uint64_t)bytes_u32(bytes + 4) << 32;
}

/* The sum of all bytes, which is 0 for a table that nobody damaged. */
uint8_t bytes_sum(const uint8_t *bytes, size_t length);

/* Whether `count` bytes are these characters. The caller knows that they are readable. */
bool bytes_are(const uint8_t *bytes, const char *text, size_t count);

#endif
