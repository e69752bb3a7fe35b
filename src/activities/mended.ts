import { createHash } from 'node:crypto';
import type { Artifacts } from '../ports/artifacts.ts';
import { isDamage } from './stored.ts';

/**
 * Reads a blob of which the run's folder has a readable copy, and makes it again from there where it was lost or changed
 * on disk. Null where no copy says the same.
 */
export async function readMended(
  artifacts: Artifacts,
  sha256: string,
  run: string,
  copies: () => Promise<readonly string[]>,
): Promise<unknown> {
  try {
    return await artifacts.getJson(sha256);
  } catch (error) {
    if (!isDamage(error)) throw error;
    for (const path of await copies()) {
      const value = parsed((await artifacts.readRunFile(run, path)) ?? '');
      if (hashOf(value) === sha256) {
        await artifacts.putJson(value);
        return value;
      }
    }
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
