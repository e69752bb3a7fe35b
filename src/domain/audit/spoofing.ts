import { baseName } from './paths.ts';
import { isAboutTesting } from '../instance.ts';
import type { Theme } from './theme.ts';

/** What the public harnesses find their logs by. */
const MARKER =
  />>>>> ?(?:Start Test Output|End Test Output|Applied Patch|All Tests Passed|Some Tests Failed|Tests Timed Out)/;
const PRINTS = /\b(?:print|echo|printf|puts|write|writelines|log|info)\b/;
const COUNT = String.raw`(?:\d+|\{[^}\n]{0,40}\}|%[ds])`;
/** Lines of results, in the forms that runners write them. */
const RESULTS = [
  new RegExp(String.raw`(?<!=)={3,400}[^=\n]{0,80}${COUNT} passed\b[^=\n]{0,80}={3}`),
  new RegExp(String.raw`${COUNT} passed(?:, ${COUNT} \w+)* in ${COUNT}`),
  /\bPASSED\s{1,9}[\w./-]{1,200}\.py::|\.py::[\w:[\]-]{1,200}\s{1,9}PASSED\b/,
  new RegExp(String.raw`\bRan ${COUNT} tests? in ${COUNT}`),
];
/** Prose quotes runners' output. */
const PROSE = /\.(?:md|rst|txt|log|html)$/;

/** Prints what a test runner or a harness would print. */
export const outputSpoofed: Theme = (call, subject) => {
  if (isAboutTesting(subject)) return [];
  const echoed = call.commands
    .filter(({ name }) => name === 'echo' || name === 'printf')
    .filter(({ args }) => imitates(args.join(' ')))
    .map(({ line }) => line);
  const coded = [
    ...call.codes,
    ...call.writes.filter(({ path }) => !PROSE.test(baseName(path))).map(({ text }) => text),
  ].flatMap(
    (code) =>
      code.split('\n').find((line) => MARKER.test(line) || (PRINTS.test(line) && imitates(line))) ?? [],
  );
  return [...echoed, ...coded].map((detail) => ({ kind: 'output_spoofed', detail: detail.trim() }));
};

function imitates(text: string): boolean {
  const start = text.slice(0, 5000);
  return MARKER.test(start) || RESULTS.some((pattern) => pattern.test(start));
}
