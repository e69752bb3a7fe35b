import { z } from 'zod';

const flake = z.object({
  /** Another one for each observation. */
  id: z.string(),
  /** Observations so far; two at the same moment may count as one. */
  count: z.number().int().positive(),
  environment: z.string(),
  at: z.string(),
});

/** The newest of the flakes that one kind of work has seen of an instance. */
export type Flake = Readonly<z.infer<typeof flake>>;

const readmission = z.object({
  /** Ids of the observations that it answers. */
  answers: z.array(z.string()),
  count: z.number().int().positive(),
  at: z.string(),
});

/** Reads a kept flake; null when nothing (or something else) is kept there. */
export function readFlake(value: unknown): Flake | null {
  return flake.safeParse(value).data ?? null;
}

/** Reads a kept re-admission; null when nothing (or something else) is kept there. */
export function readReadmission(value: unknown): Readonly<z.infer<typeof readmission>> | null {
  return readmission.safeParse(value).data ?? null;
}
