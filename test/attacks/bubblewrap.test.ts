import { allAttacks } from './support/collect.ts';
import { suite } from './support/suite.ts';

suite('bubblewrap', await allAttacks());
