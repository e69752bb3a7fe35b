import { defineCommand } from 'citty';
import { runConfigJsonSchema } from '../../schemas/run-config-schema.ts';
import { strictOptions } from '../strict-options.ts';

/** `steadfast schema`: the JSON Schema of a run's config. */
export const schemaCommand = defineCommand({
  meta: { name: 'schema', description: 'Print the JSON Schema of a run config, with every default' },
  plugins: [strictOptions],
  run() {
    process.stdout.write(`${JSON.stringify(runConfigJsonSchema(), undefined, 2)}\n`);
  },
});
