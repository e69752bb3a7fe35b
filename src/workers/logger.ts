import { DefaultLogger, makeTelemetryFilterString, Runtime, type LogEntry } from '@temporalio/worker';
import { pino, type Logger } from 'pino';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** One JSON line an event on stdout; what workflows, activities and the SDK itself log comes here too. */
export function installLogger(level: string, role: string): Logger {
  const logger = pino({
    level,
    base: { role, pid: process.pid },
    serializers: { error: pino.stdSerializers.err },
  });
  const write = (entry: LogEntry) => logger[LEVELS[entry.level]](entry.meta ?? {}, entry.message);
  Runtime.install({
    logger: new DefaultLogger('TRACE', write),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  });
  return logger;
}
