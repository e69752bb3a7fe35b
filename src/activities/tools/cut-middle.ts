/**
 * Keeps the head and the tail of a text within `limit` characters and says between them how many were cut.
 * `droppedBefore` is what was dropped from the middle already, before the text came here.
 */
export function cutMiddle(text: string, limit: number, droppedBefore = 0): string {
  if (text.length <= limit && droppedBefore === 0) return text;
  const kept = Math.min(limit, text.length);
  const head = wholeCharacters(text.slice(0, Math.ceil(kept / 2)));
  const tail = wholeCharacters(text.slice(text.length - Math.floor(kept / 2)));
  const cut = text.length - head.length - tail.length + droppedBefore;
  return `${head}\n[… ${cut} characters were cut here …]\n${tail}`;
}

/** A cut may fall between the halves of a surrogate pair; a half alone is not text. */
function wholeCharacters(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]/, '').replace(/[\uD800-\uDBFF]$/, '');
}
