# symbols.awk: the kernel's symbol table, as assembly, from the output of `nm -n` (or none).
#
#   nm -n build/first.elf | awk -f tools/symbols.awk >build/symbols.s
#   awk -f tools/symbols.awk </dev/null >build/no-symbols.s
#
# Only code is listed. Of several names at one address the first counts, but the linker
# script's own (image_*) never do.

BEGIN {
    count = 0
    last = ""
}

$2 ~ /^[tT]$/ && $3 !~ /^image_/ && $1 != last {
    address[count] = $1
    name[count] = $3
    last = $1
    count++
}

END {
    print "        .section ivm_symbols, \"a\""
    print "        .globl  symbol_count, symbol_addresses, symbol_names, symbol_pool"
    print "        .balign 8"
    print "symbol_count:"
    print "        .long   " count
    print "symbol_addresses:"
    for (i = 0; i < count; i++)
        print "        .long   0x" address[i]
    print "symbol_names:"
    offset = 0
    for (i = 0; i < count; i++) {
        print "        .long   " offset
        offset += length(name[i]) + 1
    }
    print "symbol_pool:"
    for (i = 0; i < count; i++)
        print "        .asciz  \"" name[i] "\""
    print "        .section .note.GNU-stack, \"\", @progbits"
}
