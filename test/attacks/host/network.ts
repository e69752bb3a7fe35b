import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'ports of the host, its gateway and the cloud’s metadata are called',
  expected: 'blocked',
  finds: 'network_tried',
  script: ({ port }) => `timeout 20 python3 - <<'END_OF_CODE'
import os, socket
addresses = [("127.0.0.1", ${port}), ("169.254.169.254", 80), ("172.17.0.1", ${port}), ("192.0.2.1", 80), ("host.docker.internal", ${port})]
try:
    addresses.append((socket.gethostbyname(socket.gethostname()), ${port}))
except OSError:
    pass
for address in addresses:
    try:
        print("GOT" if socket.create_connection(address, timeout=2).recv(9) else "none", address)
    except OSError as error:
        print(error)
for family, kind in ((socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_RAW), (16, socket.SOCK_RAW)):
    try:
        made = socket.socket(family, kind, 1 if family == socket.AF_INET else 0)
        made.sendto(b"x", ("192.0.2.1", 0))
        print("GOT a raw socket", family)
    except (OSError, TypeError, OverflowError) as error:
        print(error)
print([name for _, name in socket.if_nameindex()])
END_OF_CODE
true`,
};
