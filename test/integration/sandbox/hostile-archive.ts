import { tarOf } from '../../../src/adapters/sandbox/docker/tar.ts';

const BLOCK = 512;
const LINK = '2';

/** Archives that an agent could wish to have restored: each tries to write a file of this name where it must not. */
export function hostileArchive(marker: string): readonly Buffer[] {
  const text = Buffer.from('hostile\n');
  const none = changes([]);
  return [
    tarOf(new Map([none, [`../../../../../tmp/${marker}`, text]])),
    tarOf(new Map([none, [`testbed/../../tmp/../etc/${marker}`, text]])),
    tarOf(new Map([none, [`/etc/${marker}`, text]])),
    tarOf(new Map([none, [`etc/${marker}`, text], [`var/tmp/${marker}`, text]])),
    archiveWithLink(none, ['testbed/out', '/var/tmp'], [`testbed/out/${marker}`, text]),
    archiveWithLink(none, ['testbed/out', '../../../run'], [`testbed/out/${marker}`, text]),
    tarOf(new Map([changes(['../etc/passwd', '/etc/passwd'])])),
    tarOf(new Map([changes([], { 'testbed/../../etc': 0o777 })])),
  ];
}

function changes(
  removed: readonly string[],
  modes: Readonly<Record<string, number>> = {},
): readonly [string, Buffer] {
  return ['changes.json', Buffer.from(JSON.stringify({ removed, modes }))];
}

/** A link and then a file through it. */
function archiveWithLink(
  head: readonly [string, Buffer],
  [name, target]: readonly [string, string],
  file: readonly [string, Buffer],
): Buffer {
  const end = 2 * BLOCK;
  const first = tarOf(new Map([head]));
  const link = tarOf(new Map([[name, Buffer.alloc(0)]])).subarray(0, BLOCK);
  link.write(LINK, 156);
  link.write(target, 157);
  link.write('        ', 148);
  const sum = link.reduce((total, byte) => total + byte, 0);
  link.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([first.subarray(0, first.length - end), link, tarOf(new Map([file]))]);
}
