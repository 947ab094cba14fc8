#!/usr/bin/env bash
# libpcap cuts a packet that a capture file holds whole, if the file's header names a smaller snap length.
#
# Expected:    a record of a pcap file says how many bytes of its packet follow (caplen); a reader gets them.
# Happens:     it gets as many as the snap length in the file's header, and caplen says that; the rest is
#              passed over without a word. The writers of scapy (65535) and dpkt (1500) put a constant there,
#              whatever they write. tshark reads the same file whole. Above 262144 bytes the file is refused.
#              Of a pcapng file the same number in the interface's block (dpkt's default is 1500 there, too) is
#              an error: the packet is not read at all, nor any behind it.
# Consequence: a super-packet written by such a program looks as if it had been captured in part. A reader
#              has to make the field 0 (no limit) before libpcap sees it: sim/debug/pcap_reader.cpp; for a
#              pcapng editcap -F pcap does it.
# Versions:    libpcap 1.10.3-1 (Debian 12)
# Needs:       Debian 12 with apt-get, python3; exits 1 if it answers differently
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mapfile -t others < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
  --no-breaks --no-replaces --no-enhances libpcap0.8=1.10.3-1 \
  | grep '^lib' | grep -v '^libc6\|^libgcc\|^libpcap\|debconf' | sort -u)
apt-get -qq download libpcap0.8=1.10.3-1 "${others[@]}" 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
LD_LIBRARY_PATH=$work/debian/usr/lib/x86_64-linux-gnu python3 - <<'PYTHON'
import ctypes
import struct
import sys

pcap = ctypes.CDLL("libpcap.so.0.8")
pcap.pcap_open_offline.restype = ctypes.c_void_p
pcap.pcap_lib_version.restype = ctypes.c_char_p


class Header(ctypes.Structure):
    _fields_ = [("sec", ctypes.c_long), ("usec", ctypes.c_long), ("caplen", ctypes.c_uint32),
                ("len", ctypes.c_uint32)]


def pcap_file(snap, length):
    return (struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snap, 1)
            + struct.pack("<IIII", 0, 0, length, length) + bytes(length))


def pcapng_file(snap, length):
    padded = (length + 3) // 4 * 4
    return (struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
            + struct.pack("<IIHHII", 1, 20, 1, 0, snap, 20)
            + struct.pack("<IIIIIII", 6, 32 + padded, 0, 0, 0, length, length) + bytes(padded)
            + struct.pack("<I", 32 + padded))


def read(snap, length, make=pcap_file):
    with open("file.pcap", "wb") as file:
        file.write(make(snap, length))
    why = ctypes.create_string_buffer(256)
    handle = ctypes.c_void_p(pcap.pcap_open_offline(b"file.pcap", why))
    header, data = ctypes.POINTER(Header)(), ctypes.c_void_p()
    got = pcap.pcap_next_ex(handle, ctypes.byref(header), ctypes.byref(data))
    pcap.pcap_close(handle)
    answer = (header.contents.caplen, header.contents.len) if got == 1 else None
    kind = make.__name__.removesuffix("_file")
    print(f"{kind}, snap length {snap}, packet of {length}: {answer or 'refused'}")
    return answer


print(pcap.pcap_lib_version().decode())
same = read(1500, 65549) == (1500, 65549) and read(65535, 65549) == (65535, 65549)
same = same and read(0, 65549) == (65549, 65549) and read(0, 262145) is None
same = same and read(1500, 1501, pcapng_file) is None
same = same and read(0, 1501, pcapng_file) == (1501, 1501) == read(1501, 1501, pcapng_file)
sys.exit(not same)
PYTHON
