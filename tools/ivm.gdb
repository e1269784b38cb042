# ivm.gdb: what `make debug` tells gdb: settings, our commands, and where to stop first.
#
#   ivm-vectors           every vector in use: source, level, owners, counts
#   ivm-chain VECTOR      its connections in connect order, with their routines
#   ivm-idt               the gates of the IDT that the processor uses
#   ivm-redirection       the redirection entries of every I/O APIC, as the machine has them
#   ivm-log               what the kernel has said so far
# The first two take the number of a CPU as their last argument; 0 when it is left out.

set pagination off
set confirm off
set print pretty on
source tools/ivm_gdb.py
echo ivm-vectors, ivm-chain, ivm-idt, ivm-redirection, ivm-log: see tools/ivm.gdb.\n
break boot_main
echo `continue` goes there.\n
