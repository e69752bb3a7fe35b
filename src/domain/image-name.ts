const DEFAULT_REGISTRY = 'docker.io';

/** Whether a name can be one of an image; others would lead elsewhere in a daemon's API. */
export function isImageName(name: string): boolean {
  return /^[\w][\w.:/@-]*$/.test(name) && !/\.\.|\/\/|\/$/.test(name);
}

/** The form in which a daemon lists an image: `docker.io/library/x` is `x:latest`; one with a digest has no tag. */
export function familiarName(name: string): string {
  const [named = '', digest] = name.split('@');
  const { repository, tag } = split(named);
  return digest === undefined ? `${repository}:${tag ?? 'latest'}` : `${repository}@${digest}`;
}

/** An image's name without tag and digest, as a daemon writes it. */
export function repositoryOf(name: string): string {
  return split(name.split('@')[0] ?? '').repository;
}

/** The registry that a name leads to, `host:port` or `docker.io`. */
export function registryOf(name: string): string {
  const [first = '', ...rest] = name.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : DEFAULT_REGISTRY;
}

/** The platform that a name speaks of, as in SWE-bench's `sweb.eval.x86_64.…`; null where it names none. */
export function platformOf(name: string): string | null {
  const repository = repositoryOf(name);
  if (/x86_64|amd64/.test(repository)) return 'linux/amd64';
  return /arm64|aarch64/.test(repository) ? 'linux/arm64' : null;
}

function split(named: string): { readonly repository: string; readonly tag: string | undefined } {
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const full = colon === -1 ? named : named.slice(0, colon);
  const repository = full.replace(/^docker\.io\//, '').replace(/^library\//, '');
  return { repository, tag: colon === -1 ? undefined : named.slice(colon + 1) };
}
