import { readFileSync } from 'node:fs';
import { defineCommand } from 'citty';
import { dispatch } from './dispatch.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const main = defineCommand({
  meta: {
    name: 'steadfast',
    version,
    description: 'Trains coding agents by reinforcement learning on SWE tasks, as durable Temporal workflows',
  },
  // Each command is loaded when it is asked for: a client of Temporal alone takes a second.
  subCommands: {
    start: async () => (await import('./commands/start.ts')).startCommand,
    run: async () => (await import('./commands/run.ts')).runCommand,
    try: async () => (await import('./commands/try.ts')).tryCommand,
    eval: async () => (await import('./commands/eval.ts')).evalCommand,
    filter: async () => (await import('./commands/filter.ts')).filterCommand,
    'export-adapter': async () => (await import('./commands/export-adapter.ts')).exportAdapterCommand,
    ls: async () => (await import('./commands/ls.ts')).lsCommand,
    verify: async () => (await import('./commands/verify.ts')).verifyCommand,
    status: async () => (await import('./commands/status.ts')).statusCommand,
    pause: async () => (await import('./commands/pause.ts')).pauseCommand,
    resume: async () => (await import('./commands/resume.ts')).resumeCommand,
    drain: async () => (await import('./commands/drain.ts')).drainCommand,
    cancel: async () => (await import('./commands/cancel.ts')).cancelCommand,
    nightly: async () => (await import('./commands/nightly.ts')).nightlyCommand,
    sandboxes: async () => (await import('./commands/sandboxes.ts')).sandboxesCommand,
    images: async () => (await import('./commands/images.ts')).imagesCommand,
    up: async () => (await import('./commands/up.ts')).upCommand,
    down: async () => (await import('./commands/down.ts')).downCommand,
    doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
    worker: async () => (await import('./commands/worker.ts')).workerCommand,
    schema: async () => (await import('./commands/schema.ts')).schemaCommand,
  },
});

// A reader that has gone (`steadfast ls | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const rawArgs = process.argv.slice(2);
if (rawArgs.length === 1 && (rawArgs[0] === '--version' || rawArgs[0] === '-v')) {
  process.stdout.write(`${version}\n`);
} else {
  // A long poll for a result that nobody waits for any more would keep the process alive for its 20 seconds.
  process.exit(await dispatch(main, rawArgs));
}
