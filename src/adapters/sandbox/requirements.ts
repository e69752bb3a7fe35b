import { createHash } from 'node:crypto';
import type { Instance } from '../../domain/instance.ts';
import { PLACES } from './guest.ts';

/** An environment's name with what the instance's requirements add to it. */
export function withRequirements(environment: string, { requirements }: Instance): string {
  if (requirements.length === 0) return environment;
  const digest = createHash('sha256').update(JSON.stringify(requirements.toSorted())).digest('hex');
  return `${environment}+requirements-${digest.slice(0, 16)}`;
}

/** The environment of commands that import from the requirements too; last, so that the repository's own come first. */
export function seeingRequirements(
  environment: Readonly<Record<string, string>>,
  requirements: string | null | undefined,
): Readonly<Record<string, string>> {
  if (requirements === null || requirements === undefined) return environment;
  const given = environment['PYTHONPATH'];
  return {
    ...environment,
    PATH: `${environment['PATH']}:${PLACES.requirements}/bin`,
    PYTHONPATH: [...(given ? [given] : []), PLACES.requirements].join(':'),
  };
}
