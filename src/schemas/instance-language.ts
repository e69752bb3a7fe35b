const LANGUAGES: Readonly<Record<string, string>> = {
  py: 'python',
  pyx: 'python',
  pyi: 'python',
  go: 'go',
  rs: 'rust',
  java: 'java',
  js: 'javascript',
  jsx: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  ts: 'typescript',
  tsx: 'typescript',
  c: 'c',
  h: 'c',
  cc: 'cpp',
  cpp: 'cpp',
  cxx: 'cpp',
  hpp: 'cpp',
  php: 'php',
  rb: 'ruby',
  cs: 'csharp',
};

/**
 * The language of most files that a unified diff changes. SWE-smith's records do not say theirs, and the ids of a Rust or
 * Go test must not be taken for pytest's. Python where no changed file tells.
 */
export function languageOfPatch(patch: string): string {
  const counts = new Map<string, number>();
  for (const [, ending = ''] of patch.matchAll(/^(?:\+\+\+|---) \S.*?\.([A-Za-z]+)\s*$/gm)) {
    const language = LANGUAGES[ending.toLowerCase()];
    if (language !== undefined) counts.set(language, (counts.get(language) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most?.[0] ?? 'python';
}
