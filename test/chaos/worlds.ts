import type { WorldOptions } from './world-options.ts';

/** Two sandbox hosts on one machine. Rows that name the same options may share a world. */
export const TWO_HOSTS: WorldOptions = { hosts: ['a', 'b'] };

/** Workers reach Temporal through a proxy. */
export const PROXIED: WorldOptions = { proxied: true };
