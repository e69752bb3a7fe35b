/** OpenAI's own endpoint, taken when a key of theirs is set and no other endpoint is. */
const OPENAI_URL = 'https://api.openai.com/v1';

/** Where inference samples when no api_base is named; null for the embedded policy server. */
export function defaultApiBase(environment: {
  readonly openaiApiKey: string | null;
  readonly openaiBaseUrl: string | null;
}): string | null {
  const { openaiApiKey: key, openaiBaseUrl: url } = environment;
  if (url !== null && url !== '') return url;
  return key !== null && key !== '' && key !== 'default' ? OPENAI_URL : null;
}
