/** SWE-bench's own settings that name images. */
export interface SweBenchSettings {
  /** Registry namespace of SWE-bench images (SWEBENCH_IMAGE_NAMESPACE); null for the official one. */
  readonly imageNamespace: string | null;
}

/** Repositories of SWE-Gym: its records look like SWE-bench's and name no image, but no repository is in both. */
const SWE_GYM = new Set([
  'bokeh/bokeh',
  'conan-io/conan',
  'dask/dask',
  'facebookresearch/hydra',
  'getmoto/moto',
  'iterative/dvc',
  'modin-project/modin',
  'pandas-dev/pandas',
  'project-monai/monai',
  'pydantic/pydantic',
  'python/mypy',
]);

/** The image of a record of SWE-bench's family that names none, by the published rule of its data set. */
export function unnamedImage(instanceId: string, repo: string, settings: SweBenchSettings): string {
  return SWE_GYM.has(repo.toLowerCase()) ? sweGymImage(instanceId) : sweBenchImage(instanceId, settings);
}

/** The official name of an instance's image: `swebench/sweb.eval.x86_64.<id>`, `__` written `_1776_`, lower case. */
function sweBenchImage(instanceId: string, settings: SweBenchSettings): string {
  const name = `sweb.eval.x86_64.${instanceId.toLowerCase().replaceAll('__', '_1776_')}:latest`;
  return `${settings.imageNamespace ?? 'swebench'}/${name}`;
}

/** SWE-Gym writes `__` as `_s_`. */
function sweGymImage(instanceId: string): string {
  return `xingyaoww/sweb.eval.x86_64.${instanceId.toLowerCase().replaceAll('__', '_s_')}:latest`;
}

/**
 * The name that an SWE-smith image is published under. Older records carry it without a namespace and with `__`, newer
 * ones whole, or with `_1776_` alone.
 */
export function sweSmithImage(imageName: string): string {
  if (imageName.includes('/')) return imageName;
  const name = imageName.toLowerCase();
  return name.includes('_1776_') ? `swebench/${name}` : `jyangballin/${name.replaceAll('__', '_1776_')}`;
}
