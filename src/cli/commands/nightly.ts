import { defineCommand } from 'citty';

/** `steadfast nightly`: runs by schedule. */
export const nightlyCommand = defineCommand({
  meta: { name: 'nightly', description: 'Start a run every night by a Temporal Schedule' },
  subCommands: {
    create: async () => (await import('./nightly-create.ts')).nightlyCreateCommand,
    list: async () => (await import('./nightly-list.ts')).nightlyListCommand,
    delete: async () => (await import('./nightly-delete.ts')).nightlyDeleteCommand,
  },
});
