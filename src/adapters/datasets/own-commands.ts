import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PLACES } from '../sandbox/guest.ts';

/** A command that a project would install: its name, and the function that it calls. */
interface OwnCommand {
  readonly name: string;
  readonly module: string;
  readonly call: string;
}

const SHEBANG = `#!${PLACES.python}/bin/python`;
const LINE = /^([\w.-]+)\s*=\s*([\w.]+):([\w.]+)\s*(?:\[.*\])?$/;

/**
 * The commands of the project in a source tree, by the metadata that a source distribution brings. Its tests may call
 * them, and the project is not installed where they run.
 */
export async function ownCommands(tree: string): Promise<readonly OwnCommand[]> {
  const texts = await Promise.all([tree, join(tree, 'src')].map(metadataIn));
  const commands = texts.flat().flatMap((text) => {
    const [, section = ''] = text.split(/^\[console_scripts\]\s*$/m);
    const lines = section.split(/^\[/m)[0]?.split('\n') ?? [];
    return lines.flatMap((line) => {
      const [, name, module, call] = LINE.exec(line.trim()) ?? [];
      return name === undefined || module === undefined || call === undefined ? [] : [{ name, module, call }];
    });
  });
  return commands.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function metadataIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const found = names.filter((name) => name.endsWith('.egg-info'));
  return await Promise.all(
    found.map(async (name) => await readFile(join(folder, name, 'entry_points.txt'), 'utf8').catch(() => '')),
  );
}

/** Has a folder's `bin` hold the project's commands, and those of its packages run the sandboxes' Python. */
export async function writeCommands(folder: string, commands: readonly OwnCommand[]): Promise<void> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  for (const name of await readdir(bin)) await pointToGuest(join(bin, name));
  for (const { name, module, call } of commands) {
    const [first = ''] = call.split('.');
    const text = [SHEBANG, 'import sys', `from ${module} import ${first}`, `sys.exit(${call}())`, ''];
    await writeFile(join(bin, name), text.join('\n'));
    await chmod(join(bin, name), 0o755);
  }
}

/** Pip writes the path of the Python that it ran under, which no sandbox has. */
async function pointToGuest(path: string): Promise<void> {
  // As bytes first: some packages bring programs that are no text.
  const content = await readFile(path);
  if (content.subarray(0, 2).toString('latin1') !== '#!') return;
  const text = content.toString('utf8');
  if (/^#!.*python/.test(text)) await writeFile(path, text.replace(/^#!.*/, SHEBANG));
}
