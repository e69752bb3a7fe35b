import { shortSuite } from './short-suite.ts';

await shortSuite('second');
