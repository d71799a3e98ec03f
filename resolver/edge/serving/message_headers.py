"""What recvmmsg and sendmmsg of the C library take, by ctypes: headers and buffers that are made once.

Linux only, as the two calls are. Fields of many headers are read and written as strided views of their memory, for a
field of a ctypes structure costs as much as the rest of a look at it.
"""

import ctypes
import mmap
import socket
from errno import EINTR
from typing import Literal

_DONT_WAIT = socket.MSG_DONTWAIT
_WORD = ctypes.sizeof(ctypes.c_void_p)
_INT = ctypes.sizeof(ctypes.c_int)

_library = ctypes.CDLL(None, use_errno=True)
_recvmmsg, _sendmmsg = _library.recvmmsg, _library.sendmmsg
_recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
_sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)


class _Vector(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct msghdr, recvmsg(2)."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_bytes", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_bytes", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Header(ctypes.Structure):
    """struct mmsghdr, recvmmsg(2)."""

    _fields_ = (("message", _Message), ("length", ctypes.c_uint))


_STRIDE = ctypes.sizeof(_Header)


class Buffers:
    """`count` buffers of `size` bytes; buffer n begins at n * `step`. A slice of `memory` is bytes at once."""

    def __init__(self, count: int, size: int, spread: int = 0) -> None:
        self.size, self.step = size, size + spread
        self.memory = mmap.mmap(-1, max(1, count * self.step), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.addresses = [self._base + number * self.step for number in range(count)]

    def wipe(self, count: int) -> None:
        """Forget what the first `count` hold."""
        ctypes.memset(self._base, 0, count * self.step)


class Headers:
    """Headers for one system call, each with a body, a name (sockaddr) and room for control messages.

    `body_lengths`, `names` and `controls` (pointers), `control_lengths` and, after a call, `received` can be read and
    set by the number of the header.
    """

    def __init__(self, bodies: Buffers, names: Buffers, controls: Buffers) -> None:
        count = len(bodies.addresses)
        self._pointed_to = (bodies, names, controls)
        self._headers, self._vectors = (_Header * count)(), (_Vector * count)()
        self._base = ctypes.addressof(self._headers)
        for number in range(count):
            message, vector = self._headers[number].message, self._vectors[number]
            vector.base, vector.length = bodies.addresses[number], bodies.size
            message.vectors, message.vector_count = ctypes.addressof(vector), 1
            message.name, message.name_bytes = names.addresses[number], names.size
            message.control, message.control_bytes = controls.addresses[number], controls.size
        self.body_lengths = memoryview(self._vectors).cast("B").cast("P")[_Vector.length.offset // _WORD :: 2]
        self._memory = memoryview(self._headers).cast("B")
        self.names = self._every(_Message.name.offset, "P")
        self.controls = self._every(_Message.control.offset, "P")
        self.control_lengths = self._every(_Message.control_bytes.offset, "P")
        self.received = self._every(_Header.length.offset, "I")
        self._fresh = bytes(self._memory)

    def _every(self, offset: int, kind: Literal["P", "I"]) -> "memoryview[int]":
        size = _INT if kind == "I" else _WORD
        return self._memory.cast(kind)[offset // size :: _STRIDE // size]

    def receive(self, descriptor: int, most: int) -> int:
        """Read what waits, `most` datagrams at most; 0 when there is none, or an error of the network was."""
        self._memory[:] = self._fresh  # the kernel has written how much of its room it used
        count: int = _recvmmsg(descriptor, self._base, most, _DONT_WAIT, None)
        return max(0, count)

    def send(self, descriptor: int, count: int) -> None:
        """Send the first `count`; those the kernel refuses are lost, and none with them."""
        done = 0
        while done < count:
            sent = _sendmmsg(descriptor, self._base + done * _STRIDE, count - done, _DONT_WAIT)
            if sent > 0:
                done += sent
            elif ctypes.get_errno() != EINTR:
                done += 1
