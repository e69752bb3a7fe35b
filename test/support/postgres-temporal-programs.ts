import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../src/local/setup/paths.mjs';

/** The release that infra/compose.yaml runs. */
export const temporalServerVersion = '1.29.1';

/** Temporal's server and its schema tool, as files. */
export interface TemporalPrograms {
  readonly server: string;
  readonly sqlTool: string;
}

/** The server built from its Go module, once for each version; 2 to 4 minutes the first time. */
export async function temporalPrograms(): Promise<TemporalPrograms> {
  const folder = join(cacheFolder(process.env), `temporal-server-${temporalServerVersion}`);
  const programs = { server: join(folder, 'server'), sqlTool: join(folder, 'sql') };
  if (existsSync(programs.server) && existsSync(programs.sqlTool)) return programs;

  // Built beside its place and renamed, so that a build broken off leaves nothing that looks whole.
  const building = `${folder}.${process.pid}`;
  await mkdir(building, { recursive: true });
  const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go';
  const env = { ...process.env, GOBIN: building, GOFLAGS: '', CGO_ENABLED: '0' };
  const packages = ['server', 'tools/sql'].map(
    (name) => `go.temporal.io/server/cmd/${name}@v${temporalServerVersion}`,
  );
  await promisify(execFile)(go, ['install', '-ldflags', '-s -w', ...packages], { env });
  await rm(folder, { recursive: true, force: true });
  await rename(building, folder);
  return programs;
}
