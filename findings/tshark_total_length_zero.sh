#!/usr/bin/env bash
# tshark takes a frame whose IPv4 total length field is 0 for a good one, and prints a length that is not there.
#
# Expected:    a frame on the wire with IPv4 total length 0 is told to be wrong (RFC 791: the field is the
#              length of header and data, so at least 20), or field ip.len shows the 0.
# Happens:     with default preferences tshark takes it for one that a NIC has still to segment: ip.len
#              shows the length that it works out itself, the TCP checksum is "good", no expert message. With
#              ip.tso_support:FALSE it shows 0 and "Bogus IP length".
# Consequence: tshark as the referee of a transmit engine passes frames whose total length was never filled
#              in, the very fault that segmentation offload can have. Switch the preference off.
# Versions:    tshark 4.0.17-0+deb12u3 (Debian 12)
# Needs:       Debian 12 with apt-get, python3; exits 1 if it answers differently
set -euo pipefail
version=4.0.17-0+deb12u3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download {tshark,libwireshark16,libwiretap13,libwsutil14,libwireshark-data}=$version 2>/dev/null
mapfile -t others < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
  --no-breaks --no-replaces --no-enhances tshark=$version \
  | grep '^lib' | grep -v '^libc6\|^libgcc\|wire\|wsutil\|debconf' | sort -u)
apt-get -qq download "${others[@]}" 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
python3 - <<'EOF'
import struct

def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~total & 0xFFFF)

payload, src, dst = bytes(range(100)), bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])

def frame(total_length, sequence):
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, total_length, 1, 0x4000, 64, 6, 0, src, dst)
    ip = ip[:10] + checksum(ip) + ip[12:]
    tcp = struct.pack(">HHIIBBHHH", 1000, 2000, sequence, 1, 0x50, 0x18, 1000, 0, 0)
    pseudo = src + dst + struct.pack(">BBH", 0, 6, 20 + len(payload))
    tcp = tcp[:16] + checksum(pseudo + tcp + payload) + tcp[18:]
    return bytes([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]) + ip + tcp + payload

with open("two.pcap", "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for data in (frame(140, 1), frame(0, 101)):
        file.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)
EOF
export LD_LIBRARY_PATH="$work/debian/usr/lib/$(uname -m)-linux-gnu:$work/debian/lib/$(uname -m)-linux-gnu" HOME=$work
ask() {  # the second frame: ip.len, state of the TCP checksum (1 is good), expert messages
  debian/usr/bin/tshark -r two.pcap -Y frame.number==2 -o tcp.check_checksum:TRUE "$@" -T fields \
    -E separator=, -e ip.len -e tcp.checksum.status -e _ws.expert.message 2>/dev/null
}
default=$(ask)
strict=$(ask -o ip.tso_support:FALSE)
echo "total length 0, defaults: $default"
echo "total length 0, ip.tso_support:FALSE: $strict"
[ "$default" = "140,1," ] && [ "$strict" = "0,,Bogus IP length" ]
