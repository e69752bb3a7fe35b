import { z } from 'zod';

/**
 * A package with its versions, as in `sqlparse<0.5; python_version < "3.12"`. Options of pip, paths and URLs are refused:
 * a data set may name packages, not where they come from.
 */
const REQUIREMENT =
  /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*(\[[A-Za-z0-9._,\s-]*\])?\s*([<>=!~][<>=!~.*+A-Za-z0-9,\s_-]*)?(;[^\n]*)?$/;

/** Pip requirements: a list, the JSON text of one, or lines as in a requirements file; comments and blank lines fall out. */
export const requirementsSchema = z.preprocess(
  (value) => (typeof value === 'string' ? listOf(value) : value),
  z.array(z.string().regex(REQUIREMENT)),
);

function listOf(text: string): unknown {
  if (text.trimStart().startsWith('[')) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}
