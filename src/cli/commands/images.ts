import { defineCommand } from 'citty';

/** `steadfast images`: the container images that instances run in. */
export const imagesCommand = defineCommand({
  meta: { name: 'images', description: 'List, pull and remove the images that instances run in' },
  subCommands: {
    ls: async () => (await import('./images-ls.ts')).imagesLsCommand,
    pull: async () => (await import('./images-pull.ts')).imagesPullCommand,
    rm: async () => (await import('./images-rm.ts')).imagesRmCommand,
  },
});
