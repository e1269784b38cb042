"""peer_ivshmem.py: serves one ivshmem-doorbell device: its memory, and doorbells both ways.

The protocol is that of QEMU's docs/specs/ivshmem-spec, "The ivshmem Client-Server Protocol": after
the client has connected it is sent numbers of 8 bytes, little-endian, some with a file descriptor:
the protocol's version, the client's position, -1 with the shared memory, the position of each
other peer with an eventfd for each of its vectors, its own position with an eventfd for each of
its own. Whoever writes to an eventfd rings that doorbell.

The other peer here is this program. Its orders are lines that the kernel says:

    doorbell: ring vectors A..B, N batches of M

A batch is M rings of each vector from A up to B, B not included, in turns. The next batch begins
when the guest has said of each vector that its last ring has arrived: in the shared memory, and by
ringing this peer, so that nobody here waits by time. Words of 32 bits, for vector v at 64 * v:

    +0   rings so far: written here, before each ring
    +4   rings when the batch ends: written here, before its first ring
    +8   rings that the routine had read when it ran last: written by the guest

and at 64 * 8 the orders that are done: every batch has arrived, and QEMU has read every ring. Rings
that QEMU has not read yet are one: an eventfd adds them up, and it sends one message each time that
it reads.
"""

import mmap
import os
import re
import select
import socket
import struct
import threading

GUEST, HOST = 3, 5  # positions; not 0, which a device has that serves no doorbell
VECTORS = 8
MEMORY = 4096
STRIDE = 64
RUNG, END, SEEN = 0, 1, 2  # words of a vector
DONE = VECTORS * STRIDE // 4
ORDER = re.compile(r"doorbell: ring vectors (\d+)\.\.(\d+), (\d+) batches of (\d+)")


def at(vector, word):
    return vector * STRIDE // 4 + word


class Peer:
    def __init__(self, folder):
        self.path = folder / "socket"
        self.memory = os.memfd_create("ivshmem")
        os.truncate(self.memory, MEMORY)
        # Through this each word is written whole, as through a pointer.
        self.words = memoryview(mmap.mmap(self.memory, MEMORY)).cast("I")
        self.guest_bells = [os.eventfd(0) for _ in range(VECTORS)]
        self.own_bell = os.eventfd(0)
        self.client = None
        self.failure = None
        self.served = threading.Event()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(self.path))
        self.server.listen(1)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def arguments(self):
        return ["-chardev", f"socket,id=ivshmem,path={self.path}",
                "-device", f"ivshmem-doorbell,chardev=ivshmem,vectors={VECTORS}"]

    def serve(self):
        """Send the one client all that it needs, and keep the connection."""
        try:
            self.client, _ = self.server.accept()
            for number, descriptor in self.messages():
                socket.send_fds(self.client, [struct.pack("<q", number)], descriptor)
        except OSError as error:
            self.failure = error
        self.served.set()

    def messages(self):
        yield 0, []  # version
        yield GUEST, []
        yield -1, [self.memory]
        yield HOST, [self.own_bell]
        for bell in self.guest_bells:
            yield GUEST, [bell]

    def hear(self, line):
        order = ORDER.fullmatch(line)
        if not order:
            return
        self.served.wait()
        if self.failure:
            raise self.failure
        first, end, batches, size = map(int, order.groups())
        for _ in range(batches):
            self.ring(range(first, end), size)
            self.wait(range(first, end))
        self.drain()
        self.words[DONE] += 1

    def ring(self, vectors, times):
        for vector in vectors:
            self.words[at(vector, END)] += times
        for _ in range(times):
            for vector in vectors:
                self.words[at(vector, RUNG)] += 1
                os.eventfd_write(self.guest_bells[vector], 1)

    def wait(self, vectors):
        """Until the last ring of each has arrived."""
        while lost := [vector for vector in vectors if not self.has_arrived(vector)]:
            ready, _, _ = select.select([self.own_bell, self.client], [], [])
            if self.own_bell in ready:
                os.eventfd_read(self.own_bell)
            else:
                self.fail(f"the last rings of vectors {lost} had not arrived")

    def drain(self):
        """Until QEMU has read every ring: the last of a batch can lie there after its number has
        arrived, when a delivery of the one before read that number."""
        while left := select.select(self.guest_bells, [], [], 0)[0]:
            if self.client in select.select([self.client], [], [], 0)[0]:
                self.fail(f"{len(left)} rings were not read")
            os.sched_yield()

    def fail(self, words):
        """The connection has something to read: its end, for a client never says anything."""
        raise ConnectionError(f"the machine ended when {words}")

    def has_arrived(self, vector):
        return self.words[at(vector, SEEN)] == self.words[at(vector, END)]

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)  # wakes a server whom nobody came to
        self.thread.join()
        for descriptor in [self.memory, self.own_bell, *self.guest_bells]:
            os.close(descriptor)
        self.server.close()
        if self.client is None:
            raise ConnectionError("QEMU never connected")
        self.client.close()
        if self.failure:
            raise self.failure
