import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

/** The API's numbers of the types in use. */
const API_TYPES = { TEXT: 1, KEYWORD: 2, INT: 3, DOUBLE: 4, BOOL: 5, DATETIME: 6, KEYWORD_LIST: 7 } as const;

const KEYS = Object.values(SEARCH_ATTRIBUTES);

/**
 * Registers the search attributes before anything polls, and says whether the server has them all: a workflow that
 * upserts an unregistered one is blocked for ever, so where registering is refused runs go without.
 */
export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  logger: Logger,
): Promise<boolean> {
  try {
    if (await haveAll(connection, namespace)) return true;
    const searchAttributes = Object.fromEntries(KEYS.map(({ name, type }) => [name, API_TYPES[type]]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Another worker may have been quicker; what counts is what the server has now.
    logger.debug({ reason: String(error) }, 'search attributes not added');
  }
  const registered = await haveAll(connection, namespace).catch(() => false);
  if (!registered) logger.warn('the server refuses search attributes: runs cannot be searched by them');
  return registered;
}

async function haveAll(connection: NativeConnection, namespace: string): Promise<boolean> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return KEYS.every(({ name, type }) => Number(customAttributes[name]) === API_TYPES[type]);
}
