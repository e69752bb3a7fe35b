import type { ChildProcess } from 'node:child_process';

const living = new Set<ChildProcess>();

/** Sees to it that a child does not outlive this process, however that ends, SIGKILL apart. */
export function endWithUs(child: ChildProcess): void {
  if (living.size === 0) {
    process.once('exit', killAll);
    process.once('SIGTERM', exit);
  }
  living.add(child);
  child.once('exit', () => {
    living.delete(child);
    if (living.size > 0) return;
    process.off('exit', killAll);
    process.off('SIGTERM', exit);
  });
}

function killAll(): void {
  for (const child of living) child.kill('SIGKILL');
}

function exit(): void {
  process.exit(143);
}
