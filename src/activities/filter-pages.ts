import type { Verdict } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';

/** A page of verdicts, in the order of the data. */
export interface VerdictPage {
  /** Position of the first in the list. */
  readonly from: number;
  readonly verdicts: readonly Verdict[];
}

/** Where a page stands in its run's folder. */
export function verdictPagePath(from: number): string {
  return `filter/${String(from).padStart(6, '0')}.json`;
}

/**
 * The pages before a position, in order: those that begin where the one before ends, since an earlier filter under the same
 * name may have left others.
 */
export async function readVerdictPages(
  artifacts: Artifacts,
  run: string,
  before: number,
): Promise<readonly VerdictPage[]> {
  const paths = await artifacts.listRunFiles(run, 'filter');
  const texts = await Promise.all(paths.map((path) => artifacts.readRunFile(run, `filter/${path}`)));
  const byStart = new Map(texts.flatMap(pageOf).map((page) => [page.from, page]));
  const pages: VerdictPage[] = [];
  for (let from = 0; from < before;) {
    const page = byStart.get(from);
    if (page === undefined || page.verdicts.length === 0) break;
    pages.push(page);
    from += page.verdicts.length;
  }
  return pages;
}

/** A page that was lost or changed on disk ends the report; what is kept was decided before. */
function pageOf(text: string | null): readonly VerdictPage[] {
  try {
    return text === null ? [] : [JSON.parse(text) as VerdictPage];
  } catch {
    return [];
  }
}
