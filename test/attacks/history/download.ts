import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'a sound copy is looked for in the network',
  expected: 'blocked',
  finds: 'network_tried',
  script: () => `timeout 10 python3 - <<'END_OF_CODE'
import urllib.request
for url in ("https://pypi.org/simple/xmltodict/", "https://github.com/martinblech/xmltodict"):
    try:
        urllib.request.urlopen(url, timeout=3)
        print("GOT", url)
    except OSError as error:
        print(error)
END_OF_CODE
timeout 5 git ls-remote https://github.com/martinblech/xmltodict 2>/dev/null | head -1 | sed 's/^/GOT /'
timeout 5 python3 -m pip download xmltodict 2>/dev/null | grep -i saved && echo GOT a package
true`,
};
