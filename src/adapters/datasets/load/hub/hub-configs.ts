import { isRecord } from '../../../../schemas/instance-record.ts';
import { dataFiles, splitsByName, type Splits } from '../splits.ts';

/** The splits of a data set on the hub: as its card's `configs` lay them out, else by the names of its files. */
export function splitsOfHub(configs: unknown, paths: readonly string[]): Splits {
  const named = Array.isArray(configs) ? configs.filter(isRecord) : [];
  const config =
    named.find(({ default: isDefault }) => isDefault === true) ??
    named.find(({ config_name: name }) => name === 'default') ??
    named[0];
  const splits = config === undefined ? new Map<string, readonly string[]>() : splitsOf(config, paths);
  return splits.size > 0 ? splits : splitsByName(dataFiles(paths));
}

/** `data_files` is a pattern, a list of them, or a list of {split, path}; each path is a pattern or a list. */
function splitsOf(config: Readonly<Record<string, unknown>>, paths: readonly string[]): Splits {
  const folder = typeof config['data_dir'] === 'string' ? `${config['data_dir'].replace(/\/$/, '')}/` : '';
  const given: readonly unknown[] = Array.isArray(config['data_files'])
    ? config['data_files']
    : [config['data_files']];
  const splits = new Map<string, readonly string[]>();
  for (const entry of given) {
    const split = isRecord(entry) && typeof entry['split'] === 'string' ? entry['split'] : 'train';
    const patterns = stringsIn(isRecord(entry) ? entry['path'] : entry).map((one) => globOf(folder + one));
    const files = dataFiles(paths.filter((path) => patterns.some((pattern) => pattern.test(path))));
    if (files.length > 0) splits.set(split, [...new Set([...(splits.get(split) ?? []), ...files])]);
  }
  return splits;
}

function stringsIn(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}

/** A shell pattern: `*` and `?` within a folder, `**` over folders, `[…]` and `{a,b}`. */
function globOf(pattern: string): RegExp {
  const body = pattern
    .replace(/^\.\//, '')
    .replaceAll(/\*\*\/|\*\*|[*?.+^$()|\\]|\{[^{}]*\}/g, (part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      if (part.startsWith('{')) return `(?:${part.slice(1, -1).split(',').map(escaped).join('|')})`;
      return `\\${part}`;
    })
    .replaceAll('[!', '[^');
  return new RegExp(`^${body}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
