import type Docker from 'dockerode';
import { bounded, connect } from './client.ts';

/** Longer than a ping: over ssh the connection alone takes seconds. */
const LIMIT_MS = 10_000;

/** The versions of a daemon's components (Engine, containerd, runc) by name; rejects when none answers. */
export async function dockerVersions(docker: Docker = connect()): Promise<Readonly<Record<string, string>>> {
  const { Version, Components } = await bounded(docker.version(), LIMIT_MS);
  const components = (Components ?? []).map((one) => [one.Name, one.Version] as const);
  return { Engine: Version, ...Object.fromEntries(components) };
}
