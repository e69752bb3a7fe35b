import type { Finding, FindingKind } from '../../domain/findings.ts';
import { isAboutTesting, type Instance } from '../../domain/instance.ts';
import { inflatedBytes } from './patch/binary.ts';
import { belowLinks, forbiddenLink, isLink } from './patch/links.ts';
import { forbiddenPath } from './patch/paths.ts';
import { runnerCode } from './patch/runner-code.ts';
import { patchSections, type PatchSection } from './patch/sections.ts';
import { pathRoles } from './test-files.ts';

/** What a grading brings over of an agent's diff, and what leaving out the rest says of it. */
export interface AllowedPart {
  /** The allowed files' parts, byte for byte; '' when nothing is left. */
  readonly patch: string;
  /** One a kind at most. */
  readonly findings: readonly Finding[];
}

/** A change of more files, or of more bytes once inflated, is no fix; it would fill the sandbox that grades it. */
const MOST_FILES = 5000;
const MOST_BYTES = 64 * 1024 * 1024;
/** Links are small, devices and submodules are none of a fix's business, and no bit but `executable` is. */
const MODES: ReadonlySet<string> = new Set(['100644', '100755', '100664', '120000']);
const DETAIL = 200;

interface Mark {
  readonly kind: FindingKind;
  readonly path: string;
  readonly why: string;
}

/**
 * The part of an agent's diff that is graded, decided outside of any sandbox and path by path: what could land outside
 * of the tree, in git's folder or through a link, what no fix has (devices, submodules, bombs), tests and the files
 * that decide how they run stay out, each with a finding. The rest is unchanged.
 */
export function allowedPart(patch: string, instance: Instance): AllowedPart {
  const sections = patchSections(patch);
  const bomb = bombOf(sections);
  if (bomb !== null)
    return { patch: '', findings: findingsOf([{ kind: 'forbidden_path', path: 'all', why: bomb }]) };
  const roleOf = pathRoles(instance);
  const throughLink = belowLinks(sections);
  const marks: Mark[] = [];
  const kept: string[] = [];
  for (const section of sections) {
    const found = marksOf(section, roleOf, throughLink);
    marks.push(...found);
    if (found.length > 0) continue;
    kept.push(section.text);
    const code = isAboutTesting(instance) ? null : runnerCode(section);
    if (code !== null) marks.push({ kind: 'test_runner_patched', path: section.paths[0] ?? '', why: code });
  }
  return { patch: kept.join(''), findings: findingsOf(marks) };
}

/** Why one file's part stays out; nothing when it is allowed. */
function marksOf(
  section: PatchSection,
  roleOf: ReturnType<typeof pathRoles>,
  throughLink: (path: string) => boolean,
): Mark[] {
  const [path = 'a file without a name'] = section.paths;
  const forbidden = forbiddenOf(section, roleOf, throughLink);
  if (forbidden !== null) return [{ kind: 'forbidden_path', path, why: forbidden }];
  return section.paths.flatMap((one): Mark[] => {
    const role = roleOf(one);
    if (role === 'free') return [];
    if (role === 'harness')
      return [{ kind: 'harness_files_changed', path: one, why: 'decides how tests are run' }];
    const changed: Mark = { kind: 'test_files_changed', path: one, why: 'is of the tests' };
    return section.deleted ? [changed, { ...changed, kind: 'tests_deleted', why: 'deleted' }] : [changed];
  });
}

function forbiddenOf(
  section: PatchSection,
  roleOf: ReturnType<typeof pathRoles>,
  throughLink: (path: string) => boolean,
): string | null {
  for (const path of section.paths) {
    const why =
      forbiddenPath(path) ??
      (throughLink(path) && !section.deleted ? 'a path through a link of the same patch' : null);
    if (why !== null) return why;
  }
  if (section.fault !== null) return section.fault;
  if (section.paths.length === 0) return 'a part that names no file';
  const mode = section.modes.find((one) => !MODES.has(one));
  if (mode !== undefined) return mode === '160000' ? 'a submodule' : `a file of mode ${mode.slice(0, 12)}`;
  return isLink(section) ? forbiddenLink(section, (path) => roleOf(path) !== 'free') : null;
}

function bombOf(sections: readonly PatchSection[]): string | null {
  if (sections.length > MOST_FILES) return `${sections.length} files, more than ${MOST_FILES}`;
  const inflated = sections.reduce(
    (sum, { text, binary }) =>
      sum + text.length + binary.reduce((size, part) => size + inflatedBytes(part), 0),
    0,
  );
  return inflated > MOST_BYTES ? `${inflated} bytes once inflated, more than ${MOST_BYTES}` : null;
}

/** One finding a kind, the first place with its reason and how many more there are. */
function findingsOf(marks: readonly Mark[]): Finding[] {
  return [...Map.groupBy(marks, ({ kind }) => kind)].map(([kind, [first, ...more]]) => {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    const why = `${printable(first?.why ?? '').slice(0, DETAIL - others.length)}${others}`;
    return { kind, where: `patch: ${printable(first?.path ?? '').slice(0, DETAIL)}`, detail: why };
  });
}

/** A finding is shown on screens: nothing in it may steer one. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu,
    (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
