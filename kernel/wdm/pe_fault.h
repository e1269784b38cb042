/* pe_fault.h: everything that can be wrong with a driver's image, each with its sentence. */
#ifndef WDM_PE_FAULT_H
#define WDM_PE_FAULT_H

/* clang-format off */
/* name, what the value beside it is (0: there is none), text: one clause */
#define PE_FAULT_LIST(X)                                                                          \
    /* the file, [PE] "MS-DOS Stub (Image Only)", "Signature (Image Only)" */                     \
    X(FILE_TOO_LONG,           "bytes",       "the file is longer than this loader takes")        \
    X(FILE_TOO_SHORT,          "bytes",       "the file is shorter than an MS-DOS header")        \
    X(DOS_MAGIC,               "signature",   "the file does not begin with MZ")                  \
    X(HEADER_MISALIGNED,       "offset",      "the PE header does not lie at a multiple of 4")    \
    X(HEADER_BEYOND_FILE,      "offset",      "the PE header lies beyond the end of the file")    \
    X(SIGNATURE,               "signature",   "there is no PE signature where there should be")   \
    /* [PE] "COFF File Header (Object and Image)" */                                              \
    X(MACHINE,                 "machine",     "the image is not for x86-64")                      \
    X(NOT_AN_IMAGE,            "flags",       "its linker did not mark it as a valid image")      \
    X(BYTES_REVERSED,          "flags",       "the image is marked as big-endian")                \
    X(UNIPROCESSOR,            "flags",       "the image is marked for machines with one processor only") \
    X(NO_SECTIONS,             0,             "the image has no sections")                        \
    X(TOO_MANY_SECTIONS,       "sections",    "the image has more sections than Windows takes")   \
    X(OPTIONAL_HEADER_SHORT,   "bytes",       "the optional header is shorter than its fields")   \
    X(SECTION_TABLE_BEYOND_FILE, "offset",    "the section table lies beyond the end of the file") \
    /* [PE] "Optional Header Windows-Specific Fields (Image Only)" */                             \
    X(PE32,                    "magic",       "the image is PE32, not PE32+: it is built for 32 bits") \
    X(OPTIONAL_MAGIC,          "magic",       "the optional header is of an unknown kind")        \
    X(SUBSYSTEM,               "subsystem",   "the image is not for the native subsystem: no driver") \
    X(BASE_MISALIGNED,         "base",        "the preferred base is no multiple of 64 KiB")      \
    X(BASE_WRAPS,              "base",        "the image at its preferred base would pass the end of memory") \
    X(SECTION_ALIGNMENT,       "alignment",   "the section alignment is no power of 2 from 4096 on") \
    X(FILE_ALIGNMENT,          "alignment",   "the file alignment is no power of 2 from 512 to 65536") \
    X(FILE_ALIGNMENT_ABOVE,    "alignment",   "the file alignment is above the section alignment") \
    X(IMAGE_TOO_BIG,           "bytes",       "SizeOfImage is more than this loader takes")       \
    X(IMAGE_SIZE_MISALIGNED,   "bytes",       "SizeOfImage is no multiple of the section alignment") \
    X(IMAGE_SIZE,              "bytes",       "SizeOfImage is not where the last section ends")   \
    X(HEADERS_SIZE_MISALIGNED, "bytes",       "SizeOfHeaders is no multiple of the file alignment") \
    X(HEADERS_TOO_SMALL,       "bytes",       "SizeOfHeaders ends before the section table does") \
    X(HEADERS_BEYOND_FILE,     "bytes",       "SizeOfHeaders is more than the file holds")        \
    X(CHECKSUM,                "checksum",    "the checksum does not match: the file was changed or cut") \
    X(TOO_MANY_DIRECTORIES,    "directories", "the image has more data directories than are defined") \
    /* [PE] "Section Table (Section Headers)", "Section Flags" */                                 \
    X(SECTION_EMPTY,           0,             "the section has no size")                          \
    X(SECTION_MISALIGNED,      "RVA",         "the section does not begin at a multiple of the section alignment") \
    X(SECTION_IN_HEADERS,      "RVA",         "the section lies over the headers")                \
    X(SECTION_OVERLAP,         "RVA",         "the section overlaps the one before it")           \
    X(SECTION_ORDER,           "RVA",         "the section lies before the one listed before it") \
    X(SECTION_GAP,             "RVA",         "the section does not follow the one before it: a gap lies between") \
    X(SECTION_OUTSIDE,         "size",        "the section passes the end of the image")          \
    X(RAW_MISALIGNED,          "offset",      "the section's bytes do not lie at a multiple of the file alignment") \
    X(RAW_IN_HEADERS,          "offset",      "the section's bytes lie in the file's headers")    \
    X(RAW_BEYOND_FILE,         "bytes",       "the section's bytes pass the end of the file")     \
    X(RAW_SHARED,              "offset",      "the section's bytes are those of another section too") \
    X(WRITABLE_AND_EXECUTABLE, "flags",       "the section is writable and executable, and stays so") \
    /* the entry point */                                                                         \
    X(NO_ENTRY,                0,             "the image has no entry point")                     \
    X(ENTRY_OUTSIDE,           "RVA",         "the entry point lies in no section")               \
    X(ENTRY_NOT_EXECUTABLE,    "RVA",         "the entry point lies in a section that is not executable") \
    X(ENTRY_WITHOUT_CODE,      "RVA",         "the entry point lies where the file has no bytes") \
    /* [PE] "Optional Header Data Directories (Image Only)" */                                    \
    X(DIRECTORY_EMPTY,         "RVA",         "the directory has an address and no size")         \
    X(DIRECTORY_OUTSIDE,       "RVA",         "the directory does not lie in one section")        \
    X(DIRECTORY_WITHOUT_BYTES, "RVA",         "the directory lies where the file has no bytes")   \
    X(TLS,                     "RVA",         "the image has thread-local storage: a driver has no threads of its own") \
    X(BOUND_IMPORTS,           "RVA",         "the image is bound to other images in advance")    \
    X(DELAY_IMPORTS,           "RVA",         "the image has imports to be resolved when first called") \
    X(MANAGED,                 "RVA",         "the image holds code for the .NET runtime")        \
    X(CERTIFICATES_BEYOND_FILE, "offset",     "the certificate table passes the end of the file") \
    X(EXCEPTIONS_SIZE,         "bytes",       "the exception table is no multiple of 12 bytes")   \
    X(EXPORTS_SHORT,           "bytes",       "the export directory is shorter than its fields")  \
    X(EXPORT_NAME,             "RVA",         "the image's own name is not zero-terminated text") \
    /* [PE] "Base Relocation Block", "Base Relocation Types" */                                   \
    X(RELOCATIONS_CUT,         "bytes",       "the base relocations end in the middle of a block's header") \
    X(BLOCK_TOO_SMALL,         "bytes",       "a relocation block is smaller than its own header") \
    X(BLOCK_BEYOND_TABLE,      "bytes",       "a relocation block passes the end of the table")   \
    X(BLOCK_MISALIGNED,        "bytes",       "a relocation block's size is no multiple of 4")    \
    X(BLOCK_PAGE,              "RVA",         "a relocation block is for an address that begins no page") \
    X(RELOCATION_TYPE,         "type",        "a relocation of a type that x86-64 images do not have") \
    X(RELOCATION_OUTSIDE,      "RVA",         "a relocation of what lies outside the image")      \
    X(RELOCATION_IN_HEADERS,   "RVA",         "a relocation of the image's headers")              \
    X(RELOCATION_NOWHERE,      "RVA",         "a relocation of what does not lie in one section") \
    X(RELOCATIONS_STRIPPED,    "base",        "its relocations were stripped, and its preferred base is not free") \
    /* [PE] "Import Directory Table", "Import Lookup Table", "Hint/Name Table" */                 \
    X(IMPORTS_UNTERMINATED,    "RVA",         "the import directory has no end")                  \
    X(IMPORT_WITHOUT_NAME,     0,             "an import descriptor names no DLL")                \
    X(IMPORT_BOUND,            "stamp",       "an import descriptor is bound in advance")         \
    X(DLL_NAME,                "RVA",         "a DLL's name does not lie in the file")            \
    X(DLL_NAME_UNTERMINATED,   "RVA",         "a DLL's name has no terminator, or is too long") \
    X(DLL_NAME_EMPTY,          "RVA",         "a DLL's name is empty")                            \
    X(DLL_NAME_UNPRINTABLE,    "RVA",         "a DLL's name is not printable text")               \
    X(NO_LOOKUP_TABLE,         "RVA",         "an import lookup table does not lie in the file")  \
    X(LOOKUP_UNTERMINATED,     "RVA",         "an import lookup table has no terminator")         \
    X(NO_ADDRESS_TABLE,        "RVA",         "an import address table is missing or does not lie in one section") \
    X(IMPORT_BY_ORDINAL,       "ordinal",     "an import by number: only names are exported here") \
    X(IMPORT_RESERVED_BITS,    "entry",       "an import lookup entry has reserved bits set")     \
    X(IMPORT_NAME,             "RVA",         "an imported name does not lie in the file")        \
    X(IMPORT_NAME_UNTERMINATED, "RVA",        "an imported name has no terminator, or is too long") \
    X(IMPORT_NAME_EMPTY,       "RVA",         "an imported name is empty")                        \
    X(IMPORT_NAME_UNPRINTABLE, "RVA",         "an imported name is not printable text")           \
    X(TOO_MANY_IMPORTS,        "imports",     "the image has more imports than this loader takes")
/* clang-format on */

enum pe_fault {
#define X(name, value, text) PE_##name,
    PE_FAULT_LIST(X)
#undef X
        PE_FAULT_COUNT
};

#endif
