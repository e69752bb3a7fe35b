/** Exit code of a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/** A signal that Ctrl-C raises once; a second Ctrl-C ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    process.exitCode = INTERRUPTED;
    controller.abort();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
