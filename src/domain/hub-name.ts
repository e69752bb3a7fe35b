/** `owner/name` as the Hugging Face hub has it; a name that ends like a data file is the path of one. */
export function isHubName(data: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(data) && !/\.(jsonl?|ndjson|parquet)$/.test(data);
}
