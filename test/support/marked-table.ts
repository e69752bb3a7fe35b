/** Puts a table between the marks of a page that name the command which makes it; throws an Error when they are not there. */
export function withTable(page: string, command: string, table: string): string {
  const [begin, end] = [`<!-- table: ${command} -->`, '<!-- end of table -->'];
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page must hold ${begin} and, after it, ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`;
}
