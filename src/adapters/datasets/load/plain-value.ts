/**
 * A value of a Parquet file as JSON would hold it, so that a record reads the same from any format: times as ISO 8601,
 * whole numbers as numbers, bytes as UTF-8, what is missing as null.
 */
export function plainValue(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : plainObject(value);
    default:
      return value;
  }
}

function plainObject(value: object): unknown {
  if (Array.isArray(value)) {
    // Lists of strings, the most of all data, are taken as they are.
    return value.every((item) => typeof item === 'string') ? value : value.map(plainValue);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item)]));
}
