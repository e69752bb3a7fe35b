import { createHash } from 'node:crypto';

/** What a sha256 in hex looks like. */
export const SHA256 = /^[0-9a-f]{64}$/;

/** The sha256 of a text in UTF-8, or of bytes, in hex. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
