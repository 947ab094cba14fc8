#!/usr/bin/env bash
# tshark calls a short UDP datagram to port 5001 malformed.
#
# Expected:    what is in a UDP datagram is its sender's affair: payload that no dissector knows is shown as data,
#              as it is on any port that has no protocol of its own. Port 5001 is the one that iperf, and many a
#              test of a network device, sends to.
# Happens:     5001 is also a port of CPFI, and that dissector takes datagrams that it cannot hold to be its own:
#              of 1 to 3 bytes they are "Malformed Packet: CPFI", longer ones are data. On port 5002 all are data.
# Consequence: a referee that counts malformed frames rejects good ones when the last segment of a UDP stream is that
#              short. --disable-protocol cpfi, or another port.
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

def frame(port, payload):
    udp = struct.pack(">HHHH", 49152, port, 8 + len(payload), 0) + payload  # no checksum
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes([192, 0, 2, 1]),
                     bytes([192, 0, 2, 2]))
    total = sum(struct.unpack(">10H", ip))
    ip = ip[:10] + struct.pack(">H", 0xFFFF - (total + (total >> 16)) % 0x10000) + ip[12:]
    return (bytes([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]) + ip + udp).ljust(60, b"\0")

for port in (5001, 5002):
    with open(f"{port}.pcap", "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for size in range(1, 13):
            data = frame(port, b"Hello, world"[:size])
            file.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)
EOF
export LD_LIBRARY_PATH="$work/debian/usr/lib/$(uname -m)-linux-gnu:$work/debian/lib/$(uname -m)-linux-gnu" HOME=$work
malformed() {  # bytes of payload of the frames that are
  debian/usr/bin/tshark -r "$1.pcap" -Y _ws.malformed -T fields -e udp.length 2>/dev/null |
    awk '{ printf "%s%d", (NR > 1 ? " " : ""), $1 - 8 }'
}
here=$(malformed 5001)
there=$(malformed 5002)
echo "malformed on port 5001, by bytes of payload: ${here:-none}"
echo "malformed on port 5002, by bytes of payload: ${there:-none}"
[ "$here" = "1 2 3" ] && [ -z "$there" ]
