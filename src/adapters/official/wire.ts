import { z } from 'zod';

const outcome = z.enum(['passed', 'failed', 'skipped']);

/** The result of `read`. */
export const readResult = z.object({
  outcomes: z.record(z.string(), outcome),
  ended: z.boolean(),
  imitations: z.array(z.string()),
  report: z.record(z.string(), z.unknown()),
  resolved: z.boolean(),
});

/** The result of `script`. */
export const scriptResult = z.object({
  script: z.string().min(1),
  patchFile: z.string().min(1),
  applyCommands: z.array(z.string().min(1)).min(1),
  cleanCommand: z.string().nullable(),
  appliedCheck: z.string().nullable(),
  restored: z.array(z.string()),
  timeoutSeconds: z.number().positive(),
});

/** One line of the grader process; grader/steadfast_grader/__main__.py writes it. */
export const answerLine = z.union([
  z.object({
    id: z.number().nullable(),
    error: z.object({ type: z.enum(['record', 'failed']), message: z.string() }),
  }),
  z.object({ id: z.number(), result: z.unknown() }),
]);
