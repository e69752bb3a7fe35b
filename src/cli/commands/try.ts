import { defineCommand } from 'citty';

/** `steadfast try`: one instance by one rollout, or by a group of them. */
export const tryCommand = defineCommand({
  meta: { name: 'try', description: 'Run a single instance and print the conversation as it happens' },
  default: 'one',
  subCommands: {
    one: async () => (await import('./try-one.ts')).tryOneCommand,
    group: async () => (await import('./try-group.ts')).tryGroupCommand,
  },
});
