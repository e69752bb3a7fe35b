/** An object off the wire, nothing known of its values. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value's fields when it is an object, else null. */
export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** A text, or the joined text parts of a content list; anything else is ''. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value.map((part) => textOf(fieldsOf(part)?.['text'])).join('');
}
