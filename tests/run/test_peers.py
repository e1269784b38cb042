"""test_peers.py: what the peers of the matrix say and do, without a machine."""

import os
import socket
import struct
import threading

import pytest

import peer_ivshmem


@pytest.fixture
def ivshmem(tmp_path):
    peer = peer_ivshmem.Peer(tmp_path)
    yield peer
    if peer.server.fileno() >= 0:
        peer.close()


class Client:
    """What QEMU's device does with the server's messages."""

    def __init__(self, peer):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(peer.path))
        self.messages = []

    def take(self, count):
        for _ in range(count):
            data, descriptors, _, _ = socket.recv_fds(self.socket, 8, 1)
            self.messages.append((*struct.unpack("<q", data), descriptors))
        return self

    def word(self, vector, index, value=None):
        """A word of the shared memory, read or written."""
        memory, = self.messages[2][1]
        if value is not None:
            os.pwrite(memory, struct.pack("=I", value), vector * 64 + 4 * index)
        return struct.unpack("=I", os.pread(memory, 4, vector * 64 + 4 * index))[0]


ALL = 4 + peer_ivshmem.VECTORS  # messages


def test_a_client_is_sent_all_that_the_protocol_asks_for(ivshmem):
    client = Client(ivshmem).take(ALL)

    numbers = [number for number, _ in client.messages]
    assert numbers == [0, 3, -1, 5] + [3] * peer_ivshmem.VECTORS
    assert [len(each) for _, each in client.messages] == [0, 0] + [1] * (ALL - 2)
    assert os.fstat(client.messages[2][1][0]).st_size == peer_ivshmem.MEMORY


def test_the_host_rings_as_ordered_and_waits_for_each_batch(ivshmem):
    client = Client(ivshmem).take(ALL)
    bells = [each for _, each in client.messages[4:]]
    own_bell, = client.messages[3][1]
    ends = []

    def guest():
        """Hear a batch of two vectors to its end, then say so."""
        for batch in range(1, 4):
            for vector in (2, 3):
                heard = 0
                while heard < 5:
                    heard += os.eventfd_read(*bells[vector])
                ends.append((heard, client.word(vector, 0), client.word(vector, 1)))
            for vector in (2, 3):
                client.word(vector, 2, 5 * batch)
            os.eventfd_write(own_bell, 1)

    ivshmem.hear("nothing to do")
    thread = threading.Thread(target=guest, daemon=True)
    thread.start()
    ivshmem.hear("doorbell: ring vectors 2..4, 3 batches of 5")
    thread.join()

    assert ends == [(5, 5, 5)] * 2 + [(5, 10, 10)] * 2 + [(5, 15, 15)] * 2
    assert client.word(1, 0) == 0 and client.word(4, 0) == 0
    assert client.word(8, 0) == 1


def test_an_order_is_not_done_while_a_ring_was_not_read(ivshmem):
    client = Client(ivshmem).take(ALL)
    own_bell, = client.messages[3][1]
    client.word(7, 2, 1)  # it arrived, says the guest, and did not read the eventfd
    os.eventfd_write(own_bell, 1)
    thread = threading.Thread(target=ivshmem.hear, daemon=True,
                              args=("doorbell: ring vectors 7..8, 1 batches of 1",))
    thread.start()
    while client.word(7, 0) == 0:
        pass
    assert client.word(8, 0) == 0

    os.eventfd_read(*client.messages[4 + 7][1])

    thread.join()
    assert client.word(8, 0) == 1


def test_a_machine_that_ends_with_a_ring_unread_is_a_failure(ivshmem):
    client = Client(ivshmem).take(ALL)
    client.word(7, 2, 1)
    client.socket.close()
    with pytest.raises(ConnectionError, match="1 rings were not read"):
        ivshmem.hear("doorbell: ring vectors 7..8, 1 batches of 1")


def test_a_machine_that_ends_in_a_batch_is_a_failure(ivshmem):
    client = Client(ivshmem).take(ALL)
    client.socket.close()
    with pytest.raises(ConnectionError, match=r"vectors \[2, 3\] had not"):
        ivshmem.hear("doorbell: ring vectors 2..4, 1 batches of 1")


def test_a_machine_that_never_connects_is_a_failure(ivshmem):
    with pytest.raises(ConnectionError, match="never connected"):
        ivshmem.close()
