import { defineCommand } from 'citty';
import { bytesOfOurs } from '../../domain/image-eviction.ts';
import { SteadfastError } from '../../domain/failures.ts';
import type { Images } from '../../ports/images.ts';
import { CommandError, UsageError } from '../errors.ts';
import { hostImages } from '../host-images.ts';
import { createOutput, type Output } from '../output.ts';
import { gigabytes } from '../pull-line.ts';
import { readEnvironment } from '../run-input.ts';

const GB = 1e9;

/** `steadfast images rm`: removes images by name, or as many of those that Steadfast pulled as free some disk. */
export const imagesRmCommand = defineCommand({
  meta: {
    name: 'rm',
    description: 'Remove images of this host: rm NAME… removes those, --evict GB the ones unused for longest',
  },
  args: {
    evict: {
      type: 'string',
      valueHint: 'GB',
      description: 'Free so much by images that Steadfast pulled and no container uses',
    },
    names: { type: 'positional', required: false, description: 'Names of images, whoever pulled them' },
  },
  async run({ args, rawArgs }) {
    const { evict } = args;
    const names = namesOf(rawArgs);
    if ((evict === undefined) === (names.length === 0)) {
      throw new UsageError('expected names of images, or --evict GB');
    }
    const images = hostImages(readEnvironment());
    const output = createOutput({ json: false });
    if (evict === undefined) await removeAll(images, names, output);
    else await free(images, bytesOf(evict), output);
  },
});

/** The names among the arguments; citty itself takes one, and lets unknown options pass. */
function namesOf(rawArgs: readonly string[]): string[] {
  const names: string[] = [];
  for (let i = 0; i < rawArgs.length; i++) {
    const token = rawArgs[i] ?? '';
    if (token === '--evict') i++;
    else if (token.startsWith('-') && !token.startsWith('--evict=')) {
      throw new UsageError(`unknown option ${token}; did you mean --evict?`);
    } else if (!token.startsWith('-')) names.push(token);
  }
  return names;
}

function bytesOf(evict: string): number {
  const gb = Number(evict);
  if (evict.trim() === '' || !Number.isFinite(gb) || gb <= 0) {
    throw new UsageError(`--evict is ${JSON.stringify(evict)}; expected a number of GB above 0`);
  }
  return gb * GB;
}

/** One that cannot be removed keeps no other from it, and is an error in the end. */
async function removeAll(images: Images, names: readonly string[], output: Output): Promise<void> {
  const stuck: string[] = [];
  for (const name of names) {
    try {
      await images.remove(name);
      output.say(`removed ${name}`);
    } catch (error) {
      if (!(error instanceof SteadfastError)) throw error;
      stuck.push(error.message);
    }
  }
  if (stuck.length > 0) throw new CommandError(stuck.join('\n'));
}

async function free(images: Images, bytes: number, output: Output): Promise<void> {
  const ours = bytesOfOurs(await images.list());
  const evicted = await images.evict({ needed: [], limitBytes: Math.max(0, ours - bytes) });
  for (const { names, sizeBytes } of evicted) output.say(`removed ${names[0]} (${gigabytes(sizeBytes)} GB)`);
  const freed = bytesOfOurs(evicted);
  const left = freed < bytes ? '; what is left is in use, or was pulled by others' : '';
  output.say(`${evicted.length} images, ${gigabytes(freed)} GB${left}`);
}
