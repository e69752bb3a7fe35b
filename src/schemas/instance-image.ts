/** SWE-bench's own settings that name images. */
export interface SweBenchSettings {
  /** Registry namespace of SWE-bench images (SWEBENCH_IMAGE_NAMESPACE); null for the official one. */
  readonly imageNamespace: string | null;
}

/** The official name of an instance's image: `swebench/sweb.eval.x86_64.<id>`, `__` written `_1776_`, lower case. */
export function sweBenchImage(instanceId: string, settings: SweBenchSettings): string {
  const name = `sweb.eval.x86_64.${instanceId.toLowerCase().replaceAll('__', '_1776_')}:latest`;
  return `${settings.imageNamespace ?? 'swebench'}/${name}`;
}

/** The name that an SWE-smith image is published under; records carry it without namespace and with `__`. */
export function sweSmithImage(imageName: string): string {
  if (imageName.includes('/')) return imageName;
  return `jyangballin/${imageName.toLowerCase().replaceAll('__', '_1776_')}`;
}
