import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { allAttacks } from './support/collect.ts';
import { withTable } from '../support/marked-table.ts';
import { summaryOf, tableOf } from './support/table.ts';
import { AT_ONCE, tryAll } from './support/try-all.ts';

const PAGE = fileURLToPath(new URL('../../docs/grading.md', import.meta.url));

/** Carries out the attacks and says what came of each; with --table, docs/grading.md gets the table. */
const { values } = parseArgs({
  options: {
    sandbox: { type: 'string', default: 'bubblewrap' },
    only: { type: 'string', default: '' },
    'at-once': { type: 'string', default: String(AT_ONCE) },
    table: { type: 'boolean', default: false },
  },
});
if (values.sandbox !== 'bubblewrap' && values.sandbox !== 'docker')
  throw new Error(`--sandbox must be bubblewrap or docker, not ${values.sandbox}`);
if (values.table && values.only !== '') throw new Error('--table takes all attacks, without --only');
const wanted = new RegExp(values.only);
const attacks = (await allAttacks()).filter(({ theme, name }) => wanted.test(`${theme}/${name}`));
const judged = await tryAll(
  values.sandbox,
  attacks,
  { atOnce: Number(values['at-once']), withStock: values.table },
  (one) => console.log(summaryOf(one)),
);
const wrong = judged.filter((one) => one.wrong.length > 0).length;
console.log(`${judged.length} attacks, ${wrong} not as declared`);
if (values.table) {
  const page = await readFile(PAGE, 'utf8');
  await writeFile(PAGE, withTable(page, 'npm run attacks -- --table', tableOf(judged)));
}
process.exitCode = wrong === 0 ? 0 : 1;
