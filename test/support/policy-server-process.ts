import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { loadConfig } from '../../src/config.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';

const paths = toolPaths(loadConfig().cache);

/** A random model of two layers: what is tested is the protocol, not the learning. */
const MAKE_MODEL = `
import sys, torch
from steadfast_trainer.tiny_model import make_model, make_tokenizer
torch.manual_seed(0)
tokenizer = make_tokenizer([[{"role": "user", "content": "test_add in a.py fails"}]], 400, 1024)
make_model(tokenizer, 64, 2, 1024).save_pretrained(sys.argv[1])
tokenizer.save_pretrained(sys.argv[1])
`;

/** Writes a tiny model into a folder, the same each time. */
export function makeTinyModel(folder: string): void {
  execFileSync(paths.trainerPython, ['-c', MAKE_MODEL, folder], { cwd: paths.trainer, stdio: 'ignore' });
}

/** A policy server in a process of its own. */
export interface PolicyServerProcess {
  readonly port: number;
  /** Ends in /v1. */
  readonly url: string;
  /** kill -9, as the death that it has to survive. */
  end(): Promise<void>;
}

/** Starts a policy server as an operator does; it answers once it is ready, with these models loaded. */
export async function startPolicyServer(
  options: { readonly models?: readonly string[]; readonly port?: number } = {},
): Promise<PolicyServerProcess> {
  const { models = [], port: wanted = 0 } = options;
  const args = [
    '-m',
    'steadfast_trainer.serve',
    '--port',
    String(wanted),
    '--threads',
    '1',
    '--device',
    'cpu',
  ];
  const loaded = models.flatMap((model) => ['--model', model]);
  const server = spawn(paths.trainerPython, [...args, ...loaded], {
    cwd: paths.trainer,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  const end = async (): Promise<void> => {
    server.kill('SIGKILL');
    await exited;
  };
  for await (const line of createInterface(server.stdout)) {
    const port = /ready on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return { port: Number(port), url: `http://127.0.0.1:${port}/v1`, end };
  }
  throw new Error('the policy server ended before it was ready');
}
