import type { Sandbox, SandboxCommand } from '../../../src/ports/sandbox.ts';
import { adapter } from './host.ts';

// A worker for the tests of adoption: runs one command of an open sandbox, and is killed meanwhile.
const [input = ''] = process.argv.slice(2);
const { kind, stateDir, name, command } = JSON.parse(input) as {
  readonly kind: Sandbox['kind'];
  readonly stateDir: string;
  readonly name: string;
  readonly command: SandboxCommand;
};
await adapter(kind, stateDir).run(name, command);
